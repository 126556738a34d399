#include "service/admission.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

using std::chrono::milliseconds;

struct Rate : testing::Test {
  Rates rates{.cmid_burst = 3, .cmid_per_minute = 60, .address_burst = 2, .address_per_minute = 1};
  milliseconds now{1'000'000};
  Cmid cmid{{1}};
};

TEST_F(Rate, ABurstPassesAndThenOneASecond) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 3; ++n) EXPECT_FALSE(admission.admit_cmid(cmid, false, now));
  EXPECT_EQ(admission.admit_cmid(cmid, false, now), seconds(1));
  EXPECT_TRUE(admission.admit_cmid(cmid, false, now + milliseconds(999)));
  EXPECT_FALSE(admission.admit_cmid(cmid, false, now + milliseconds(1000)));
  EXPECT_TRUE(admission.admit_cmid(cmid, false, now + milliseconds(1000)));
}

TEST_F(Rate, HighRatesAreExact) {
  for (const std::uint32_t per_minute : {30'001u, 45'000u, 120'000u, 1'000'000u}) {
    rates.address_burst = 1000;
    rates.address_per_minute = per_minute;
    Admission admission(rates, Bytes16{1});
    std::uint32_t passed = 0;
    for (int ms = 0; ms < 60'000; ++ms) {
      const auto at = now + milliseconds(ms);
      while (!admission.admit_address("10.0.0.1", false, at)) ++passed;
    }
    EXPECT_NEAR(passed, per_minute + rates.address_burst, per_minute / 100.0) << per_minute;
  }
}

TEST_F(Rate, WhoIsRefusedIsNotPushedFurtherBack) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 100; ++n) (void)admission.admit_cmid(cmid, false, now);
  EXPECT_FALSE(admission.admit_cmid(cmid, false, now + seconds(1)));
}

TEST_F(Rate, AnotherCmidAndAnotherAddressHaveTheirOwn) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 2; ++n) EXPECT_FALSE(admission.admit_address("10.0.0.1", false, now));
  EXPECT_EQ(admission.admit_address("10.0.0.1", false, now), minutes(1));
  EXPECT_FALSE(admission.admit_address("10.0.0.2", false, now));
  for (int n = 0; n < 4; ++n) (void)admission.admit_cmid(cmid, false, now);
  EXPECT_FALSE(admission.admit_cmid(Cmid{{2}}, false, now));
}

TEST_F(Rate, ThisMachineItselfIsNotLimitedUnlessAskedForAndWhoIsBehindItIs) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 100; ++n) {
    EXPECT_FALSE(admission.admit_address("127.0.0.1", true, now));
    EXPECT_FALSE(admission.admit_cmid(cmid, true, now));
  }
  for (int n = 0; n < 2; ++n) EXPECT_FALSE(admission.admit_address("127.0.0.1", false, now));
  EXPECT_TRUE(admission.admit_address("127.0.0.1", false, now)) << "a proxy on this machine";
  rates.limit_local = true;
  Admission strict(rates, Bytes16{1});
  for (int n = 0; n < 2; ++n) EXPECT_FALSE(strict.admit_address("127.0.0.1", true, now));
  EXPECT_TRUE(strict.admit_address("127.0.0.1", true, now));
}

TEST_F(Rate, MoreKeysThanSlotsRefuseNobodyWhoAsksOnce) {
  Admission admission(rates, Bytes16{1}, 16);
  SeededRandom random(1);
  for (int n = 0; n < 1000; ++n) {
    EXPECT_FALSE(admission.admit_cmid(Cmid::random(random), false, now));
  }
}

TEST(Jitter, IsUniformOverATenthMore) {
  SeededRandom random(1);
  seconds least{1'000'000}, most{0};
  for (int n = 0; n < 10'000; ++n) {
    const auto given = with_jitter(seconds(7200), random);
    least = std::min(least, given);
    most = std::max(most, given);
  }
  EXPECT_EQ(least, seconds(7200));
  EXPECT_EQ(most, seconds(7920));
}

TEST(ComeAgain, IsUniformFromAMinuteToTwoAndNeverSoonerThanTheWait) {
  SeededRandom random(1);
  seconds least{1'000'000}, most{0}, least_of_long{1'000'000};
  for (int n = 0; n < 10'000; ++n) {
    const auto given = come_again(random);
    least = std::min(least, given);
    most = std::max(most, given);
    least_of_long = std::min(least_of_long, come_again(random, seconds(600)));
  }
  EXPECT_EQ(least, seconds(60));
  EXPECT_EQ(most, seconds(120));
  EXPECT_EQ(least_of_long, seconds(600));
}

}  // namespace
}  // namespace muster::service
