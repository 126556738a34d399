// Two and three hosts whose units come one after the other, in whatever order, give the answers of
// one host that is asked in the order of the commits.
#include <gtest/gtest.h>

#include <thread>

#include "world.h"

namespace muster::hosts {
namespace {

class Hosts : public testing::Test {
 protected:
  void SetUp() override {
    const auto missing = store::PostgresServer::missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
  }
};

TEST_F(Hosts, whose_units_take_turns_answer_as_one) {
  for (std::uint64_t seed = 1; seed <= 24; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(store::shared_server(), 2 + seed % 2, seed);
    SeededRandom random(seed);
    for (int round = 0; round < 40; ++round) {
      // Mostly minutes, and now and then so long that the roll forgets.
      world.pass(minutes{
          static_cast<int>(random.below(8) == 0 ? random.below(30'000) : random.below(90))});
      const auto at = random.below(world.size());
      world.ask_some(at, 6, random);
      if (random.below(5) == 0) {
        ASSERT_TRUE(world.host(random.below(world.size())).store->catch_up());
      }
    }
    world.check();
    ASSERT_EQ(world.sent_away(), 0U);
    if (HasFailure()) return;
  }
}

TEST_F(Hosts, whose_units_meet_answer_as_one) {
  for (std::uint64_t seed = 1; seed <= 6; ++seed) {
    SCOPED_TRACE(testing::Message() << "seed " << seed);
    World world(store::shared_server(), 3, seed);
    std::vector<std::thread> threads;
    for (std::size_t at = 0; at < world.size(); ++at) {
      threads.emplace_back([&world, at, seed] {
        SeededRandom random(seed * 10 + at);
        for (int round = 0; round < 60; ++round) world.ask_some(at, 8, random);
      });
    }
    for (auto& thread : threads) thread.join();
    world.check();
    ASSERT_EQ(world.sent_away(), 0U);
    if (HasFailure()) return;
  }
}

}  // namespace
}  // namespace muster::hosts
