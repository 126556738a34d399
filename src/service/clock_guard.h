// Watches the host's wall clock. A clock that jumps against the monotonic one by more than the
// allowed skew, or starts before the newest event, is suspect: the host serves nobody until an
// administrator confirms it, so that no entry expires by mistake. While it is suspect the rules'
// time stands at the newest time that was trusted. Not thread-safe; the batch thread owns it.
#pragma once

#include <chrono>
#include <string>

#include "base/time.h"

namespace muster::service {

class ClockGuard {
 public:
  // `newest_event` is the newest time in the log, or the epoch.
  ClockGuard(minutes skew, Instant newest_event, Instant wall, std::chrono::milliseconds monotonic);

  // A restart does not make a clock right: suspect from the start, for this reason.
  void still_suspect(std::string reason);
  // To be called before each batch and at least once a minute.
  void look(Instant wall, std::chrono::milliseconds monotonic);
  [[nodiscard]] bool suspect() const { return suspect_; }
  // A sentence; empty where it is not suspect.
  [[nodiscard]] const std::string& reason() const { return reason_; }
  // The time that rules use: max(wall, newest), `wall` of the last look; never one that was
  // suspect.
  [[nodiscard]] Instant now() const { return suspect_ ? newest_ : std::max(wall_, newest_); }
  // An administrator says that the wall clock is right. Where it is before the newest event, the
  // rules' time stands still until it has caught up.
  void confirm(Instant wall, std::chrono::milliseconds monotonic);

 private:
  minutes skew_;
  Instant newest_;  // that was trusted
  Instant wall_;
  std::chrono::milliseconds monotonic_;
  bool suspect_ = false;
  bool behind_confirmed_ = false;  // the wall clock is right although the newest event is later
  std::string reason_;
};

}  // namespace muster::service
