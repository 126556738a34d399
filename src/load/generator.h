// The part of a run during which the clock runs: one epoll loop, no parsing beyond what is checked
// live.
#pragma once

#include <string>
#include <vector>

#include "load/check.h"
#include "load/fleet.h"
#include "load/load.h"

namespace muster::load {

struct Run {
  Report report;                          // without what the check afterwards adds
  std::vector<std::uint32_t> latency_us;  // of every answer
  Kept kept;
};

// no_host where the first connection is refused.
[[nodiscard]] Expected<Run> generate(const Plan& plan, const wire::ProductFile& product,
                                     Clock& clock);

}  // namespace muster::load
