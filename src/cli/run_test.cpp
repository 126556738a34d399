#include "cli/run.h"

#include <gtest/gtest.h>

#include <sstream>
#include <stdexcept>

#include "cli/shell.h"

namespace muster::cli {
namespace {

class StoppedClock final : public Clock {
 public:
  Instant now() override { return Instant{}; }
  std::chrono::milliseconds monotonic() override { return {}; }
};

TEST(Run, WhatEscapesIsToldInWordsAndEndsWithSeventy) {
  std::istringstream in;
  std::ostringstream out, err;
  StoppedClock clock;
  SeededRandom random(1);
  Shell shell{.in = in,
              .out = out,
              .err = err,
              .host_clock = clock,
              .client_clock = clock,
              .random = random,
              .self = {},
              .called = "muster",
              .variable = [](const std::string&) -> std::optional<std::string> {
                throw std::runtime_error("nobody thought of this");
              },
              .open_store = {},
              .move_store = {}};
  EXPECT_EQ(run({"status"}, shell), 70);
  EXPECT_EQ(out.str(), "");
  EXPECT_EQ(err.str(),
            "muster: error: something went wrong inside muster: nobody thought of this\n"
            "muster: hint: nothing more is known; please report it, and what was asked for\n");
}

}  // namespace
}  // namespace muster::cli
