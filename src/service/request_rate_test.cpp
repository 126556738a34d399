#include "service/request_rate.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

using std::chrono::seconds;

TEST(RequestRate, CountsTheLastMinuteAndTheSecond) {
  RequestRate rate;
  EXPECT_EQ(rate.figures(seconds{0}, 0).last_minute, 0U) << "nobody has looked yet";
  // Ten a second for two minutes, then none.
  std::uint64_t total = 100;
  for (int second = 0; second <= 120; ++second) {
    rate.look(seconds{second}, total);
    if (second < 120) total += 10;
  }
  EXPECT_EQ(rate.figures(seconds{120}, total).last_minute, 600U);
  EXPECT_DOUBLE_EQ(rate.figures(seconds{120}, total).per_second, 10.0);
  for (int second = 121; second <= 150; ++second) rate.look(seconds{second}, total);
  EXPECT_EQ(rate.figures(seconds{150}, total).last_minute, 300U);
  EXPECT_DOUBLE_EQ(rate.figures(seconds{150}, total).per_second, 0.0);
  EXPECT_EQ(rate.figures(seconds{150}, total + 7).last_minute, 307U) << "also since the last look";
}

TEST(RequestRate, KnowsOfAYoungHostWhatItHasSeen) {
  RequestRate rate;
  rate.look(seconds{5}, 0);
  EXPECT_EQ(rate.figures(seconds{7}, 8).last_minute, 8U);
  EXPECT_DOUBLE_EQ(rate.figures(seconds{7}, 8).per_second, 4.0);
  EXPECT_DOUBLE_EQ(rate.figures(seconds{5}, 8).per_second, 0.0) << "no time has passed";
}

}  // namespace
}  // namespace muster::service
