// A clock that is set by hand.
#pragma once

#include "base/time.h"

namespace muster::service::testing {

class HandClock final : public Clock {
 public:
  Instant wall{std::chrono::days(20'000)};
  std::chrono::milliseconds since_start{0};
  Instant now() override { return wall; }
  std::chrono::milliseconds monotonic() override { return since_start; }
  // Time goes by as it should.
  void pass(seconds span) {
    wall += span;
    since_start += span;
  }
};

}  // namespace muster::service::testing
