#include "client/mak_exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/answers_request.h"
#include "wire/mak_key.h"

namespace muster::client {

Expected<wire::MakRequest> make_mak_request(const ProductState& product, const GroupState& group,
                                            const MakAsker& asker) {
  if (group.facts.empty()) {
    return fail(ErrorCode::not_activated,
                "this machine knows nothing of itself that an activation could be bound to; run "
                "as root, or give it --fact");
  }
  wire::MakRequest out;
  out.product = product.product;
  out.vendor = product.vendor_id;
  out.secret = asker.secret;
  out.cmid = group.cmid;
  out.nonce = asker.nonce;
  out.facts = group.facts;
  out.time = asker.now;
  out.name = asker.name;
  out.activation = asker.holding;
  return out;
}

Expected<wire::VerifiedMakActivation> judge_mak_activation(std::string_view text,
                                                           const wire::MakRequest& request,
                                                           const wire::ProductFile& product) {
  auto out = wire::verify_mak_activation(text, product);
  if (!out) return out;
  if (auto fits = answers_request(out->activation, request); !fits) {
    return std::unexpected(fits.error());
  }
  if (out->mak.key_hash != wire::mak_hash(request.secret)) {
    return fail(ErrorCode::bad_answer, "the activation is by another key");
  }
  return out;
}

Expected<HeardMak> judge_mak(const HttpAnswer& answer, const wire::MakRequest& request,
                             const wire::ProductFile& product) {
  if (answer.status != 200) {
    auto error = wire::decode_problem(answer.body);
    if (error.code == ErrorCode::bad_answer) {
      error.detail = fmt::format("HTTP status {}", answer.status);
    }
    return std::unexpected(std::move(error));
  }
  auto decoded = wire::decode_mak_answer(answer.body);
  if (!decoded) return std::unexpected(decoded.error());
  HeardMak out{std::move(*decoded), std::nullopt};
  if (!out.answer.activated || request.look) return out;
  if (!out.answer.activation) {
    return fail(ErrorCode::bad_answer, "activated, but without an activation");
  }
  auto held = judge_mak_activation(*out.answer.activation, request, product);
  if (!held) return std::unexpected(held.error());
  out.activation = std::move(*held);
  return out;
}

void keep_mak(GroupState& group, ProductState& product, const wire::VerifiedMakActivation& held,
              const Bytes32& secret) {
  const auto& activation = held.activation;
  const auto& policy = held.host_key.policy;
  group.clock_skew = policy.clock_skew;
  group.newest_signed =
      std::max(group.newest_signed.value_or(activation.issued), activation.issued);
  group.newest_seen = *group.newest_signed;
  auto& numbers = product.numbers;
  numbers.renewal_interval = policy.renewal_interval;
  if (activation.issued >= numbers.signed_at) {
    numbers.signed_at = activation.issued;
    numbers.additional_grace = policy.additional_grace;
    numbers.retry_interval = policy.retry_interval;
    numbers.rearm_limit = policy.rearm_limit;
  }
  product.mak = MakState{secret, held.mak.key_end, false};
}

}  // namespace muster::client
