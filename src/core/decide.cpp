#include "core/decide.h"

#include <algorithm>

namespace muster::core {
namespace {

bool within(Instant a, Instant b, minutes skew) { return a > b ? a - b <= skew : b - a <= skew; }

ProductUse& use_of(Machine& machine, std::string_view product) {
  const auto at = std::ranges::find(machine.uses, product, &ProductUse::product);
  if (at != machine.uses.end()) return *at;
  machine.uses.push_back(ProductUse{.product = std::string(product)});
  return machine.uses.back();
}

// The machine that the facts describe becomes the row's own; another one that was there is kept as
// an earlier one.
void remember_facts(Machine& row, const Facts& facts) {
  if (facts.empty()) return;
  if (!row.facts.empty() && !same_machine(row.facts, facts)) {
    std::erase_if(row.earlier, [&](const Facts& e) { return same_machine(e, facts); });
    row.earlier.insert(row.earlier.begin(), row.facts);
    if (row.earlier.size() > Machine::kEarlierMost) row.earlier.pop_back();
  }
  row.facts = facts;
}

// Which ticket the answer carries, and whose nonce it answers.
void advance_chain(Decision& decision, const Ask& ask, const Machine* known) {
  const Identity asked{ask.facts, ask.shown, ask.nonce};
  auto& row = decision.machine;
  decision.repeat = repeats(known, asked);
  if (!decision.repeat) {
    const auto shown = ask.shown.kind == Shown::Kind::number ? ask.shown.number : 0;
    row.number = std::max(row.number, shown) + 1;
    row.nonce = ask.nonce;
  }
}

// `licensed`: takes a place for the product where the policy lets it. False: it would be one too
// many. A machine that was refused a place has none, however often it asks.
bool take_place(Group& group, const Policy& policy, const Ask& ask, ProductUse& use, Instant now) {
  auto& active = group.by_product[std::string(ask.product)];
  const bool has_place = use.active_since != Instant{} && now - use.heard < policy.retention;
  if (!has_place && policy.licensed && policy.over == Over::refuse &&
      active.count(now, policy.retention) >= *policy.licensed) {
    use.active_since = {};
    use.heard = now;
    return false;
  }
  const Instant before = use.active_since != Instant{} ? use.heard : Instant{};
  active.trim(now, policy.retention);
  active.move(before, now);
  if (!has_place) use.active_since = now;
  use.heard = now;
  return true;
}

void count_request(Counters& counters, const Decision& decision, LicenceState state) {
  ++counters.requests;
  ++counters.by_state[static_cast<std::size_t>(state)];
  if (!decision.activated) ++counters.failed;
}

void touch_row(Machine& row, const Ask& ask, Instant now) {
  row.cmid = ask.cmid;
  if (row.requests == 0) row.first_seen = now;
  row.last_seen = now;
  row.state = ask.state;
  ++row.requests;
  remember_facts(row, ask.facts);
}

}  // namespace

RollKey roll_key(CountBy count_by, const Cmid& cmid, const Facts& facts) {
  if (count_by == CountBy::machine) {
    if (const auto primary = facts.primary()) return *primary;
  }
  return cmid.bytes;
}

Decision not_served() {
  Decision out;
  out.error = ErrorCode::product_not_served;
  return out;
}

Decision decide(Group& group, const Policy& policy, const Ask& ask, const Machine* known,
                std::span<const Machine> same_fact, Instant now) {
  Decision out;
  if (ask.client_time && !within(*ask.client_time, now, policy.clock_skew)) {
    out.error = ErrorCode::clock_skew;
    count_request(group.counters, out, ask.state);
    return out;
  }
  out.counted = true;
  out.evidence = evidence(known, same_fact, {ask.facts, ask.shown, ask.nonce, ask.some_left},
                          policy.rearm_limit, now);
  if (known != nullptr) out.machine = *known;
  advance_chain(out, ask, known);

  const Instant before = out.machine.last_seen;
  touch_row(out.machine, ask, now);
  out.machine.evidence = out.evidence;
  if (out.evidence) out.machine.evidence_seen |= 1u << static_cast<unsigned>(*out.evidence);
  group.retention = std::max(group.retention, policy.retention);
  group.active.trim(now, policy.retention);
  group.active.move(before, now);

  out.count = group.roll.ask(roll_key(policy.count_by, ask.cmid, out.machine.facts), now,
                             policy.threshold, policy.retention, out.roll_changed);
  auto& use = use_of(out.machine, ask.product);
  const bool has_place = take_place(group, policy, ask, use, now);
  if (out.count < policy.threshold) {
    out.error = ErrorCode::count_insufficient;
  } else if (!has_place) {
    out.error = ErrorCode::over_licensed;
  } else {
    out.activated = true;
    use.valid_until = now + policy.validity;
  }
  count_request(group.counters, out, ask.state);
  return out;
}

}  // namespace muster::core
