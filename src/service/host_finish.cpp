// From a durable decision to the bytes of its answer.
#include <fmt/format.h>

#include "service/host_service.h"

namespace muster::service {
namespace {

wire::Activation activation_of(const Pending& pending) {
  const auto& key = pending.served->key;
  const auto& policy = key.policy;
  wire::Activation out;
  out.host_key_id = key.id;
  out.cmid = pending.request.cmid;
  out.product = key.product;
  out.issued = pending.decided;
  out.not_before = pending.decided - policy.clock_skew;
  out.expires = pending.decided + policy.validity;
  // The event's place names this activation among all of this host's.
  out.id = fmt::format("{}-{}", pending.place.epoch, pending.place.seq);
  out.nonce = pending.request.nonce;
  out.facts = pending.request.facts;
  out.count = pending.decision.count;
  out.threshold = policy.threshold;
  out.renewal_interval = policy.renewal_interval;
  out.retry_interval = policy.retry_interval;
  out.additional_grace = policy.additional_grace;
  out.rearm_limit = policy.rearm_limit;
  out.entitlements = policy.entitlements;
  out.log = pending.place;
  return out;
}

}  // namespace

Reply HostService::finish(const Pending& pending, wire::Signer& signer) {
  return finish(pending, signer, jitter_);
}

Reply HostService::finish(const Pending& pending, wire::Signer& signer, Random& jitter) {
  if (pending.refusal) return sent_away(*pending.refusal);
  const auto& decision = pending.decision;
  wire::ActivationAnswer answer;
  answer.activated = decision.activated;
  answer.error = decision.error;
  answer.time = pending.decided;
  seconds interval = Policy{}.retry_interval;
  if (pending.served != nullptr) {
    const auto& policy = pending.served->key.policy;
    interval = decision.activated ? policy.renewal_interval : policy.retry_interval;
    answer.threshold = policy.threshold;
    if (decision.counted) {
      answer.count = decision.count;
      answer.ticket = core::make_ticket(ticket_key_, pending.served->group, pending.request.cmid,
                                        decision.machine.number);
    }
  }
  answer.retry_after = with_jitter(interval, jitter);
  if (decision.activated) {
    auto signed_text =
        wire::sign_activation(activation_of(pending), pending.served->activation_header, signer);
    if (!signed_text) return reply_of(signed_text.error());
    answer.activation = std::move(*signed_text);
  }
  return {.body = wire::encode_answer(answer)};
}

}  // namespace muster::service
