#include "client/standing.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/identity.h"
#include "client/schedule.h"

namespace muster::client {
namespace {

void read_activation(Standing& out, const StateDir& dir, const GroupState& group,
                     const ProductState& product) {
  auto text = dir.activation(product.product);
  if (!text) {
    out.damage = text.error();
    return;
  }
  if (!*text) return;
  auto verified = out.proved->verify_activation(**text);
  if (!verified && verified.error().code == ErrorCode::wrong_type) {
    auto by_mak = out.proved->verify_mak_activation(**text);
    if (by_mak) {
      if (by_mak->activation.cmid == group.cmid) out.by_mak = std::move(*by_mak);
      return;
    }
    if (by_mak.error().code != ErrorCode::wrong_type) verified = std::unexpected(by_mak.error());
  }
  if (!verified) {
    out.damage =
        Error{ErrorCode::state_corrupt,
              fmt::format("activations/{}.jws: {}", product.product, verified.error().sentence())};
    return;
  }
  // Another CMID's: of before a rearm that a crash cut short, or of another machine's directory.
  if (verified->activation.cmid == group.cmid) out.activation = std::move(verified->activation);
}

}  // namespace

Expected<Standing> stand(Proved& proved, const StateDir& dir, const GroupState& group,
                         const ProductState& product, Instant now) {
  Standing out;
  auto file = proved.product(product.file);
  if (!file) {
    return fail(ErrorCode::state_corrupt, fmt::format("the product file of {}: {}", product.product,
                                                      file.error().sentence()));
  }
  out.proved = std::move(*file);
  read_activation(out, dir, group, product);
  LicenceInput in;
  in.grace_start = product.grace_start;
  in.initial_grace = out.proved->file().initial_grace;
  in.additional_grace = product.numbers.additional_grace;
  in.facts = group.facts;
  in.newest_seen = group.newest_seen;
  in.newest_signed = group.newest_signed;
  in.clock_skew = group.clock_skew;
  in.now = now;
  if (out.activation) {
    in.activation =
        Held{out.activation->issued, out.activation->expires, out.activation->facts, Match::most};
    // A crash between the two files leaves an activation that is newer than the state.
    in.newest_signed =
        std::max(in.newest_signed.value_or(out.activation->issued), out.activation->issued);
  }
  if (out.by_mak) {
    const auto& held = out.by_mak->activation;
    in.activation = Held{held.issued, std::nullopt, held.facts, out.by_mak->mak.policy.match};
  }
  out.licence = licence(in);
  return out;
}

ProductStatus describe(const Standing& standing, const State& state, const GroupState& group,
                       const ProductState& product, Instant now) {
  ProductStatus out;
  out.product = product.product;
  out.name = standing.proved->file().name;
  out.group = product.group;
  out.vendor = standing.proved->file().vendor;
  out.vendor_id = product.vendor_id;
  out.cmid = group.cmid;
  out.state = standing.licence.state;
  if (standing.licence.error) out.error = Error{*standing.licence.error, {}};
  if (standing.damage) out.error = standing.damage;
  out.valid_until = standing.licence.valid_until;
  out.permanent = standing.licence.permanent;
  if (!out.permanent) out.grace_until = standing.licence.grace_until;
  out.minutes_left = standing.licence.left.count();
  out.rearm_limit = product.numbers.rearm_limit;
  out.rearms_left = rearms_left(product);
  out.pending = group.pending.kind;
  out.configured_host = product.host ? product.host : state.host;
  out.host = product.answered;
  out.last_attempt = product.last;
  out.retry_interval = product.numbers.retry_interval;
  out.renewal_interval = product.numbers.renewal_interval;
  if (standing.activation) {
    out.activated_at = standing.activation->issued;
    out.entitlements = standing.activation->entitlements;
  }
  if (standing.by_mak) {
    const auto& [held, host_key, mak] = *standing.by_mak;
    out.activated_at = held.issued;
    out.entitlements = held.entitlements;
    out.place = HeldPlace{mak.key_end, held.place, mak.policy.limit, held.sold,
                          product.mak && product.mak->no_place};
  }
  // What no host answered is the agent's to plan: only it knows how often in a row.
  const auto next = next_step(situation_of(out, now));
  if (product.last && product.last->retry_after && next.kind != NextStep::Kind::restart) {
    out.next_attempt = now + next.after;
  }
  return out;
}

}  // namespace muster::client
