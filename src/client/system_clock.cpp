// The one place of the client where a real clock is read.
#include <time.h>

#include "client/os.h"

namespace muster::client {
namespace {

class SystemClock final : public Clock {
 public:
  Instant now() override { return std::chrono::floor<seconds>(std::chrono::system_clock::now()); }
  // CLOCK_BOOTTIME, unlike CLOCK_MONOTONIC, goes on while a laptop sleeps.
  std::chrono::milliseconds monotonic() override {
    timespec time{};
    ::clock_gettime(CLOCK_BOOTTIME, &time);
    return std::chrono::milliseconds(time.tv_sec * 1000 + time.tv_nsec / 1'000'000);
  }
};

}  // namespace

std::unique_ptr<Clock> make_system_clock() { return std::make_unique<SystemClock>(); }

}  // namespace muster::client
