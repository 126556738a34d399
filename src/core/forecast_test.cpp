#include "core/forecast.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <set>

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

constexpr auto kNobodyIsGone = [](const RollEntry&) { return false; };

TEST(DueList, NamesWhoHasToAskAndWhoMayStayAway) {
  const auto now = kStart + days(6);
  const auto list = due_list(roll_of(6).entries(), now, kRetention, 4, kNobodyIsGone);
  EXPECT_EQ(list.spare, 2U);
  EXPECT_EQ(list.missing, 0U);
  EXPECT_FALSE(list.falls_under);
  ASSERT_EQ(list.entries.size(), 6U);
  EXPECT_FALSE(list.entries[0].ask_before) << "two may leave";
  EXPECT_FALSE(list.entries[1].ask_before);
  for (int i = 2; i < 6; ++i) {
    const auto& due = list.entries[static_cast<std::size_t>(i)];
    EXPECT_EQ(due.leaves, kStart + days(i) + kRetention);
    EXPECT_EQ(due.ask_before, due.leaves);
    EXPECT_EQ(due.count_after, static_cast<std::uint32_t>(5 - i));
  }
}

TEST(DueList, WhoAsksNoMoreHoldsTheCountForAWhile) {
  const auto now = kStart + days(6);
  const auto last_three = [](const RollEntry& entry) {
    return entry.last_seen >= kStart + days(3);
  };
  const auto holds = due_list(roll_of(6).entries(), now, kRetention, 3, last_three);
  EXPECT_EQ(holds.spare, 0U);
  EXPECT_EQ(holds.missing, 0U);
  // Three entries of machines that are gone are left when the first three have left: that is when
  // the first of these has to be back.
  EXPECT_EQ(holds.entries[0].ask_before, kStart + days(3) + kRetention);
  EXPECT_EQ(holds.entries[2].ask_before, kStart + days(5) + kRetention);
  EXPECT_FALSE(holds.entries[3].ask_before);

  const auto falls = due_list(roll_of(6).entries(), now, kRetention, 4, last_three);
  EXPECT_EQ(falls.missing, 1U);
  EXPECT_EQ(falls.falls_under, kStart + days(5) + kRetention) << "two of the three may leave";
  EXPECT_EQ(falls.entries[0].ask_before, kStart + kRetention) << "each before it leaves";
  EXPECT_EQ(due_list(roll_of(6).entries(), now, kRetention, 7, kNobodyIsGone).falls_under, now)
      << "it is under already";
}

// A roll's lists cannot be copied; its entries can.
Roll again(const Roll& roll) { return {Bytes16{}, roll.highest_threshold(), roll.entries()}; }

// The count over a retention when some machines ask a second before their moment, at each second
// at which it can change.
std::uint32_t lowest_count(const Roll& before, Instant now, const std::vector<Due>& asking) {
  auto roll = again(before);
  std::vector<std::pair<Instant, RollKey>> asks;
  std::vector<Instant> looks{now, now + kRetention};
  for (const auto& entry : roll.entries()) looks.push_back(entry.last_seen + kRetention);
  for (const auto& due : asking) {
    asks.emplace_back(*due.ask_before - seconds(1), due.entry.key);
  }
  std::ranges::sort(looks);
  std::uint32_t lowest = UINT32_MAX;
  std::vector<RollKey> changed;
  auto next = asks.begin();
  for (const auto look : looks) {
    for (; next != asks.end() && next->first <= look; ++next) {
      roll.ask(next->second, next->first, 1, kRetention, changed);
    }
    if (look >= now && look <= now + kRetention) {
      lowest = std::min(lowest, roll.count_at(look, kRetention));
    }
  }
  return lowest;
}

struct DueCase {
  Roll roll{Bytes16{}};
  Instant now{};
  std::uint32_t threshold = 0;
  std::set<RollKey> gone;
  [[nodiscard]] DueList list() const {
    return due_list(roll.entries(), now, kRetention, threshold,
                    [&](const RollEntry& entry) { return gone.contains(entry.key); });
  }
};
// Whether there are as many machines as it takes is given.
DueCase any_due_case(bool enough) {
  auto [roll, now] = any_roll();
  DueCase out{.roll = std::move(roll), .now = now, .threshold = 0, .gone = {}};
  std::uint32_t able = 0;
  for (const auto& entry : out.roll.entries()) {
    if (now - entry.last_seen >= kRetention) continue;
    if (*rc::gen::inRange(0, 4) == 0) {
      out.gone.insert(entry.key);
    } else {
      ++able;
    }
  }
  if (able == 0) {
    std::vector<RollKey> changed;
    out.roll.ask(key(61), now, 25, kRetention, changed);
    ++able;
  }
  out.threshold = enough ? *rc::gen::inRange(1U, able + 1) : *rc::gen::inRange(able + 1, able + 5);
  return out;
}
std::vector<Due> asking(const DueList& list) {
  std::vector<Due> out;
  for (const auto& due : list.entries) {
    if (due.ask_before) out.push_back(due);
  }
  return out;
}

RC_GTEST_PROP(DueList, WhereTheListedAskInTimeTheCountHoldsAndWhereOneDoesNotItFalls, ()) {
  const auto any = any_due_case(true);
  const auto list = any.list();
  RC_ASSERT(list.missing == 0U);
  const auto all = asking(list);
  RC_ASSERT(all.size() == any.threshold);
  RC_ASSERT(std::ranges::is_sorted(all, {}, &Due::ask_before));
  RC_ASSERT(lowest_count(any.roll, any.now, all) >= any.threshold);
  const auto one = *rc::gen::inRange<std::size_t>(0, all.size());
  auto others = all;
  others.erase(others.begin() + static_cast<std::ptrdiff_t>(one));
  RC_ASSERT(lowest_count(any.roll, any.now, others) < any.threshold);
  // A second late is too late.
  auto late = all;
  *late[one].ask_before += seconds(2);
  std::ranges::stable_sort(late, {}, &Due::ask_before);
  RC_ASSERT(lowest_count(any.roll, any.now, late) < any.threshold);
}

RC_GTEST_PROP(DueList, WhereSomeAreMissingItFallsWhenItSays, ()) {
  const auto any = any_due_case(false);
  const auto list = any.list();
  RC_ASSERT(list.missing > 0U);
  RC_ASSERT(list.falls_under.has_value());
  // All that can have asked: what is left of the others decides.
  auto roll = again(any.roll);
  std::vector<RollKey> changed;
  for (const auto& due : list.entries) {
    if (!due.gone) roll.ask(due.entry.key, any.now, 1, kRetention, changed);
  }
  RC_ASSERT(roll.count_at(*list.falls_under, kRetention) < any.threshold);
  RC_ASSERT((*list.falls_under == any.now ||
             roll.count_at(*list.falls_under - seconds(1), kRetention) >= any.threshold));
}

}  // namespace
}  // namespace muster::core
