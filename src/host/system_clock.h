// The real clock of a host's process. Thread-safe.
#pragma once

#include "base/time.h"

namespace muster::host {

class SystemClock final : public Clock {
 public:
  [[nodiscard]] Instant now() override;
  [[nodiscard]] std::chrono::milliseconds monotonic() override;
};

}  // namespace muster::host
