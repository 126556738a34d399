#include "cli/child.h"

#include <gtest/gtest.h>
#include <signal.h>
#include <unistd.h>

#include <fstream>
#include <iterator>

namespace muster::cli {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kPatience{20'000};

class ChildTest : public ::testing::Test {
 protected:
  std::filesystem::path log_ = std::filesystem::path(::testing::TempDir()) /
                               ("muster-child-" + std::to_string(::getpid()) + ".log");
  void TearDown() override { std::filesystem::remove(log_); }

  Child shell(const std::string& script) {
    auto child = Child::start("/bin/sh", {"-c", script}, log_);
    EXPECT_TRUE(child) << child.error().sentence();
    return std::move(*child);
  }
  std::string log() {
    std::ifstream in(log_);
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(ChildTest, ItsFirstLineIsReadAndItsErrorsGoToTheLog) {
  auto child = shell("echo why >&2; echo ready one; echo two; read line");
  EXPECT_EQ(child.first_line(kPatience), "ready one");
  child.wait_for_end(kPatience);
  EXPECT_FALSE(child.running());
  EXPECT_EQ(log(), "why\n");
}

TEST_F(ChildTest, OneThatEndsWithoutALineSaysNothing) {
  auto child = shell("exit 3");
  EXPECT_EQ(child.first_line(kPatience), std::nullopt);
}

TEST_F(ChildTest, SigtermReachesItThoughTheParentBlocksIt) {
  sigset_t term, before;
  sigemptyset(&term);
  sigaddset(&term, SIGTERM);
  ::sigprocmask(SIG_BLOCK, &term, &before);
  auto child = shell("trap 'echo told >&2; exit 0' TERM; echo ready; while :; do :; done");
  ::sigprocmask(SIG_SETMASK, &before, nullptr);
  EXPECT_EQ(child.first_line(kPatience), "ready");
  EXPECT_TRUE(child.running());
  child.tell_to_end();
  child.wait_for_end(kPatience);
  EXPECT_FALSE(child.running());
  EXPECT_EQ(log(), "told\n");
}

TEST_F(ChildTest, OneThatDoesNotObeyIsKilled) {
  auto child = shell("trap '' TERM; echo ready; while :; do :; done");
  EXPECT_EQ(child.first_line(kPatience), "ready");
  child.tell_to_end();
  child.wait_for_end(milliseconds(50));
  EXPECT_FALSE(child.running());
}

}  // namespace
}  // namespace muster::cli
