#include "core/active.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <map>

namespace muster::core {
namespace {

using std::chrono::days;

constexpr minutes kRetention = days(30);
constexpr Instant kStart{days(20'000)};

TEST(ActiveCount, IsNotCappedAndLetsGoToTheSecond) {
  ActiveCount active;
  for (int n = 0; n < 1000; ++n) active.move({}, kStart + seconds(n));
  EXPECT_EQ(active.count(kStart + days(30) - seconds(1), kRetention), 1000u);
  EXPECT_EQ(active.count(kStart + days(30), kRetention), 999u);
  EXPECT_EQ(active.count(kStart + days(30) + seconds(999), kRetention), 0u);
}

TEST(ActiveCount, AMachineHeardAgainCountsOnce) {
  ActiveCount active;
  active.move({}, kStart);
  active.move(kStart, kStart + days(7));
  EXPECT_EQ(active.count(kStart + days(30), kRetention), 1u);
  EXPECT_EQ(active.count(kStart + days(37), kRetention), 0u);
}

TEST(ActiveCount, AMachineThatWasTrimmedComesBackAsOne) {
  ActiveCount active;
  active.move({}, kStart);
  active.trim(kStart + days(30), kRetention);
  active.move(kStart, kStart + days(31));
  EXPECT_EQ(active.count(kStart + days(31), kRetention), 1u);
}

TEST(ActiveCountProperty, CountsTheMachinesHeardWithinTheRetention) {
  EXPECT_TRUE(rc::check([] {
    ActiveCount active;
    std::map<int, Instant> heard;
    Instant now = kStart;
    const auto steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      now += seconds(*rc::gen::element(0, 0, 1, 3600, 86400, 29 * 86400));
      const int who = *rc::gen::inRange(0, 30);
      active.trim(now, kRetention);
      active.move(heard.contains(who) ? heard[who] : Instant{}, now);
      heard[who] = now;
      const auto later = now + seconds(*rc::gen::element(0, 1, 86400, 30 * 86400));
      const auto expected = std::ranges::count_if(
          heard, [&](const auto& machine) { return later - machine.second < kRetention; });
      RC_ASSERT(active.count(later, kRetention) == static_cast<std::uint64_t>(expected));
    }
  }));
}

}  // namespace
}  // namespace muster::core
