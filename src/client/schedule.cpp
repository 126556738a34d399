#include "client/schedule.h"

#include <algorithm>

namespace muster::client {
namespace {

constexpr seconds kSilentFirst{60};
constexpr unsigned kDoublingsMost = 30;
constexpr double kJitterPart = 0.1;  // as a host's: uniform over 1.0 to 1.1 of the interval

seconds spread(seconds least, double part) {
  return least + seconds(static_cast<std::int64_t>(static_cast<double>(least.count()) * part));
}

seconds interval(const Situation& in) {
  if (!in.last->retry_after) {
    return in.silent == 0 ? seconds(0) : silent_wait(in.silent, in.retry_interval, in.jitter);
  }
  if (in.last->activated && !in.has_activation) {
    return std::min<seconds>(*in.last->retry_after, in.retry_interval);
  }
  return *in.last->retry_after;
}

}  // namespace

// Whoever found the host gone with all others comes back over as long as he has waited: a tenth of
// a minute would be the herd again.
seconds silent_wait(unsigned silent, minutes retry_interval, double jitter) {
  const double part = std::clamp(jitter, 0.0, 1.0);
  const seconds most = std::max<seconds>(retry_interval, kSilentFirst);
  const unsigned doublings = std::min(silent - 1, kDoublingsMost);
  const seconds plain = std::min(most, seconds(kSilentFirst.count() << doublings));
  return std::min(spread(plain, part), spread(most, kJitterPart * part));
}

Situation situation_of(const ProductStatus& status, Instant now) {
  Situation out;
  out.restart_pending = status.pending != Pending::none;
  out.state = status.state;
  out.has_activation = status.activated_at.has_value();
  out.last = status.last_attempt;
  out.retry_interval = status.retry_interval;
  out.now = now;
  return out;
}

NextStep next_step(const Situation& in) {
  if (in.restart_pending) return {NextStep::Kind::restart, {}};
  if (!in.last) return {NextStep::Kind::ask, {}};
  const seconds passed = in.now - in.last->time;
  const seconds left = interval(in) - passed;
  if (passed < seconds(0) || left <= seconds(0)) return {NextStep::Kind::ask, {}};
  return {NextStep::Kind::wait, left};
}

}  // namespace muster::client
