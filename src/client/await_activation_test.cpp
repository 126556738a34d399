#include "client/await_activation.h"

#include "client/client_fixture.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::ElementsAre;

class AwaitTest : public ClientTest {
 protected:
  AwaitTest() {
    waiter_.stop_at = clock_.time + hours(24);
    waiter_.before_each = [&] {
      if (each_wait_) each_wait_();
    };
  }
  ActivateResult await() {
    auto machine = client();
    return must(await_activation(machine, waiter_, clock_, "", {},
                                 [&](const ActivateResult& result, seconds pause) {
                                   told_.emplace_back(result.error->code, pause);
                                 }));
  }

  FakeWaiter waiter_{clock_};
  std::function<void()> each_wait_;
  std::vector<std::pair<std::string, seconds>> told_;
};

TEST_F(AwaitTest, AsksAgainWhenTheHostSaidHoweverOftenTheStateChanges) {
  vendor_.policy.threshold = 27;
  host_.retry_after = seconds(7200);
  install();
  waiter_.woken_every = seconds(30);
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 10) host_.seen_before(2);
  };
  const auto before = clock_.time;
  const auto result = await();
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(clock_.time - before, seconds(7200));
  EXPECT_EQ(network_.asked.size(), 2u);
  EXPECT_THAT(told_, ElementsAre(std::pair("count_insufficient", seconds(7200))));
}

TEST_F(AwaitTest, AsksASilentHostEveryMinute) {
  install();
  network_.hosts.clear();
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 3) network_.hosts[kHost] = host_.answers();
  };
  EXPECT_TRUE(await().activated);
  EXPECT_THAT(told_, testing::SizeIs(3));
  EXPECT_EQ(told_[0], std::pair(std::string("no_host"), seconds(60)));
}

TEST_F(AwaitTest, EndsAtOnceWhereNoHostIsNamed) {
  must(client().install(vendor_.product_file()));
  const auto result = await();
  ASSERT_TRUE(result.error);
  EXPECT_EQ(result.error->known, ErrorCode::no_host);
  EXPECT_TRUE(told_.empty());
}

TEST_F(AwaitTest, EndsAtOnceWhereWaitingCannotHelp) {
  install();
  host_.refuse = ErrorCode::product_not_served;
  EXPECT_EQ(await().error->code, "product_not_served");
  EXPECT_TRUE(told_.empty());
}

TEST_F(AwaitTest, TakesWhatTheAgentWasQuickerToGet) {
  vendor_.policy.threshold = 26;
  install();
  waiter_.woken_every = seconds(30);
  int waits = 0;
  each_wait_ = [&] {
    if (++waits != 3) return;
    host_.seen_before(1);
    must(client().activate());
  };
  const auto result = await();
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(result.count, 26u);
  EXPECT_EQ(result.host, kHost);
  EXPECT_EQ(result.status.state, LicenceState::licensed);
  EXPECT_EQ(network_.asked.size(), 2u) << "its own, and the agent's";
}

TEST_F(AwaitTest, AsksAHostThatIsNamedMeanwhileAtOnce) {
  install();
  must(client().set_host("dead.example"));
  waiter_.woken_every = seconds(5);
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 2) must(client().set_host(kHost));
  };
  const auto before = clock_.time;
  EXPECT_TRUE(await().activated);
  EXPECT_EQ(clock_.time - before, seconds(10));
}

}  // namespace
}  // namespace muster::client
