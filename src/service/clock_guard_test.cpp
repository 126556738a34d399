#include "service/clock_guard.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;

struct Guard : testing::Test {
  static constexpr minutes kSkew{240};
  Instant wall{days(20'000)};
  milliseconds monotonic{0};
  ClockGuard guard{kSkew, wall, wall, monotonic};

  void pass(seconds span) {
    wall += span;
    monotonic += span;
  }
  void look() { guard.look(wall, monotonic); }
};

TEST_F(Guard, AClockThatGoesOnIsTheRulesTime) {
  for (int day = 0; day < 40; ++day) {
    pass(days(1));
    look();
    EXPECT_FALSE(guard.suspect());
    EXPECT_EQ(guard.now(), wall);
  }
}

TEST_F(Guard, AJumpOfTheSkewIsBorneAndASecondMoreIsNot) {
  struct Row {
    seconds jump;
    bool suspect;
  };
  for (const auto& row : {Row{kSkew, false}, Row{-kSkew, false}, Row{kSkew + seconds(1), true},
                          Row{-kSkew - seconds(1), true}}) {
    ClockGuard each(kSkew, wall, wall, monotonic);
    each.look(wall + row.jump + seconds(60), monotonic + seconds(60));
    EXPECT_EQ(each.suspect(), row.suspect) << row.jump.count();
    EXPECT_EQ(each.reason().empty(), !row.suspect);
  }
}

TEST_F(Guard, WhileItIsSuspectTheRulesTimeStandsAtTheNewestThatWasTrusted) {
  look();
  const auto trusted = wall;
  wall += days(31);
  for (int n = 0; n < 3; ++n) {
    pass(hours(1));
    look();
    ASSERT_TRUE(guard.suspect());
    EXPECT_EQ(guard.now(), trusted);
  }
  guard.confirm(wall, monotonic);
  EXPECT_FALSE(guard.suspect());
  EXPECT_EQ(guard.now(), wall);
  EXPECT_TRUE(guard.reason().empty());
}

TEST_F(Guard, AClockThatComesBackByItselfStillWaitsForAPerson) {
  look();
  wall += days(31);
  look();
  wall -= days(31);
  look();
  EXPECT_TRUE(guard.suspect());
}

TEST_F(Guard, ConfirmedBehindTheNewestEventTimeStandsStillUntilItHasCaughtUp) {
  look();
  const auto newest = wall;
  wall -= days(1);
  look();
  ASSERT_TRUE(guard.suspect());
  guard.confirm(wall, monotonic);
  for (int hour = 0; hour < 23; ++hour) {
    pass(hours(1));
    look();
    ASSERT_FALSE(guard.suspect());
    EXPECT_EQ(guard.now(), newest);
  }
  pass(hours(2));
  look();
  EXPECT_EQ(guard.now(), newest + hours(1));
}

TEST_F(Guard, AStartWithinTheSkewBehindTheNewestEventIsBorne) {
  ClockGuard each(kSkew, wall, wall - kSkew, monotonic);
  each.look(wall - kSkew, monotonic);
  EXPECT_FALSE(each.suspect());
  EXPECT_EQ(each.now(), wall);
  ClockGuard earlier(kSkew, wall, wall - kSkew - seconds(1), monotonic);
  earlier.look(wall - kSkew - seconds(1), monotonic);
  EXPECT_TRUE(earlier.suspect());
  EXPECT_EQ(earlier.now(), wall);
}

TEST_F(Guard, WhatWasSuspectBeforeARestartIsSuspectAfterIt) {
  ClockGuard each(kSkew, wall, wall + days(31), monotonic);
  each.still_suspect("the wall clock jumped ahead by 31 days");
  EXPECT_EQ(each.now(), wall);
  each.look(wall + days(31), monotonic);
  EXPECT_TRUE(each.suspect());
  EXPECT_EQ(each.now(), wall);
  EXPECT_EQ(each.reason(), "the wall clock jumped ahead by 31 days");
}

TEST_F(Guard, ACopyThatIsConfirmedConfirmsNothingElse) {
  look();
  wall += days(31);
  look();
  auto copy = guard;
  copy.confirm(wall, monotonic);
  EXPECT_FALSE(copy.suspect());
  EXPECT_TRUE(guard.suspect());
}

}  // namespace
}  // namespace muster::service
