#include "analyser/intake.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

using testing::Ask;
using testing::days;
using ::testing::HasSubstr;
using testing::HostsLog;
using testing::hours;
using testing::kStart;
using testing::line_of;

TEST(Intake, TakesWhatVolumeActivationWroteAndCountsTheRest) {
  HostsLog log;
  log.ask({.time = kStart});
  log.add(12290, kStart, {"nonsense"});
  log.add(1003, kStart, {"a search"}, "kms.example", "Microsoft-Windows-Search", "Application");
  log.add(12290, kStart, {line_of({.time = kStart})}, "kms.example", "Evil", "Application");
  log.add(31337, kStart, {"hidden"}, "kms.example", "KmsRequests");
  log.add(1003, kStart, {"a status"}, "kms.example", "Microsoft-Windows-Security-SPP",
          "Application");
  const auto read = log.log();
  EXPECT_EQ(read.records, 6U);
  EXPECT_EQ(read.of_12290, 2U);
  EXPECT_EQ(read.requests.size(), 1U);
  EXPECT_EQ(read.not_understood(), 1U);
  EXPECT_EQ(read.misread_places.at(0).why, Misread::no_tail);
  EXPECT_EQ(read.misread_places.at(0).place.record_id, 2U);
  ASSERT_EQ(read.foreign.size(), 2U);
  EXPECT_EQ(read.foreign[0].provider, "Evil");
  EXPECT_EQ(read.foreign[1].event_id, 31'337U);
  EXPECT_EQ(read.others, 2U);
}

TEST(Intake, EveryProviderOfTheDossierIsKnown) {
  for (const auto* provider :
       {"Microsoft-Windows-Security-SPP", "microsoft-windows-security-spp",
        "Microsoft-Windows-Security-Licensing-SLC", "KmsRequests",
        "Software Protection Platform Service", "Software Licensing Service"}) {
    EXPECT_TRUE(is_activation(provider)) << provider;
  }
  for (const auto* provider :
       {"", "Microsoft-Windows-Security-SPP-UX-Notifications", "Microsoft-Windows-Search"}) {
    EXPECT_FALSE(is_activation(provider)) << provider;
  }
}

TEST(Intake, WhatElseAHostWrites) {
  HostsLog log;
  log.add(12293, kStart, {"0x80072338", "contoso.com"});
  log.add(12294, kStart + hours(24), {"contoso.com"});
  log.add(104, kStart + hours(25), {"admin", "CONTOSO", "Key Management Service", ""},
          "kms.example", "Microsoft-Windows-Eventlog", "System");
  log.add(104, kStart + hours(25), {"admin", "CONTOSO", "Setup", ""}, "kms.example",
          "Microsoft-Windows-Eventlog", "System");
  log.add(900, kStart + hours(26), {}, "kms.example", "Microsoft-Windows-Security-SPP",
          "Application");
  log.add(902, kStart + hours(26) + seconds(3), {}, "kms.example", "Microsoft-Windows-Security-SPP",
          "Application");
  const auto read = log.log();
  ASSERT_EQ(read.events.size(), 4U);
  EXPECT_EQ(read.events[0].kind, HostEventKind::dns_failed);
  EXPECT_EQ(read.events[0].hresult, 0x80072338U);
  EXPECT_EQ(read.events[0].domain, "contoso.com");
  EXPECT_EQ(read.events[1].kind, HostEventKind::dns_published);
  EXPECT_EQ(read.events[2].kind, HostEventKind::cleared);
  EXPECT_EQ(read.events[3].kind, HostEventKind::started) << "starting and started are one";
}

TEST(Intake, AClientsQuestionAndAnswerArePaired) {
  HostsLog log;
  const std::string ask =
      "0x0, 0x0, kms.example:1688, e5c98033-aab6-4d0b-9af9-1d399597dd56, 2026/01/05 08:00, 1, 5, "
      "0, 73111121-5638-40f6-bc11-f1d7b0d64300, 25";
  const std::string answer = "0x0, 0x0, 1, 0, 42, 120, 10080, 2026/01/05 08:00";
  const auto add = [&](std::uint32_t id, Instant time, std::string_view data) {
    log.add(id, time, {data}, "desk-1", "Microsoft-Windows-Security-SPP", "Application");
  };
  add(12288, kStart, ask);
  add(12289, kStart + seconds(1), answer);
  add(12288, kStart + hours(1), ask);
  add(12289, kStart + hours(2), answer);  // not of that question
  const auto read = log.log();
  ASSERT_EQ(read.told.size(), 2U);
  EXPECT_EQ(read.told[0].kms_host, "kms.example");
  EXPECT_EQ(read.told[0].threshold, 25U);
  EXPECT_EQ(read.told[0].count, 42U);
  EXPECT_EQ(read.told[1].kms_host, "");
}

TEST(Intake, DatesWithoutAZoneAreReadByTheClientsTimes) {
  HostsLog log;
  auto& intake = log.intake();
  const auto add = [&](const std::string& local, const Ask& ask) {
    const auto line = "Processed.\nInfo:\n" + line_of(ask);
    const std::vector<std::string_view> data{line};
    evtx::Record record;
    record.local_time = local;
    record.provider = "Microsoft-Windows-Security-SPP";
    record.event_id = 12290;
    record.data = data;
    intake.add(record);
  };
  for (int i = 0; i < 5; ++i) {
    add("1/" + std::to_string(14 + i) + "/2026 3:00:00 AM",
        {.time = *parse_time("2026-01-14T08:00:00Z") + days(i), .machine = 1});
  }
  ASSERT_TRUE(intake.end_file());
  intake.begin_file("other.csv");
  add("1/5/2026 3:00:00 AM", {.time = kStart});
  const auto refused = intake.end_file();
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
  EXPECT_THAT(refused.error().detail, HasSubstr("other.csv: "));

  const auto read = intake.finish();
  EXPECT_EQ(read.requests.back().time, *parse_time("2026-01-18T08:00:00Z"));
  EXPECT_EQ(read.files[0].dates, "month, day, year; UTC-05:00, by the clients' own times");
}

TEST(Intake, AFileThatNamesNoComputerIsOfTheOnlyHostThereIs) {
  HostsLog log;
  log.ask({.time = kStart});
  log.next_file();
  log.ask({.time = kStart + days(1), .machine = 2, .host = ""});
  const auto read = log.log();
  EXPECT_EQ(read.hosts[read.requests[1].host], "kms.example");

  HostsLog two;
  two.ask({.time = kStart, .host = "a"});
  two.ask({.time = kStart, .host = "b"});
  two.ask({.time = kStart, .host = ""});
  const auto of_two = two.log();
  EXPECT_EQ(of_two.hosts[of_two.requests[2].host], "");
}

// An export of Event Viewer has no numbers, and no fraction of a second.
TEST(Intake, ARequestInTwoFilesCountsOnceWithoutItsNumberToo) {
  HostsLog log;
  const auto ask = [&](std::uint32_t machine, int second, int times) {
    for (int i = 0; i < times; ++i) {
      log.ask({.time = kStart + seconds(second), .machine = machine, .host = ""});
    }
  };
  log.ask({.time = kStart, .machine = 1});
  log.ask({.time = kStart, .machine = 2});
  log.ask({.time = kStart + seconds(1), .machine = 3});
  log.add(12293, kStart, {"0x80072338", "contoso.com"});
  log.next_file();
  ask(2, 0, 1);
  ask(1, 0, 2);  // twice in one file is two requests, of which the first file holds one
  ask(3, 2, 1);
  log.add(12293, kStart, {"0x80072338", "contoso.com"}, "");
  const auto read = log.log();
  EXPECT_EQ(read.requests.size(), 5U);
  EXPECT_EQ(read.of_12290, 5U);
  EXPECT_EQ(read.files[0].repeated, 0U);
  EXPECT_EQ(read.files[1].repeated, 2U);
  EXPECT_EQ(read.files[1].records, 3U) << "the third request of this file, DNS, and one of two";
  EXPECT_EQ(read.events.size(), 1U);
}

TEST(Intake, TheSameRequestTwiceInOneFileIsTwo) {
  HostsLog log;
  log.ask({.time = kStart});
  log.ask({.time = kStart});
  log.next_file();
  log.ask({.time = kStart, .host = "another.example"});
  EXPECT_EQ(log.log().requests.size(), 3U);
}

TEST(Intake, HoldsAMillionRequestsInFortyBytesEach) { EXPECT_LE(sizeof(Request), 40U); }

}  // namespace
}  // namespace muster::analyser
