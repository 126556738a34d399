#include "client/agent.h"

#include <algorithm>
#include <memory>

#include "client/client_fixture.h"

namespace muster::client {
namespace {

using std::chrono::hours;
using std::chrono::milliseconds;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;

class AgentTest : public ClientTest {
 protected:
  // Runs a new agent, as after a boot, for that long.
  void run_for(std::chrono::seconds time) {
    auto machine = client();
    FakeWaiter waiter(clock_);
    waiter.stop_at = clock_.time + time;
    waiter.woken_every = woken_every_;
    waiter.before_each = [&] {
      if (each_wait_) each_wait_();
    };
    Agent agent(machine, waiter, clock_, random_, network_,
                [&](std::string_view line) { log_.emplace_back(line); });
    const auto ended = agent.run();
    ASSERT_TRUE(ended) << ended.error().sentence();
  }
  [[nodiscard]] std::size_t asked() const { return network_.asked.size(); }

  std::vector<std::string> log_;
  std::function<void()> each_wait_;
  milliseconds woken_every_{0};
};

TEST_F(AgentTest, ActivatesAtStartUpAndRenewsAfterTheRenewalInterval) {
  vendor_.policy.renewal_interval = hours(4);
  install();
  run_for(hours(4) - seconds(1));
  EXPECT_EQ(asked(), 1u);
  EXPECT_THAT(
      log_, Contains(HasSubstr("acme-cad: activated by http://host.example:8688, count 25 of 25")));
  run_for(seconds(1));
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(status().activated_at, host_.requests[1].time);
}

// What a simulation leaves out: the looks every minute between two attempts.
TEST_F(AgentTest, AStepSaysWhenTheNextAttemptIsPlanned) {
  auto machine = client();
  FakeWaiter waiter(clock_);
  Agent agent(machine, waiter, clock_, random_, network_, nullptr);
  ASSERT_TRUE(agent.step());
  EXPECT_FALSE(agent.planned()) << "nothing is installed";
  install();
  ASSERT_TRUE(agent.step());
  EXPECT_EQ(asked(), 1u);
  ASSERT_TRUE(agent.planned());
  EXPECT_GE(*agent.planned(), hours(24 * 7)) << "activated: the renewal interval";
  clock_.pass(*agent.planned() - milliseconds(1'000));
  ASSERT_TRUE(agent.step());
  EXPECT_EQ(asked(), 1u);
  clock_.pass(*agent.planned());
  ASSERT_TRUE(agent.step());
  EXPECT_EQ(asked(), 2u);
  must(machine.generalize(false));
  ASSERT_TRUE(agent.step());
  EXPECT_FALSE(agent.planned()) << "nothing is asked before the machine starts anew";
}

TEST_F(AgentTest, ABootAsksNothingThatIsNotDue) {
  install();
  run_for(seconds(60));
  for (int boot = 0; boot < 5; ++boot) {
    restart();
    run_for(seconds(60));
  }
  EXPECT_EQ(asked(), 1u);
}

TEST_F(AgentTest, ARefusedMachineComesAgainWhenTheHostSaid) {
  vendor_.policy.threshold = 27;
  host_.retry_after = seconds(7214);
  install();
  run_for(seconds(7213));
  EXPECT_EQ(asked(), 1u);
  EXPECT_THAT(log_, Contains(HasSubstr("count 25 of 27")));
  host_.seen_before(2);
  run_for(seconds(60));
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(status().state, LicenceState::licensed);
}

TEST_F(AgentTest, NoHostNeverEndsItAndTheFirstRepeatsComeSoon) {
  install();
  network_.hosts.clear();
  run_for(hours(1));
  EXPECT_GE(asked(), 5u);
  EXPECT_LE(asked(), 7u);
  run_for(hours(12));
  EXPECT_LE(asked(), 7u + 7u + 6u) << "then no more than every retry interval";
  network_.hosts[kHost] = host_.answers();
  run_for(hours(3));
  EXPECT_EQ(status().state, LicenceState::licensed);
}

TEST_F(AgentTest, ANewHostIsAskedAtOnce) {
  must(client().install(vendor_.product_file()));
  must(client().set_host("dead.example"));
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 30) must(client().set_host(kHost));
  };
  run_for(std::chrono::minutes(32));
  EXPECT_EQ(status().state, LicenceState::licensed);
}

TEST_F(AgentTest, WaitsForAProduct) {
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 2) install();
  };
  run_for(std::chrono::minutes(5));
  EXPECT_EQ(status().state, LicenceState::licensed);
  EXPECT_THAT(log_, Contains(HasSubstr("no product is installed")));
}

TEST_F(AgentTest, AsksNothingWhileARearmIsPendingAndGoesOnAfterIt) {
  install();
  run_for(seconds(60));
  must(client().rearm());
  run_for(hours(12));
  EXPECT_EQ(asked(), 1u);
  EXPECT_THAT(log_, Contains(HasSubstr("rearm is pending")));
  restart();
  run_for(seconds(60));
  EXPECT_EQ(asked(), 2u);
  EXPECT_THAT(host_.chain, ElementsAre("first", "first"));
}

