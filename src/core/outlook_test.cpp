#include "core/outlook.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <chrono>
#include <deque>
#include <set>

#include "core/forecast.h"

namespace muster::core {
namespace {

using std::chrono::days;

const Instant kStart = *parse_time("2026-01-05T08:00:00Z");
constexpr minutes kRetention{30 * 24 * 60};

Instant day(int number) { return kStart + days(number); }

// Machines that come every `rhythm` days within first .. last, `hours` apart.
class Machines {
 public:
  void add(int machines, int rhythm, int first, int last) {
    for (int i = 0; i < machines; ++i) {
      auto& own = times_.emplace_back();
      for (int at = first + i % rhythm; at <= last; at += rhythm) own.push_back(day(at));
    }
  }
  [[nodiscard]] Outlook outlook(int today, int since = 0) {
    take();
    return look_ahead(
        {.machines = contacts_, .since = day(since), .now = day(today), .retention = kRetention});
  }
  [[nodiscard]] BackTest test(int today) {
    take();
    return test_back(
        {.machines = contacts_, .since = day(0), .now = day(today), .retention = kRetention});
  }

 private:
  void take() {
    contacts_.clear();
    for (const auto& own : times_) {
      if (!own.empty()) contacts_.push_back({.times = own});
    }
  }

  std::deque<std::vector<Instant>> times_;
  std::vector<Contacts> contacts_;
};

TEST(Outlook, AFleetThatKeepsItsRhythmKeepsItsNumber) {
  Machines fleet;
  fleet.add(40, 7, 0, 200);
  const auto outlook = fleet.outlook(200);
  EXPECT_EQ(outlook.rhythm, 7);
  EXPECT_EQ(outlook.departures, 0U);
  EXPECT_DOUBLE_EQ(outlook.machines[0].mean, 40);
  EXPECT_NEAR(outlook.machines[60].mean, 40, 1);
  EXPECT_FALSE(expected_fall(outlook, 25, day(223)).expected) << "never falls, at this rate";
}

TEST(Outlook, AFleetOfExactlyTheThresholdIsNotSaidToFall) {
  Machines fleet;
  fleet.add(25, 7, 0, 60);
  const auto fall = expected_fall(fleet.outlook(60), 25, day(84));
  EXPECT_TRUE(!fall.expected || *fall.expected > day(60 + 90));
  EXPECT_GE(*fall.earliest, day(84)) << "one may well leave, but not before it is forgotten";
}

TEST(Outlook, AFleetThatHasNeverBeenSilentForSoLongMayComeBackOrNot) {
  Machines fleet;
  fleet.add(40, 7, 0, 200);
  // Nobody has asked for 25 days; 40 machines asked on days 194 .. 200.
  const auto outlook = fleet.outlook(225);
  EXPECT_EQ(outlook.silence, days(25));
  const auto fall = expected_fall(outlook, 25, day(227));
  ASSERT_TRUE(fall.expected) << "as long again is too long";
  EXPECT_EQ(*fall.expected, day(227)) << "to the second, when nobody asks";
  EXPECT_EQ(*fall.earliest, day(227));
}

TEST(Outlook, AShortSilenceOfAnOldFleetIsExpectedToEnd) {
  Machines fleet;
  fleet.add(40, 7, 0, 200);
  const auto fall = expected_fall(fleet.outlook(207), 25, day(227));
  EXPECT_FALSE(fall.expected) << "seven days more are not enough to forget anybody";
  EXPECT_EQ(fall.earliest, day(227)) << "but it may be the end";
}

TEST(Outlook, WhatLivedForADayAndIsSilentForTwoWeeksIsGone) {
  Machines fleet;
  for (int i = 0; i < 25; ++i) fleet.add(1, 7, 0, 0);
  const auto fall = expected_fall(fleet.outlook(14), 25, day(30));
  EXPECT_EQ(fall.expected, day(30));
  EXPECT_EQ(fall.latest, day(30));
}

TEST(Outlook, AFleetThatShrinksIsExpectedToGoOnShrinking) {
  Machines fleet;
  // Two machines a week leave for good; 46 are left on day 210.
  for (int week = 0; week < 30; ++week) fleet.add(2, 7, 0, 7 * week);
  fleet.add(40, 7, 0, 210);
  const auto outlook = fleet.outlook(210);
  EXPECT_GT(outlook.departures, 30U);
  const auto fall = expected_fall(outlook, 40, day(215));
  ASSERT_TRUE(fall.expected);
  EXPECT_GT(*fall.expected, day(215));
  EXPECT_LE(*fall.earliest, *fall.expected);
  EXPECT_LT(outlook.machines[60].mean, outlook.machines[0].mean);
}

// A pool that is rebuilt every night: twelve new CMIDs a day, none of which ever comes again.
TEST(Outlook, APoolWhoseCmidsNeverComeBackCountsByItsNewOnes) {
  Machines fleet;
  for (int at = 0; at <= 60; ++at) fleet.add(12, 1, at, at);
  const auto early = fleet.outlook(21);
  EXPECT_NEAR(early.arriving, 12, 0.5) << "a week after the first can be told";
  EXPECT_FALSE(expected_fall(early, 25, day(50)).expected);
  const auto later = fleet.outlook(60);
  EXPECT_NEAR(later.machines[60].mean, 360, 20);
  EXPECT_FALSE(expected_fall(later, 25, day(88)).earliest);
}

TEST(Outlook, NewMachinesArriveAtTheRateTheyDid) {
  Machines fleet;
  fleet.add(10, 7, 0, 150);
  for (int at = 31; at <= 150; ++at) fleet.add(1, 200, at, at);  // one a day, never again
  const auto outlook = fleet.outlook(150);
  EXPECT_NEAR(outlook.arriving, 1, 0.05);
  EXPECT_NEAR(outlook.machines[30].mean, 40, 6) << "ten steady ones and thirty passing through";
}

TEST(Outlook, WhatIsAskedAgainTwoHoursLaterIsNoRhythm) {
  std::vector<Instant> times;
  for (int hour = 0; hour < 12; hour += 2) times.push_back(day(0) + std::chrono::hours(hour));
  times.insert(times.end(), {day(7), day(14), day(21)});
  const Contacts one[] = {{.times = times}};
  const auto outlook =
      look_ahead({.machines = one, .since = day(0), .now = day(22), .retention = kRetention});
  EXPECT_EQ(outlook.rhythm, 7);
  EXPECT_EQ(outlook.returns, 3U);
}

// Where only the newest contacts are known, the first says that a machine is not new.
TEST(Outlook, AMachineWhoseOldContactsAreNotKnownIsNotNew) {
  const std::vector<Instant> times{day(50), day(57)};
  const Contacts old[] = {{.times = times, .first = day(0)}};
  const Contacts fresh[] = {{.times = times, .first = day(50)}};
  const auto arriving = [](std::span<const Contacts> machines) {
    return look_ahead(
               {.machines = machines, .since = day(0), .now = day(58), .retention = kRetention})
        .arriving;
  };
  EXPECT_EQ(arriving(old), 0);
  EXPECT_GT(arriving(fresh), 0);
}

// Time is measured against the retention: a demonstration's minutes are a year's days.
RC_GTEST_PROP(Outlook, IsTheSameForEveryRetention, ()) {
  const auto histories = *rc::gen::container<std::vector<std::set<int>>>(
      rc::gen::container<std::set<int>>(rc::gen::inRange(0, 150)));
  const auto seen = [&](seconds step) {
    std::deque<std::vector<Instant>> own;
    std::vector<Contacts> contacts;
    for (const auto& steps : histories) {
      auto& times = own.emplace_back();
      for (const auto at : steps) times.push_back(kStart + at * step);
      if (!times.empty()) contacts.push_back({.times = times});
    }
    return look_ahead({.machines = contacts,
                       .since = kStart,
                       .now = kStart + 150 * step,
                       .retention = std::chrono::duration_cast<minutes>(30 * step)},
                      60);
  };
  const auto slow = seen(days(1)), fast = seen(minutes(2));
  for (std::size_t i = 0; i < slow.machines.size(); ++i) {
    RC_ASSERT(slow.machines[i].mean == fast.machines[i].mean);
    RC_ASSERT(slow.machines[i].low == fast.machines[i].low);
  }
}

// Who asked 29 days ago and sooner counts whatever comes: the range says no less; and nothing is
// said to fall before it can.
RC_GTEST_PROP(Outlook, TheRangeHoldsAtLeastThoseWhoseThirtyDaysLast, ()) {
  const auto one_machine = rc::gen::container<std::set<int>>(rc::gen::inRange(0, 150));
  const auto histories = *rc::gen::container<std::vector<std::set<int>>>(one_machine);
  std::deque<std::vector<Instant>> own;
  std::vector<Contacts> contacts;
  for (const auto& steps : histories) {
    if (steps.empty()) continue;
    auto& times = own.emplace_back();
    for (const auto at : steps) times.push_back(day(at));
    contacts.push_back({.times = times});
  }
  const int today = *rc::gen::inRange(150, 200);
  const auto outlook = look_ahead(
      {.machines = contacts, .since = day(0), .now = day(today), .retention = kRetention});
  for (int ahead = 0; ahead <= kHorizon; ++ahead) {
    const auto certain = std::ranges::count_if(contacts, [&](const Contacts& one) {
      return day(today + ahead) - one.times.back() < kRetention;
    });
    const auto& said = outlook.machines[static_cast<std::size_t>(ahead)];
    RC_ASSERT(said.low >= static_cast<double>(certain));
    RC_ASSERT(said.low <= said.mean + 1e-9);
    RC_ASSERT(said.mean <= said.high + 1e-9);
  }
  std::vector<RollEntry> entries;
  for (const auto& one : contacts) entries.push_back({.last_seen = one.times.back()});
  std::ranges::sort(entries, {}, &RollEntry::last_seen);
  const auto threshold = *rc::gen::inRange(1U, 20U);
  const auto silent = falls_under(entries, day(today), kRetention, threshold);
  if (silent == day(today)) return;
  const auto fall = expected_fall(outlook, threshold, silent);
  RC_ASSERT((!fall.earliest || *fall.earliest >= silent));
  RC_ASSERT((!fall.expected || (fall.earliest && *fall.earliest <= *fall.expected)));
  RC_ASSERT((!fall.latest || (fall.expected && *fall.expected <= *fall.latest)));
}

TEST(Outlook, NobodyIsNobody) {
  Machines nobody;
  EXPECT_DOUBLE_EQ(nobody.outlook(100).machines[0].mean, 0);
  EXPECT_EQ(nobody.test(20).forecasts, 0U);
}

TEST(BackTest, SaysHowWellTheForecastWouldHaveDone) {
  Machines steady;
  steady.add(40, 7, 0, 300);
  const auto good = steady.test(300);
  EXPECT_EQ(good.forecasts, 12U);
  EXPECT_LT(good.mean_error, 1);
  EXPECT_DOUBLE_EQ(good.mean_actual, 40);

  // Half of the fleet vanishes at once, which no rhythm foretells.
  Machines halved;
  halved.add(20, 7, 0, 300);
  halved.add(20, 7, 0, 250);
  const auto bad = halved.test(300);
  EXPECT_GT(bad.mean_error, good.mean_error + 1);
  EXPECT_LT(bad.in_range, bad.forecasts);

  EXPECT_EQ(steady.test(80).forecasts, 0U) << "too short to test";
}

}  // namespace
}  // namespace muster::core
