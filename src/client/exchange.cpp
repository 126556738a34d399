#include "client/exchange.h"

#include <fmt/format.h>

#include <algorithm>

#include "client/answers_request.h"

namespace muster::client {
namespace {

Expected<void> check_fit(const wire::Activation& activation, const wire::ActivationRequest& request,
                         Instant now) {
  if (auto fits = answers_request(activation, request); !fits) return fits;
  if (activation.not_before > activation.issued || activation.expires <= activation.issued) {
    return fail(ErrorCode::missing_claim, "iat, nbf and exp are not in order");
  }
  return wire::check_times(activation, now);
}

void keep_activation(GroupState& group, ProductState& product, const wire::Activation& activation) {
  group.clock_skew = std::chrono::floor<minutes>(activation.issued - activation.not_before);
  group.newest_signed =
      std::max(group.newest_signed.value_or(activation.issued), activation.issued);
  // A clock that was once far ahead would otherwise have used up every later grace. The nonce shows
  // that this time is no old one.
  group.newest_seen = *group.newest_signed;
  auto& numbers = product.numbers;
  numbers.renewal_interval = activation.renewal_interval;
  if (activation.issued < numbers.signed_at) return;
  numbers.signed_at = activation.issued;
  numbers.additional_grace = activation.additional_grace;
  numbers.retry_interval = activation.retry_interval;
  numbers.rearm_limit = activation.rearm_limit;
}

}  // namespace

std::vector<Candidate> known_hosts(const State& state, const ProductState& product) {
  std::vector<Candidate> out;
  const auto add = [&](const std::optional<std::string>& text, Candidate::From from) {
    if (!text) return;
    if (auto url = parse_host_url(*text)) out.push_back({std::move(*url), from});
  };
  add(product.host ? product.host : state.host, Candidate::From::configured);
  add(product.answered, Candidate::From::answered);
  return out;
}

wire::ActivationRequest make_request(const ProductState& product, const GroupState& group,
                                     const Asker& asker) {
  wire::ActivationRequest out;
  out.product = product.product;
  out.vendor = product.vendor_id;
  out.cmid = group.cmid;
  out.nonce = group.nonce.value();
  out.ticket = group.ticket;
  out.facts = group.facts;
  out.time = asker.now;
  out.name = asker.name;
  out.is_virtual = asker.is_virtual;
  out.state = asker.state;
  out.minutes_left = asker.left.count();
  return out;
}

Expected<Heard> judge(const HttpAnswer& answer, const wire::ActivationRequest& request,
                      ProvedProduct& product, Instant now) {
  if (answer.status != 200) {
    auto error = wire::decode_problem(answer.body);
    if (error.code == ErrorCode::bad_answer) {
      error.detail = fmt::format("HTTP status {}", answer.status);
    }
    return std::unexpected(std::move(error));
  }
  auto decoded = wire::decode_answer(answer.body);
  if (!decoded) return std::unexpected(decoded.error());
  Heard out{std::move(*decoded), std::nullopt};
  if (!out.answer.activated) {
    if (out.answer.error_name.empty()) {
      return fail(ErrorCode::bad_answer, "neither activated nor an error");
    }
    return out;
  }
  if (!out.answer.activation || !out.answer.ticket) {
    return fail(ErrorCode::bad_answer, "activated, but without an activation or a ticket");
  }
  auto verified = product.verify_activation(*out.answer.activation);
  if (!verified) return std::unexpected(verified.error());
  if (auto ok = check_fit(verified->activation, request, now); !ok)
    return std::unexpected(ok.error());
  out.activation = std::move(*verified);
  return out;
}

seconds clamp_retry(seconds asked, const Numbers& numbers) {
  const seconds renewal = numbers.renewal_interval;
  return std::clamp(asked, kRetryLeast, std::max(renewal + renewal / 10, 2 * kRetryLeast));
}

void keep(GroupState& group, ProductState& product, const Heard& heard, std::string_view host,
          Instant now) {
  if (heard.answer.ticket) {
    group.ticket = heard.answer.ticket;
    group.nonce.reset();
  }
  if (heard.activation) keep_activation(group, product, heard.activation->activation);
  product.answered = std::string(host);
  LastAttempt last;
  last.time = now;
  last.host = std::string(host);
  last.activated = heard.answer.activated;
  if (!last.activated) last.error = heard.answer.error_name;
  last.count = heard.answer.count;
  last.threshold = heard.answer.threshold;
  last.retry_after = clamp_retry(heard.answer.retry_after, product.numbers);
  product.last = std::move(last);
}

}  // namespace muster::client
