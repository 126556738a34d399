#include "cli/log_figures.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser/testing/hosts_log.h"

namespace muster::cli {
namespace {

using analyser::testing::days;
using analyser::testing::HostsLog;
using analyser::testing::kStart;
using analyser::testing::report_of;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(LogFigures, AreWhatTheReportSays) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 27; ++i) {
    log.ask({.time = kStart + days(i - 1), .machine = i, .host = "kms\"\\\n.example"});
  }
  log.ask({.time = kStart + days(26),
           .machine = 99,
           .hresult = "0xC004F06C",
           .host = "kms\"\\\n.example"});
  const auto read = log.log();
  const auto report = report_of(read);
  const auto text = figures_text(read, report, analyser::Labels(read, report, false));
  const std::string place = "{host=\"kms\\\"\\\\?.example\",group=\"windows\"";
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_count" + place + "} 27\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_capacity" + place + "} 50\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_count_is_lower_bound" + place + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_requests_refused" + place + "} 1\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_spare_machines" + place + ",threshold=\"25\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_records_12290 28\n"));
  const auto falls = (kStart + days(32)).time_since_epoch().count();
  EXPECT_THAT(text, HasSubstr("\nmuster_kms_falls_time_seconds" + place + ",threshold=\"25\"} " +
                              std::to_string(falls) + "\n"));
  EXPECT_THAT(text, Not(HasSubstr("desk")));
}

}  // namespace
}  // namespace muster::cli
