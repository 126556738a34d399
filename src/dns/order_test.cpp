#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <map>
#include <numeric>

#include "dns/srv.h"

namespace muster::dns {
namespace {

Srv host(std::uint16_t priority, std::uint16_t weight, std::string target) {
  return {priority, weight, 8688, std::move(target)};
}

// How often each host stands first.
std::map<std::string, int> firsts(const std::vector<Srv>& records, int draws, Random& random) {
  std::map<std::string, int> out;
  for (int i = 0; i < draws; ++i) ++out[in_order(records, random).front().target];
  return out;
}

TEST(SrvOrder, NoneAndOneStayAsTheyAre) {
  SeededRandom random(1);
  EXPECT_TRUE(in_order({}, random).empty());
  EXPECT_EQ(in_order({host(5, 0, "a")}, random), std::vector{host(5, 0, "a")});
}

TEST(SrvOrder, ALowerPriorityIsAlwaysFirstWhateverItsWeight) {
  SeededRandom random(1);
  const std::vector records{host(20, 65'535, "late"), host(10, 0, "early")};
  EXPECT_EQ(firsts(records, 1000, random).at("early"), 1000);
}

TEST(SrvOrder, HostsOfOneWeightShareTheMachinesAlike) {
  for (const std::uint16_t weight : std::initializer_list<std::uint16_t>{0, 1, 100, 65'535}) {
    SeededRandom random(weight);
    const std::vector records{host(0, weight, "a"), host(0, weight, "b"), host(0, weight, "c")};
    for (const auto& [target, count] : firsts(records, 9000, random)) {
      EXPECT_NEAR(count, 3000, 300) << target << " of weight " << weight;
    }
  }
}

TEST(SrvOrder, AHostOfWeightZeroBesideOthersIsSeldomFirst) {
  SeededRandom random(3);
  const std::vector records{host(0, 0, "spare"), host(0, 99, "a")};
  const auto seen = firsts(records, 10'000, random);
  EXPECT_NEAR(seen.at("spare"), 100, 60);  // one of 100, as the RFC's running sum has it
}

TEST(SrvOrder, WhoIsSecondIsDrawnByWeightToo) {
  SeededRandom random(4);
  const std::vector records{host(0, 9000, "first"), host(0, 30, "a"), host(0, 10, "b")};
  int a = 0, both = 0;
  for (int i = 0; i < 10'000; ++i) {
    const auto order = in_order(records, random);
    if (order.front().target != "first") continue;
    ++both;
    if (order[1].target == "a") ++a;
  }
  EXPECT_NEAR(static_cast<double>(a) / both, 30.5 / 41, 0.03);
}

// Every record once, priorities ascending.
RC_GTEST_PROP(SrvOrder, NothingIsLostAndPrioritiesAscend,
              (const std::vector<std::pair<std::uint8_t, std::uint16_t>>& numbers,
               std::uint64_t seed)) {
  std::vector<Srv> records;
  records.reserve(numbers.size());
  for (const auto& [priority, weight] : numbers) {
    records.push_back(
        host(priority, weight, std::string("h").append(std::to_string(records.size()))));
  }
  SeededRandom random(seed);
  const auto order = in_order(records, random);
  RC_ASSERT(std::ranges::is_sorted(order, {}, &Srv::priority));
  RC_ASSERT(std::ranges::is_permutation(order, records));
}

// A host of weight w is first with the chance that RFC 2782's running sum gives it: w of sum + 1,
// and the one draw of zero is shared by those that may stand at the list's beginning.
RC_GTEST_PROP(SrvOrder, EachHostIsFirstAsOftenAsItsWeightSays, ()) {
  const auto weights =
      *rc::gen::resize(6, rc::gen::nonEmpty(rc::gen::container<std::vector<std::uint16_t>>(
                              rc::gen::inRange<std::uint16_t>(0, 50))));
  SeededRandom random(*rc::gen::arbitrary<std::uint64_t>());
  std::vector<Srv> records;
  records.reserve(weights.size());
  for (const auto weight : weights) {
    records.push_back(host(7, weight, std::to_string(records.size())));
  }
  constexpr int kDraws = 4000;
  const auto seen = firsts(records, kDraws, random);
  const auto sum = std::accumulate(weights.begin(), weights.end(), 0.0);
  const auto zeros = std::ranges::count(weights, 0);
  const auto at_beginning = zeros > 0 ? zeros : static_cast<std::ptrdiff_t>(weights.size());
  for (std::size_t i = 0; i < records.size(); ++i) {
    const double of_zero =
        zeros > 0 && weights[i] > 0 ? 0 : 1.0 / static_cast<double>(at_beginning);
    const double chance = (weights[i] + of_zero) / (sum + 1);
    const double spread = std::sqrt(kDraws * chance * (1 - chance));
    const auto at = seen.find(records[i].target);
    const double count = at == seen.end() ? 0 : at->second;
    RC_ASSERT(std::abs(count - kDraws * chance) <= 6 * spread + 1);
  }
}

}  // namespace
}  // namespace muster::dns
