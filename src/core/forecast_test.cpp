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

// The moment is what the roll itself says: before it the count suffices, from it on it does not.
RC_GTEST_PROP(Forecast, AgreesWithTheRollsOwnCount, ()) {
  Roll roll(Bytes16{});
  std::vector<RollKey> changed;
  auto now = kStart;
  for (const auto step : *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 200'000))) {
    now += seconds(step);
    roll.ask(key(*rc::gen::inRange<std::uint8_t>(0, 60)), now, 25, kRetention, changed);
  }
  const auto threshold = *rc::gen::element(1U, 5U, 25U);
  const auto falls = falls_under(roll.entries(), now, kRetention, threshold);
  RC_ASSERT(roll.count_at(falls, kRetention) < threshold);
  RC_ASSERT((falls == now || roll.count_at(falls - seconds(1), kRetention) >= threshold));
}

}  // namespace
}  // namespace muster::core
