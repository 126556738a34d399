#include "cli/lab_shared.h"

#include <gmock/gmock.h>

#include "cli/testing/plain_shell.h"

namespace muster::cli {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;

struct Lab : ::testing::Test, testing::PlainShell {};

TEST_F(Lab, ABarIsDrawnOnATerminalAndGoneAtTheEnd) {
  shell.err_is_terminal = true;
  {
    LabBar bar(shell);
    bar.show(0.5);
    const auto drawn = err.str();
    EXPECT_THAT(drawn, EndsWith("[####################                    ]"));
    bar.show(0.501);
    EXPECT_EQ(err.str(), drawn) << "nothing that could be seen has changed";
    bar.show(7);
  }
  EXPECT_THAT(err.str(), EndsWith("[########################################]\r\x1b[K"));
  EXPECT_EQ(out.str(), "");
}

TEST_F(Lab, WithoutATerminalThereIsNoBar) {
  {
    LabBar bar(shell);
    bar.show(0.5);
  }
  EXPECT_EQ(err.str(), "");
}

TEST_F(Lab, WhatFailsInsideSaysHowToRepeatIt) {
  const auto thrown = or_repeated(shell, "muster lab run x --seed 3", []() -> Expected<int> {
    throw std::runtime_error("out of numbers");
  });
  ASSERT_FALSE(thrown);
  EXPECT_EQ(thrown.error(), (Error{ErrorCode::internal, "out of numbers"}));
  EXPECT_THAT(err.str(), HasSubstr("this repeats it: muster lab run x --seed 3"));
}

TEST_F(Lab, WhatWasAskedForWronglyIsNotRepeated) {
  const auto wrong = or_repeated(shell, "muster lab run x",
                                 []() -> Expected<int> { return fail(ErrorCode::usage, "x"); });
  EXPECT_FALSE(wrong);
  EXPECT_EQ(err.str(), "");
}

}  // namespace
}  // namespace muster::cli
