// For tests of commands: a shell with nothing behind it, and a clock that stands still.
#pragma once

#include <sstream>

#include "cli/shell.h"

namespace muster::cli::testing {

class StoppedClock final : public Clock {
 public:
  Instant now() override { return {}; }
  std::chrono::milliseconds monotonic() override { return {}; }
};

struct PlainShell {
  StoppedClock clock;
  SeededRandom random{1};
  std::istringstream in;
  std::ostringstream out, err;
  Shell shell{.in = in,
              .out = out,
              .err = err,
              .host_clock = clock,
              .client_clock = clock,
              .random = random,
              .self = {},
              .called = "muster",
              .variable = {},
              .open_store = {},
              .move_store = {},
              .check_copy = {},
              .unpack_copy = {}};
};

}  // namespace muster::cli::testing
