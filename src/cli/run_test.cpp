#include "cli/run.h"

#include <gtest/gtest.h>

#include <stdexcept>

#include "cli/testing/plain_shell.h"

namespace muster::cli {
namespace {

TEST(Run, WhatEscapesIsToldInWordsAndEndsWithSeventy) {
  testing::PlainShell plain;
  plain.shell.variable = [](const std::string&) -> std::optional<std::string> {
    throw std::runtime_error("nobody thought of this");
  };
  EXPECT_EQ(run({"status"}, plain.shell), 70);
  EXPECT_EQ(plain.out.str(), "");
  EXPECT_EQ(plain.err.str(),
            "muster: error: something went wrong inside muster: nobody thought of this\n"
            "muster: hint: nothing more is known; please report it, and what was asked for\n");
}

}  // namespace
}  // namespace muster::cli
