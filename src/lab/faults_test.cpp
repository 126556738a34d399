// That what watches the faults sees, and that a seed repeats. The seeds themselves are run by
// lab_faults_test.
#include <gtest/gtest.h>

#include <map>

#include "lab/testing/mixed.h"

namespace muster::lab::testing {
namespace {

constexpr std::uint64_t kSeedsMost = 100;

// What the first seed that finds it says; empty: none does.
std::string accusation(Plant plant) {
  for (std::uint64_t seed = 1; seed <= kSeedsMost; ++seed) {
    if (auto wrong = run_mixed({.seed = seed, .plant = plant}).wrong) return *wrong;
  }
  return {};
}

// And for what it is, not for something else that is wrong.
TEST(Faults, every_fault_that_is_planted_is_found) {
  const std::map<Plant, std::string_view> says{
      {Plant::answers_before_it_stores, "was told"},
      {Plant::forgets_to_expire, "asked within the retention"},
      {Plant::grows_its_roll, "beyond the capacity"},
      {Plant::activates_below, "and the threshold is"},
      {Plant::forgets_tickets, "was told ticket"},
      {Plant::sells_a_place_twice, "belongs to another machine"},
      {Plant::breaks_the_chain, "the chain's hash"},
      {Plant::stops_a_clients_clock, "no document allows it"},
  };
  for (const auto& [plant, name] : plants()) {
    const auto said = accusation(plant);
    EXPECT_TRUE(!said.empty() && said.contains(says.at(plant))) << name << ": " << said;
  }
}

TEST(Faults, a_seed_repeats_exactly) {
  const auto first = run_mixed({.seed = 7});
  const auto again = run_mixed({.seed = 7});
  const auto other = run_mixed({.seed = 8});
  EXPECT_EQ(first.digest, again.digest);
  EXPECT_NE(first.digest, other.digest);
  EXPECT_GE(first.exchanges, 300U);
}

// A scenario in which nothing happens finds nothing.
TEST(Faults, everything_happens) {
  MixedRun sum;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto one = run_mixed({.seed = seed});
    EXPECT_FALSE(one.wrong) << *one.wrong;
    sum.activated += one.activated;
    sum.sold += one.sold;
    sum.kills += one.kills;
    sum.lost += one.lost;
    sum.doubled += one.doubled;
    sum.late += one.late;
    sum.failed += one.failed;
  }
  for (const auto happened :
       {sum.activated, sum.sold, sum.kills, sum.lost, sum.doubled, sum.late, sum.failed}) {
    EXPECT_GE(happened, 20U);
  }
}

}  // namespace
}  // namespace muster::lab::testing
