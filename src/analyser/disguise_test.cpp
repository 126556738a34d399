#include "analyser/disguise.h"

#include <gtest/gtest.h>

#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

using testing::Ask;
using testing::days;
using testing::HostsLog;
using testing::kStart;
using testing::line_of;
using testing::report_of;

evtx::Record record_of(std::uint32_t event_id, const std::vector<std::string_view>& data,
                       std::string_view computer = "kms.example") {
  evtx::Record out;
  out.time = evtx::Time(kStart);
  out.provider = "Microsoft-Windows-Security-SPP";
  out.event_id = event_id;
  out.channel = "Key Management Service";
  out.computer = computer;
  out.data = data;
  return out;
}

TEST(Disguise, RequestsSayTheSameAsTheReport) {
  HostsLog log;
  const Ask asks[] = {{.time = kStart, .machine = 7, .name = "anna-pc"},
                      {.time = kStart + days(1), .machine = 8, .name = "bert-pc"},
                      {.time = kStart + days(2), .machine = 7, .name = "Anna-PC.corp.example"}};
  for (const auto& ask : asks) log.ask(ask);
  const auto read = log.log();
  const auto report = report_of(read);
  const Labels labels(read, report, true);
  Disguise disguise(read);
  for (std::size_t i = 0; i < 3; ++i) {
    const auto line = line_of(asks[i]);
    const std::vector<std::string_view> data{line};
    const auto record = record_of(12290, data);
    const auto shown = disguise.apply(record);
    ASSERT_EQ(shown.data.size(), 1U);
    EXPECT_EQ(shown.data[0].find("anna"), std::string::npos);
    EXPECT_NE(shown.data[0].find("," + labels.name(read.requests[i].name) + "," +
                                 labels.cmid(read.requests[i].machine) + ","),
              std::string::npos)
        << shown.data[0];
    EXPECT_EQ(shown.computer, "host-1");
    EXPECT_EQ(shown.time, record.time);
  }
}

TEST(Disguise, WhatIsNotUnderstoodIsAShape) {
  HostsLog log;
  log.ask({.time = kStart});
  const auto read = log.log();
  Disguise disguise(read);
  const std::vector<std::string_view> data{"user anna", "0x80072338"};
  for (const std::uint32_t event_id : {12290U, 12293U, 8230U}) {
    const auto record = record_of(event_id, data, "desk.corp.example");
    const auto shown = disguise.apply(record);
    ASSERT_EQ(shown.data.size(), 2U);
    EXPECT_EQ(shown.data[0], "aaa{4} aaa{4}");
    EXPECT_EQ(shown.data[1], "0x999{8}");
    EXPECT_EQ(shown.computer, "another computer");
  }
  // A request of a machine that the log does not know.
  const auto line = line_of({.time = kStart, .machine = 99, .name = "anna"});
  const std::vector<std::string_view> other{line};
  const auto record = record_of(12290, other);
  EXPECT_EQ(disguise.apply(record).data[0].find("anna"), std::string::npos);
}

}  // namespace
}  // namespace muster::analyser