TEST_F(AgentTest, ACloneWithoutABootIsPersonalizedWhileTheAgentRuns) {
  install();
  must(client().generalize(false));
  const auto before = status().cmid;
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 3) os_.facts["machine_id"] = std::string(31, '1') + "2";
  };
  run_for(std::chrono::minutes(10));
  EXPECT_NE(status().cmid, before);
  EXPECT_EQ(status().state, LicenceState::licensed);
  EXPECT_EQ(asked(), 1u);
  EXPECT_THAT(log_, Contains(HasSubstr("started anew")));
}

TEST_F(AgentTest, ACopiedMachineIsRenewedAtOnce) {
  install();
  run_for(seconds(60));
  os_.facts["machine_id"] = std::string(31, '1') + "2";
  run_for(seconds(60));
  EXPECT_EQ(asked(), 2u);
  EXPECT_EQ(status().state, LicenceState::licensed);
}

TEST_F(AgentTest, AMachineResumedFromASnapshotRenewsByTheWallClock) {
  install();
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 3) clock_.time += hours(24 * 8);
  };
  run_for(hours(24 * 8) + std::chrono::minutes(5));
  EXPECT_EQ(asked(), 2u);
}

TEST_F(AgentTest, AClockSetBackMakesItAskNoSooner) {
  install();
  int waits = 0;
  each_wait_ = [&] {
    if (++waits == 3) clock_.time -= hours(1);
  };
  run_for(std::chrono::minutes(5));
  EXPECT_EQ(asked(), 1u);
}

TEST_F(AgentTest, AStateThatCannotBeReadEndsItAtTheStart) {
  install();
  write("identity", "{");
  auto machine = client();
  FakeWaiter waiter(clock_);
  Agent agent(machine, waiter, clock_, random_, network_, {});
  const auto ended = agent.run();
  ASSERT_FALSE(ended);
  EXPECT_EQ(ended.error().code, ErrorCode::state_corrupt);
}

TEST_F(AgentTest, AStateThatBreaksLaterIsNotLookedAtAtEveryChange) {
  install();
  woken_every_ = milliseconds(10);
  int waits = 0;
  // Damaged in another way each time, so that each look leaves a line.
  each_wait_ = [&] { write("identity", ++waits % 2 == 0 ? "" : "{"); };
  run_for(std::chrono::minutes(1));
  EXPECT_GT(waits, 1000);
  EXPECT_LE(log_.size(), 20u);
}

TEST_F(AgentTest, StopEndsItAndTheExchange) {
  install();
  auto machine = client();
  FakeWaiter waiter(clock_);
  waiter.stop_at = clock_.time + hours(1);
  Agent agent(machine, waiter, clock_, random_, network_, {});
  network_.hosts[kHost] = [&](std::string_view) -> Expected<HttpAnswer> {
    agent.stop();
    return fail(ErrorCode::no_host, "cancelled");
  };
  const auto before = clock_.time;
  EXPECT_TRUE(agent.run());
  EXPECT_TRUE(network_.cancelled);
  EXPECT_EQ(clock_.time, before);
}

// Thirty machines, a host that has seen none, nobody types.
TEST_F(AgentTest, AFleetClimbsToItsThreshold) {
  constexpr int kMachines = 30;
  FakeHost host(vendor_, clock_);
  host.retry_after = seconds(600);
  network_.hosts[kHost] = host.answers();
  struct Desktop {
    std::unique_ptr<Client> client;
    std::unique_ptr<FakeWaiter> waiter;
    std::unique_ptr<Agent> agent;
  };
  std::vector<Desktop> fleet(kMachines);
  for (int i = 0; i < kMachines; ++i) {
    auto& desktop = fleet[static_cast<std::size_t>(i)];
    const auto name = "desk-" + std::to_string(i);
    desktop.client = std::make_unique<Client>(ClientOptions{temporary_.path() / name, name}, os_,
                                              clock_, random_, network_);
    desktop.waiter = std::make_unique<FakeWaiter>(clock_);
    desktop.agent = std::make_unique<Agent>(*desktop.client, *desktop.waiter, clock_, random_,
                                            network_, LogSink{});
    must(desktop.client->install(vendor_.product_file()));
    must(desktop.client->set_host(kHost));
  }
  const auto licensed = [&] {
    return std::ranges::count_if(fleet, [](Desktop& desktop) {
      return must(desktop.client->status()).at(0).state == LicenceState::licensed;
    });
  };
  const auto turn = [&] {
    auto most = milliseconds(60'000);
    for (auto& desktop : fleet) most = std::min(most, must(desktop.agent->step()));
    clock_.pass(most);
  };
  turn();
  EXPECT_EQ(licensed(), 6) << "24 are told 24 of 25 and less, the 25th is activated";
  EXPECT_EQ(host.requests.size(), 30u);
  for (int minute = 0; minute < 11; ++minute) turn();
  EXPECT_EQ(licensed(), kMachines);
  EXPECT_EQ(host.requests.size(), 54u);
  EXPECT_EQ(std::ranges::count(host.chain, "first"), kMachines);
}

}  // namespace
}  // namespace muster::client
