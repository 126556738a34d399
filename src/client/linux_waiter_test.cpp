#include <gtest/gtest.h>

#include "base/file.h"
#include "client/fakes.h"

namespace muster::client {
namespace {

using std::chrono::milliseconds;
using Woke = Waiter::Woke;

constexpr milliseconds kPatience{60'000};

class LinuxWaiterTest : public testing::Test {
 protected:
  LinuxWaiterTest() { EXPECT_EQ(waiter_->wait(milliseconds(0)), Woke::time); }

  TemporaryDirectory directory_;
  std::unique_ptr<Waiter> waiter_ = make_linux_waiter(directory_.path());
};

TEST_F(LinuxWaiterTest, IsWokenByAFileThatIsWrittenAndByOneThatIsRemoved) {
  ASSERT_TRUE(write_file(directory_.path() / "identity", "x"));
  EXPECT_EQ(waiter_->wait(kPatience), Woke::state_changed);
  EXPECT_EQ(waiter_->wait(milliseconds(0)), Woke::time);
  std::filesystem::remove(directory_.path() / "identity");
  EXPECT_EQ(waiter_->wait(kPatience), Woke::state_changed);
}

TEST_F(LinuxWaiterTest, SleepsOnWhereAFileCouldNotBeWritten) {
  {
    const auto unfinished = FileWriter::replace(directory_.path() / "identity", 0600);
  }
  EXPECT_EQ(waiter_->wait(milliseconds(0)), Woke::time);
}

TEST_F(LinuxWaiterTest, IsStopped) {
  waiter_->stop();
  EXPECT_EQ(waiter_->wait(kPatience), Woke::stop);
}

}  // namespace
}  // namespace muster::client
