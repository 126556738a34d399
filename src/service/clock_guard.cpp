#include "service/clock_guard.h"

#include <fmt/format.h>

namespace muster::service {

ClockGuard::ClockGuard(minutes skew, Instant newest_event, Instant wall,
                       std::chrono::milliseconds monotonic)
    : skew_(skew), newest_(newest_event), wall_(wall), monotonic_(monotonic) {}

void ClockGuard::still_suspect(std::string reason) {
  suspect_ = true;
  reason_ = std::move(reason);
}

void ClockGuard::look(Instant wall, std::chrono::milliseconds monotonic) {
  const auto passed = std::chrono::floor<seconds>(monotonic - monotonic_);
  const auto jump = wall - (wall_ + passed);
  const bool started_early = !behind_confirmed_ && newest_ - wall > skew_;
  wall_ = wall;
  monotonic_ = monotonic;
  if (suspect_) return;
  if (jump > skew_ || -jump > skew_) {
    const bool ahead = jump > seconds{0};
    still_suspect(fmt::format("the wall clock jumped {} by {}", ahead ? "ahead" : "back",
                              spoken_duration(ahead ? jump : -jump)));
  } else if (started_early) {
    still_suspect(fmt::format("the wall clock says {}, and the newest event is of {}",
                              format_time(wall), format_time(newest_)));
  } else {
    newest_ = std::max(newest_, wall);
    if (wall == newest_) behind_confirmed_ = false;
  }
}

void ClockGuard::confirm(Instant wall, std::chrono::milliseconds monotonic) {
  wall_ = wall;
  monotonic_ = monotonic;
  suspect_ = false;
  behind_confirmed_ = wall < newest_;
  newest_ = std::max(newest_, wall);
  reason_.clear();
}

}  // namespace muster::service
