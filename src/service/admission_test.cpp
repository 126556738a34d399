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
  for (int n = 0; n < 3; ++n) EXPECT_FALSE(admission.admit_cmid(cmid, "10.0.0.1", now));
  EXPECT_EQ(admission.admit_cmid(cmid, "10.0.0.1", now), seconds(1));
  EXPECT_TRUE(admission.admit_cmid(cmid, "10.0.0.1", now + milliseconds(999)));
  EXPECT_FALSE(admission.admit_cmid(cmid, "10.0.0.1", now + milliseconds(1000)));
  EXPECT_TRUE(admission.admit_cmid(cmid, "10.0.0.1", now + milliseconds(1000)));
}

TEST_F(Rate, WhoIsRefusedIsNotPushedFurtherBack) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 100; ++n) (void)admission.admit_cmid(cmid, "10.0.0.1", now);
  EXPECT_FALSE(admission.admit_cmid(cmid, "10.0.0.1", now + seconds(1)));
}

TEST_F(Rate, AnotherCmidAndAnotherAddressHaveTheirOwn) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 2; ++n) EXPECT_FALSE(admission.admit_address("10.0.0.1", now));
  EXPECT_EQ(admission.admit_address("10.0.0.1", now), minutes(1));
  EXPECT_FALSE(admission.admit_address("10.0.0.2", now));
  for (int n = 0; n < 4; ++n) (void)admission.admit_cmid(cmid, "10.0.0.1", now);
  EXPECT_FALSE(admission.admit_cmid(Cmid{{2}}, "10.0.0.1", now));
}

TEST_F(Rate, LoopbackAndUnknownAddressesAreNotLimitedUnlessAskedFor) {
  Admission admission(rates, Bytes16{1});
  for (int n = 0; n < 100; ++n) {
    for (const auto* address : {"127.0.0.1", "127.8.8.8", "::1", "::ffff:127.0.0.1", ""}) {
      EXPECT_FALSE(admission.admit_address(address, now));
      EXPECT_FALSE(admission.admit_cmid(cmid, address, now));
    }
  }
  rates.limit_loopback = true;
  Admission strict(rates, Bytes16{1});
  for (int n = 0; n < 2; ++n) EXPECT_FALSE(strict.admit_address("127.0.0.1", now));
  EXPECT_TRUE(strict.admit_address("127.0.0.1", now));
}

TEST_F(Rate, MoreKeysThanSlotsRefuseNobodyWhoAsksOnce) {
  Admission admission(rates, Bytes16{1}, 16);
  SeededRandom random(1);
  for (int n = 0; n < 1000; ++n) {
    EXPECT_FALSE(admission.admit_cmid(Cmid::random(random), "10.0.0.1", now));
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

}  // namespace
}  // namespace muster::service
