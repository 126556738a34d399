#include "analyser/rhythm.h"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <deque>
#include <set>

namespace muster::analyser {
namespace {

// Machines that come every `rhythm` days within first .. last.
class Fleet {
 public:
  void add(int machines, int rhythm, int first, int last) {
    for (int i = 0; i < machines; ++i) {
      auto& own = days_.emplace_back();
      for (int day = first + i % rhythm; day <= last; day += rhythm) own.push_back(day);
    }
  }
  [[nodiscard]] std::vector<Contacts> contacts() const {
    std::vector<Contacts> out;
    for (const auto& own : days_) {
      if (!own.empty()) out.push_back({own});
    }
    return out;
  }

 private:
  std::deque<std::vector<std::int32_t>> days_;
};

TEST(Outlook, AFleetThatKeepsItsRhythmKeepsItsNumber) {
  Fleet fleet;
  fleet.add(40, 7, 0, 200);
  const auto outlook = look_ahead(fleet.contacts(), 0, 200);
  EXPECT_EQ(outlook.rhythm, 7);
  EXPECT_EQ(outlook.departures, 0U);
  EXPECT_DOUBLE_EQ(outlook.machines[0].mean, 40);
  EXPECT_NEAR(outlook.machines[60].mean, 40, 1);
  EXPECT_FALSE(fall_day(outlook, 25).expected);
}

TEST(Outlook, AFleetThatHasFallenSilentFallsWhenItsThirtyDaysEnd) {
  Fleet fleet;
  fleet.add(40, 7, 0, 200);
  // Nobody has asked for 25 days; the last contacts were on days 194 .. 200.
  const auto outlook = look_ahead(fleet.contacts(), 0, 225);
  const auto day = fall_day(outlook, 25);
  ASSERT_TRUE(day.expected);
  EXPECT_LE(*day.expected, 6) << "the last one leaves on day 230";
  EXPECT_LE(*day.earliest, *day.expected);
}

TEST(Outlook, AFleetThatShrinksIsExpectedToGoOnShrinking) {
  Fleet fleet;
  // Two machines a week leave for good; 46 are left on day 210.
  for (int week = 0; week < 30; ++week) fleet.add(2, 7, 0, 7 * week);
  fleet.add(40, 7, 0, 210);
  const auto outlook = look_ahead(fleet.contacts(), 0, 210);
  EXPECT_GT(outlook.departures, 30U);
  const auto day = fall_day(outlook, 40);
  ASSERT_TRUE(day.expected);
  EXPECT_GT(*day.expected, 0);
  EXPECT_LE(*day.earliest, *day.expected);
  EXPECT_LT(outlook.machines[60].mean, outlook.machines[0].mean);
  for (const auto& one : outlook.machines) {
    EXPECT_LE(one.low, one.mean);
    EXPECT_GE(one.high, one.mean);
  }
}

// Who asked 29 days ago and sooner counts whatever comes: the range says no less.
RC_GTEST_PROP(Outlook, TheRangeHoldsAtLeastThoseWhoseThirtyDaysLast, ()) {
  const auto one_machine = rc::gen::container<std::set<std::int32_t>>(rc::gen::inRange(0, 150));
  const auto histories = *rc::gen::container<std::vector<std::set<std::int32_t>>>(one_machine);
  std::deque<std::vector<std::int32_t>> own;
  std::vector<Contacts> contacts;
  for (const auto& days : histories) {
    if (days.empty()) continue;
    contacts.push_back({own.emplace_back(days.begin(), days.end())});
  }
  const int today = *rc::gen::inRange(150, 200);
  const auto outlook = look_ahead(contacts, 0, today);
  for (int ahead = 0; ahead <= kHorizon; ++ahead) {
    const auto certain = std::ranges::count_if(
        contacts, [&](const Contacts& one) { return today + ahead - one.days.back() < 30; });
    const auto& said = outlook.machines[static_cast<std::size_t>(ahead)];
    RC_ASSERT(said.low >= static_cast<double>(certain));
    RC_ASSERT(said.low <= said.mean + 1e-9);
    RC_ASSERT(said.mean <= said.high + 1e-9);
  }
}

TEST(Outlook, NewMachinesArriveAtTheRateTheyDid) {
  Fleet fleet;
  fleet.add(10, 7, 0, 150);
  for (int day = 31; day <= 150; ++day) fleet.add(1, 200, day, day);  // one a day, never again
  const auto outlook = look_ahead(fleet.contacts(), 0, 150);
  EXPECT_NEAR(outlook.arriving, 1, 0.05);
  EXPECT_NEAR(outlook.machines[30].mean, 40, 6) << "ten steady ones and thirty passing through";
}

TEST(Outlook, NobodyIsNobody) {
  const auto outlook = look_ahead({}, 0, 100);
  EXPECT_DOUBLE_EQ(outlook.machines[0].mean, 0);
  EXPECT_EQ(fall_day(outlook, 5).expected, 0);
  EXPECT_EQ(test_back({}, 0, 20).forecasts, 0U);
}

TEST(BackTest, SaysHowWellTheForecastWouldHaveDone) {
  Fleet steady;
  steady.add(40, 7, 0, 300);
  const auto good = test_back(steady.contacts(), 0, 300);
  EXPECT_EQ(good.forecasts, 12U);
  EXPECT_LT(good.mean_error, 1);
  EXPECT_DOUBLE_EQ(good.mean_actual, 40);

  // Half of the fleet vanishes at once, which no rhythm foretells.
  Fleet halved;
  halved.add(20, 7, 0, 300);
  halved.add(20, 7, 0, 250);
  const auto bad = test_back(halved.contacts(), 0, 300);
  EXPECT_GT(bad.mean_error, good.mean_error + 1);
  EXPECT_LT(bad.in_range, bad.forecasts);

  EXPECT_EQ(test_back(steady.contacts(), 0, 80).forecasts, 0U) << "too short to test";
}

}  // namespace
}  // namespace muster::analyser
