#include "host/metrics.h"

#include <gmock/gmock.h>

#include "host/testing/host_fixture.h"

namespace muster::host::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(UnitTimes, EachFallsIntoItsBucket) {
  UnitTimes times;
  for (const int ms : {0, 1, 2, 3, 5000, 5001}) times.add(std::chrono::milliseconds(ms));
  const auto sample = times.sample();
  EXPECT_EQ(sample.buckets.front(), 2u) << "0 and 1";
  EXPECT_EQ(sample.buckets.at(1), 1u);
  EXPECT_EQ(sample.buckets.at(2), 1u);
  EXPECT_EQ(sample.buckets.at(10), 1u);
  EXPECT_EQ(sample.buckets.at(11), 1u) << "over the last bound";
  EXPECT_EQ(sample.sum_ms, 10'007u);
}

class Metrics : public HostTest {
 public:
  [[nodiscard]] std::string text() const {
    const ListenerFigures listeners[] = {{.name = "clients", .open = 3}};
    return metrics_text(*service, "9", listeners, {}, {}).value();
  }
};

TEST_F(Metrics, EveryFamilyHasAHelpTextAndStandsOnce) {
  start();
  std::map<std::string, int> helps;
  std::istringstream lines(text());
  for (std::string line; std::getline(lines, line);) {
    if (line.starts_with("# HELP ")) ++helps[line.substr(7, line.find(' ', 7) - 7)];
    if (line.starts_with("#")) continue;
    auto name = line.substr(0, line.find_first_of("{ "));
    for (const std::string_view tail : {"_bucket", "_sum", "_count"}) {
      if (name.starts_with("muster_unit_seconds") && name.ends_with(tail)) {
        name.resize(name.size() - tail.size());
      }
    }
    EXPECT_EQ(helps[name], 1) << line;
  }
  EXPECT_GT(helps.size(), 20u);
}

TEST_F(Metrics, WhatIsPaidForStandsBesideWhatIsActive) {
  start();
  (void)ask(post("/v1/activations", request_of(1, clock.now())));
  EXPECT_THAT(text(), HasSubstr("muster_product_active_machines{vendor=\""));
  EXPECT_THAT(text(), HasSubstr("product=\"acme-cad\"} 1\n"));
  EXPECT_THAT(text(), Not(HasSubstr("muster_product_licensed{"))) << "it has no limit";
}

TEST_F(Metrics, ARefusalIsUnderItsCode) {
  options.limits.queue_most = 0;
  start();
  EXPECT_EQ(status_of(ask(post("/v1/activations", request_of(1, clock.now())))), 503);
  EXPECT_THAT(text(), HasSubstr("muster_requests_total{result=\"host_full\"} 1\n"));
  EXPECT_THAT(text(), HasSubstr("muster_requests_total{result=\"activated\"} 0\n"));
}

}  // namespace
}  // namespace muster::host::testing
