#include "analyser/labels.h"

#include <gtest/gtest.h>

#include <set>

#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

using testing::cmid;
using testing::days;
using testing::HostsLog;
using testing::kStart;
using testing::report_of;

TEST(Labels, ShowNothingThatATerminalObeys) {
  HostsLog log;
  log.ask({.time = kStart, .machine = 1, .name = "\x1b[2Jdesk"});
  log.ask({.time = kStart,
           .machine = 2,
           .name = "\xe2\x80\xae"
                   "exe.desk"});
  log.ask({.time = kStart, .machine = 3, .name = std::string(10'240, 'a')});
  log.ask({.time = kStart, .machine = 4, .name = " "});
  const auto read = log.log();
  const auto report = report_of(read);
  const Labels labels(read, report, false);
  EXPECT_EQ(labels.name(read.requests[0].name), "?[2jdesk");
  EXPECT_EQ(labels.name(read.requests[1].name), "?exe.desk");
  EXPECT_EQ(labels.name(read.requests[2].name), std::string(61, 'a') + "...");
  EXPECT_EQ(labels.name(read.requests[3].name), "(no name)");
  EXPECT_EQ(labels.cmid(0), cmid(1).text());
}

TEST(Labels, PseudonymsAreConsistentAndTellNothing) {
  HostsLog log;
  const char* names[] = {"anna-pc.corp.example", "bert-pc", "anna-pc", "bert-pc"};
  for (std::uint32_t i = 0; i < 4; ++i) {
    log.ask({.time = kStart + days(i),
             .machine = 10 + i % 2,
             .name = names[i],
             .host = "kms.corp.example"});
  }
  log.add(12293, kStart, {"0x80072338", "corp.example"}, "kms.corp.example");
  const auto read = log.log();
  const auto report = report_of(read);
  const Labels labels(read, report, true);
  std::vector<std::string> shown;
  shown.reserve(read.requests.size());
  for (const auto& request : read.requests) {
    shown.push_back(labels.name(request.name) + " " + labels.cmid(request.machine));
  }
  const std::string first = "machine-1 00000000-0000-4000-8000-000000000001";
  const std::string second = "machine-2 00000000-0000-4000-8000-000000000002";
  EXPECT_EQ(shown, (std::vector<std::string>{first, second, first, second}));
  EXPECT_EQ(labels.host(0), "host-1");
  EXPECT_EQ(labels.domain("corp.example"), "domain-1");
  EXPECT_EQ(labels.file(0), "file-1");
  EXPECT_EQ(labels.told_host("kms.corp.example"), "host-1");
  EXPECT_EQ(labels.told_host("kms.elsewhere.example"), "another host");
}

}  // namespace
}  // namespace muster::analyser
