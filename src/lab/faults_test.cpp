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
  constexpr std::pair<const char*, std::uint32_t MixedRun::*> kKinds[] = {
      {"activated", &MixedRun::activated},
      {"sold", &MixedRun::sold},
      {"kills", &MixedRun::kills},
      {"lost", &MixedRun::lost},
      {"doubled", &MixedRun::doubled},
      {"late", &MixedRun::late},
      {"sent away", &MixedRun::failed},
      {"reordered", &MixedRun::reordered},
      {"unsure", &MixedRun::unsure},
      {"reverts", &MixedRun::reverts},
      {"clones", &MixedRun::clones},
      {"clients' clocks", &MixedRun::client_clocks},
      {"the host's clock", &MixedRun::host_clocks},
      {"a full disk", &MixedRun::full_disks},
  };
  std::map<std::string_view, std::uint32_t> sum;
  for (std::uint64_t seed = 1; seed <= 10; ++seed) {
    const auto one = run_mixed({.seed = seed});
    EXPECT_FALSE(one.wrong) << *one.wrong;
    for (const auto& [name, kind] : kKinds) sum[name] += one.*kind;
  }
  for (const auto& [name, times] : sum) EXPECT_GE(times, 20U) << name;
}

}  // namespace
}  // namespace muster::lab::testing
