#include "host/system_clock.h"

namespace muster::host {

Instant SystemClock::now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

std::chrono::milliseconds SystemClock::monotonic() {
  return std::chrono::duration_cast<std::chrono::milliseconds>(
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace muster::host
