#include <windows.h>

#include "host/system_clock.h"

namespace muster::host {

Instant SystemClock::now() { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }

// Goes on while the machine is suspended.
std::chrono::milliseconds SystemClock::monotonic() {
  return std::chrono::milliseconds(::GetTickCount64());
}

}  // namespace muster::host
