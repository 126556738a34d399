#include "host/system_clock.h"

#include <ctime>

namespace muster::host {

Instant SystemClock::now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

// Goes on while the machine is suspended, as the wall clock does: else every suspension would look
// like a wall clock that jumped ahead.
std::chrono::milliseconds SystemClock::monotonic() {
  timespec now{};
  ::clock_gettime(CLOCK_BOOTTIME, &now);
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      seconds(now.tv_sec) + std::chrono::nanoseconds(now.tv_nsec));
}

}  // namespace muster::host
