#include "client/await_activation.h"

namespace muster::client {
namespace {

using std::chrono::milliseconds;

constexpr seconds kSilentPause{60};

// Trying again may help: more machines ask, a host comes up, a clock is set.
bool may_pass_by_waiting(const ActivateResult& result) {
  const auto& problem = *result.error;
  const bool nobody_to_ask = problem.known == ErrorCode::no_host && result.tried.empty();
  if (nobody_to_ask) return false;
  return problem.exit == Exit::no_host || problem.known == ErrorCode::count_insufficient ||
         problem.known == ErrorCode::clock_skew || problem.known == ErrorCode::over_licensed;
}

ActivateResult by_another(const ProductStatus& now) {
  ActivateResult out;
  out.activated = true;
  out.count = now.last_attempt->count;
  out.threshold = now.last_attempt->threshold;
  out.host = now.last_attempt->host;
  out.retry_after = now.last_attempt->retry_after;
  out.status = now;
  return out;
}

}  // namespace

Expected<ActivateResult> await_activation(Client& client, Waiter& waiter, Clock& clock,
                                          std::string_view product, const ActivateOptions& options,
                                          const Refused& refused) {
  while (true) {
    auto result = client.activate(product, options);
    if (!result || !result->error || !may_pass_by_waiting(*result)) return result;
    const auto pause = result->retry_after.value_or(kSilentPause);
    refused(*result, pause);
    const auto due = clock.monotonic() + milliseconds(pause);
    for (auto left = due - clock.monotonic(); left > milliseconds(0);
         left = due - clock.monotonic()) {
      const auto woke = waiter.wait(left);
      if (woke == Waiter::Woke::stop) return result;
      if (woke == Waiter::Woke::time) continue;
      const auto now = client.status(product);
      if (!now) return std::unexpected(now.error());
      if (now->empty()) break;
      const auto& status = now->front();
      if (status.last_attempt && status.last_attempt->activated) return by_another(status);
      if (status.configured_host != result->status.configured_host) break;
    }
  }
}

}  // namespace muster::client
