#include "core/forecast.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <chrono>

namespace muster::core {
namespace {

using std::chrono::days;

const Instant kStart = *parse_time("2026-01-05T08:00:00Z");
constexpr minutes kRetention{43'200};

RollKey key(std::uint8_t number) { return {number}; }

Roll roll_of(int machines) {
  Roll out(Bytes16{});
  std::vector<RollKey> changed;
  for (int i = 0; i < machines; ++i) {
    out.ask(key(static_cast<std::uint8_t>(i + 1)), kStart + days(i), 25, kRetention, changed);
  }
  return out;
}

TEST(Forecast, TheCountFallsWhenTheSpareOnesHaveLeft) {
  const struct {
    int machines;
    std::uint32_t threshold;
    Instant falls;
    const char* why;
  } rows[] = {
      {26, 25, kStart + days(1) + kRetention, "one to spare: the second to leave makes it 24"},
      {25, 25, kStart + kRetention, "none to spare: the first to leave"},
      {24, 25, kStart + days(25), "it is under already"},
      {26, 5, kStart + days(21) + kRetention, "the 22nd leaves and 4 are left"},
      {0, 5, kStart + days(25), "nobody has asked"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(
        falls_under(roll_of(row.machines).entries(), kStart + days(25), kRetention, row.threshold),
        row.falls)
        << row.why;
  }
}

// A roll that was asked by any machines at any times, and the time of the last.
std::pair<Roll, Instant> any_roll() {
  std::pair<Roll, Instant> out(Bytes16{}, kStart);
  auto& [roll, now] = out;
  std::vector<RollKey> changed;
  for (const auto step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 200'000))) {
    now += seconds(step);
    roll.ask(key(*rc::gen::inRange<std::uint8_t>(0, 60)), now, 25, kRetention, changed);
  }
  return out;
}

// The moment is what the roll itself says: before it the count suffices, from it on it does not.
RC_GTEST_PROP(Forecast, AgreesWithTheRollsOwnCount, ()) {
  const auto [roll, now] = any_roll();
  const auto threshold = *rc::gen::element(1U, 5U, 25U);
  const auto falls = falls_under(roll.entries(), now, kRetention, threshold);
  RC_ASSERT(roll.count_at(falls, kRetention) < threshold);
  RC_ASSERT((falls == now || roll.count_at(falls - seconds(1), kRetention) >= threshold));
}

TEST(Forecast, TheCurveFallsWhereMachinesLeave) {
  const auto now = kStart + days(3);
  const std::vector<CountAt> expected{{now, 3},
                                      {kStart + kRetention, 2},
                                      {kStart + days(1) + kRetention, 1},
                                      {kStart + days(2) + kRetention, 0}};
  EXPECT_EQ(count_if_silent(roll_of(3).entries(), now, kRetention, 720), expected);
  EXPECT_EQ(count_if_silent({}, now, kRetention, 720), (std::vector<CountAt>{{now, 0}}));
}

// Every point is the roll's own count at that moment, and between two points it does not fall by
// more than the next one says.
RC_GTEST_PROP(Forecast, TheCurveAgreesWithTheRollsOwnCount, ()) {
  const auto [roll, now] = any_roll();
  const auto steps = *rc::gen::inRange<std::uint32_t>(1, 1000);
  const auto curve = count_if_silent(roll.entries(), now, kRetention, steps);
  RC_ASSERT(curve.front() == (CountAt{now, roll.size()}));
  RC_ASSERT(curve.back().count == 0U);
  RC_ASSERT(curve.size() <= steps + 1);
  for (std::size_t i = 0; i < curve.size(); ++i) {
    RC_ASSERT(roll.count_at(curve[i].at, kRetention) == curve[i].count);
    RC_ASSERT((i == 0 || curve[i].count < curve[i - 1].count));
  }
}

}  // namespace
}  // namespace muster::core
