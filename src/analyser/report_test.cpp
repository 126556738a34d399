#include "analyser/report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "analyser/sentences.h"
#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

using testing::Ask;
using testing::cmid;
using testing::days;
using ::testing::HasSubstr;
using testing::HostsLog;
using testing::hours;
using testing::kOffice2019;
using testing::kServer2022;
using testing::kStart;
using testing::kUnknownProduct;
using testing::kWindows10;
using testing::line_of;
using testing::report_of;

// Machines 1 .. n that come every week, so many weeks.
void weekly(HostsLog& log, std::uint32_t machines, int weeks, const Ask& like = {}) {
  for (int week = 0; week < weeks; ++week) {
    for (std::uint32_t i = 0; i < machines; ++i) {
      auto ask = like;
      ask.time = kStart + days(7 * week) + minutes(i);
      ask.machine = like.machine + i;
      log.ask(ask);
    }
  }
}

TEST(Report, TheCountIsThatOfAKmsHost) {
  const struct {
    const char* what;
    std::uint32_t clients, servers;
    std::uint32_t count, capacity;
    std::uint64_t cmids;
  } rows[] = {
      {"clients and servers count together", 20, 6, 26, 50, 26},
      {"50 is the ceiling once a client has asked", 60, 0, 50, 50, 60},
      {"10 where only servers ask", 0, 12, 10, 10, 12},
  };
  for (const auto& row : rows) {
    HostsLog log;
    for (std::uint32_t i = 1; i <= row.clients; ++i) {
      log.ask({.time = kStart + seconds(i), .machine = i});
    }
    for (std::uint32_t i = 1; i <= row.servers; ++i) {
      log.ask({.time = kStart + hours(1) + seconds(i),
               .machine = 1000 + i,
               .threshold = 5,
               .product = kServer2022});
    }
    const auto read = log.log();
    const auto report = report_of(read);
    ASSERT_EQ(report.standings.size(), 1U) << row.what;
    const auto& now = report.standings[0].now();
    EXPECT_EQ(now.count, row.count) << row.what;
    EXPECT_EQ(now.capacity, row.capacity) << row.what;
    EXPECT_EQ(now.cmids, row.cmids) << row.what;
  }
}

TEST(Report, OfficeAndUnknownProductsHaveRollsOfTheirOwn) {
  HostsLog log;
  log.ask({.time = kStart, .machine = 1});
  log.ask({.time = kStart, .machine = 2, .threshold = 5, .product = kOffice2019});
  log.ask({.time = kStart, .machine = 3, .threshold = 25, .product = kUnknownProduct});
  const auto read = log.log();
  const auto report = report_of(read);
  ASSERT_EQ(report.groups.size(), 3U);
  EXPECT_EQ(report.groups[0].id, "windows");
  EXPECT_EQ(report.groups[1].id, "office");
  EXPECT_EQ(report.groups[2].id, "threshold-25");
  for (const auto& standing : report.standings) EXPECT_EQ(standing.now().count, 1U);
  EXPECT_EQ(report.unknown_ids, std::vector<std::string>{std::string(kUnknownProduct)});
}

TEST(Report, ForThirtyDaysTheCountIsALowerBoundUnlessItStandsAtTheCeiling) {
  HostsLog log;
  weekly(log, 30, 8);
  const auto read = log.log();
  EXPECT_TRUE(report_of(read, kStart + days(29)).standings[0].now().lower_bound);
  EXPECT_FALSE(report_of(read, kStart + days(31)).standings[0].now().lower_bound);
  HostsLog full;
  weekly(full, 60, 1);
  const auto many = full.log();
  EXPECT_FALSE(report_of(many).standings[0].now().lower_bound) << "there is no higher count";
}

TEST(Report, AGapMakesItALowerBoundAgain) {
  HostsLog log;
  for (int day = 0; day < 60; ++day) log.ask({.time = kStart + days(day), .machine = 1});
  const auto line = line_of({.time = kStart + days(60), .machine = 1});
  log.add(12290, kStart + days(60), {line}, "kms.example", "Microsoft-Windows-Security-SPP",
          "Key Management Service", 500);
  const auto read = log.log();
  EXPECT_FALSE(report_of(read, kStart + days(58)).standings[0].now().lower_bound);
  const auto report = report_of(read);
  EXPECT_TRUE(report.standings[0].now().lower_bound);
  ASSERT_EQ(report.gaps.size(), 1U);
  EXPECT_EQ(report.gaps[0].records, 439U) << "61 to 499";
}

TEST(Report, WhatOthersWroteIntoTheChannelIsNoGap) {
  HostsLog log;
  for (int day = 0; day < 60; ++day) log.ask({.time = kStart + days(day), .machine = 1});
  for (int i = 0; i < 5; ++i) {
    log.add(31'337, kStart + days(60), {"hidden"}, "kms.example", "Evil");
  }
  log.ask({.time = kStart + days(60), .machine = 1});
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.gaps.size(), 0U);
  EXPECT_FALSE(report.standings[0].now().lower_bound);
}

// A collector's log holds several hosts' events as they arrived.
TEST(Report, ForwardedEventsOfSeveralHostsLeaveNoGaps) {
  HostsLog log;
  constexpr std::uint64_t kOrder[] = {1, 2, 4, 3, 5, 6};
  for (std::uint64_t round = 0; round < 3; ++round) {
    for (const auto id : kOrder) {
      const auto time = kStart + hours(round);  // many in one second
      const auto line = line_of({.time = time, .machine = 1});
      for (const auto* host : {"kms1.example", "kms2.example"}) {
        log.add(12290, time, {line}, host, "Microsoft-Windows-Security-SPP",
                "Key Management Service", 6 * round + id);
      }
    }
  }
  const auto read = log.log();
  EXPECT_LT(read.stretches.size(), 20U) << "not one for each record";
  EXPECT_EQ(report_of(read).gaps.size(), 0U);
}

// A filter on 12290 leaves holes of a record where DNS was told of.
TEST(Report, HolesOfARecordMakeNoLowerBound) {
  HostsLog log;
  for (std::uint64_t day = 0; day < 60; ++day) {
    const auto line = line_of({.time = kStart + days(day), .machine = 1});
    log.add(12290, kStart + days(day), {line}, "kms.example", "Microsoft-Windows-Security-SPP",
            "Key Management Service", 1 + 2 * day);
  }
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.gaps.size(), 59U);
  EXPECT_FALSE(report.standings[0].now().lower_bound);
}

TEST(Report, NowIsTheLastRecordWhateverItSays) {
  HostsLog log;
  log.ask({.time = kStart});
  log.add(12294, kStart + days(40), {"corp.example"});
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.now, kStart + days(40));
  EXPECT_EQ(report.standings[0].now().count, 0U);
}

// A host's clock that ran ahead for a while would make everybody silent for decades.
TEST(Report, NowIsTheLastByItsNumberWhereAClockWasSetBack) {
  for (const bool newest_first : {false, true}) {
    std::vector<Ask> asks;
    for (std::uint32_t i = 0; i < 30; ++i)
      asks.push_back({.time = kStart + hours(i), .machine = i});
    asks[10].time = *parse_time("2099-01-01T00:00:00Z");
    HostsLog log;
    for (std::uint64_t i = 0; i < 30; ++i) {
      const auto at = newest_first ? 29 - i : i;
      const auto line = line_of(asks[at]);
      log.add(12290, asks[at].time, {line}, "kms.example", "Microsoft-Windows-Security-SPP",
              "Key Management Service", at + 1);
    }
    const auto read = log.log();
    const auto report = report_of(read);
    EXPECT_EQ(report.now, kStart + hours(29));
    EXPECT_EQ(report.later, 1U);
    EXPECT_EQ(report.standings[0].now().count, 29U);
    ASSERT_EQ(read.events.size(), 1U);
    EXPECT_EQ(read.events[0].kind, HostEventKind::set_back);
    EXPECT_EQ(read.events[0].time, kStart + hours(11));
    EXPECT_EQ(read.events[0].before, asks[10].time);
  }
}

TEST(Report, WhenTheCountFalls) {
  HostsLog log;
  // 27 machines, one a day: the spare two leave on days 30 and 31, the next makes it 24.
  for (std::uint32_t i = 0; i < 27; ++i) {
    log.ask({.time = kStart + days(i), .machine = i + 1});
  }
  const auto read = log.log();
  const auto report = report_of(read);
  const auto& falls = report.standings[0].falls;
  ASSERT_EQ(falls.size(), 1U);
  EXPECT_FALSE(falls[0].under);
  EXPECT_EQ(falls[0].spare, 2U);
  EXPECT_EQ(falls[0].if_silent, kStart + days(32));
  const auto& due = report.standings[0].due;
  ASSERT_EQ(due.size(), 27U);
  EXPECT_EQ(due[0].due, kStart + days(30));
  EXPECT_FALSE(due[1].needed);
  EXPECT_TRUE(due[2].needed);
  EXPECT_EQ(due[2].count_after, 24U);
  EXPECT_EQ(report.soonest_fall(), kStart + days(32));

  const auto late = report_of(read, kStart + days(40));
  EXPECT_TRUE(late.standings[0].falls[0].under);
  EXPECT_EQ(late.standings[0].falls[0].since, kStart + days(32));
  EXPECT_EQ(late.standings[0].now().count, 16U);
}

TEST(Report, TheDueListSaysWhichCmidsWillNotAskAgain) {
  HostsLog log;
  log.ask({.time = kStart, .machine = 1, .name = "pool-1"});
  log.ask({.time = kStart + days(1), .machine = 2, .name = "pool-1.corp.example"});
  log.ask({.time = kStart + days(2), .machine = 3, .name = "desk-1"});
  log.ask({.time = kStart + days(3), .machine = 4, .name = " "});
  log.ask({.time = kStart + days(4), .machine = 5, .name = " "});
  const auto read = log.log();
  const auto report = report_of(read);
  std::vector<bool> replaced;
  for (const auto& due : report.standings[0].due) replaced.push_back(due.replaced);
  EXPECT_EQ(replaced, (std::vector{true, false, false, false, false}));
}

TEST(Report, WhatWasRefusedDoesNotCount) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 6; ++i) log.ask({.time = kStart + seconds(i), .machine = i});
  log.ask({.time = kStart + hours(1), .machine = 9, .hresult = "0xC004F06C"});
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.standings[0].now().count, 6U);
  EXPECT_EQ(report.standings[0].refused, 1U);
  ASSERT_EQ(report.failures.size(), 1U);
  EXPECT_EQ(report.failures[0].hresult, 0xC004F06CU);
  EXPECT_THAT(report.standings[0].sentences[0], HasSubstr("1 request was refused"));
}

TEST(Report, ARestartOfTheServiceGivesTwoReadings) {
  HostsLog log;
  weekly(log, 30, 6);
  log.add(902, kStart + days(36), {}, "kms.example", "Microsoft-Windows-Security-SPP",
          "Application");
  log.ask({.time = kStart + days(37), .machine = 1});
  const auto read = log.log();
  const auto report = report_of(read);
  const auto& now = report.standings[0].now();
  EXPECT_EQ(now.count, 30U);
  EXPECT_EQ(now.if_forgotten, 1U);
  EXPECT_THAT(report.standings[0].sentences[0], HasSubstr("it stands at 1"));
  EXPECT_THAT(report.standings[0].sentences[1], HasSubstr("by the other reading"));
  EXPECT_THAT(report.standings[0].sentences[2], HasSubstr("Compare with slmgr /dlv"));
}

TEST(Report, SaysWhyWhenAndWhatToDo) {
  const struct {
    const char* what;
    std::function<void(HostsLog&)> asks;
    int until;
    const char *why, *when, *act;
  } rows[] = {
      {"a full host", [](HostsLog& log) { weekly(log, 60, 10); }, 64, "because 50 is the ceiling",
       "that is not expected within 180 days", "Nothing."},
      {"too few machines", [](HostsLog& log) { weekly(log, 12, 10); }, 64,
       "stands at 12 because 12 CMIDs asked", "It is under 25, and was never above it",
       "Have 13 machines more ask"},
      {"clones",
       [](HostsLog& log) {
         weekly(log, 12, 10);
         for (int week = 0; week < 10; ++week) {
           for (int clone = 0; clone < 20; ++clone) {
             log.ask({.time = kStart + days(7 * week) + hours(1) + minutes(clone),
                      .machine = 500,
                      .name = "vdi-" + std::to_string(clone)});
           }
         }
       },
       64, "19 machines are not in it because they share a CMID", "It is under 25",
       "12 of them are enough"},
      {"a pool that changes its CMIDs",
       [](HostsLog& log) {
         for (std::uint32_t day = 0; day < 64; ++day) {
           for (std::uint32_t i = 0; i < 3; ++i) {
             log.ask({.time = kStart + days(day) + minutes(i),
                      .machine = 10 * day + i + 1,
                      .name = "pool-" + std::to_string(i)});
           }
         }
       },
       63, "only 3 names are behind these", "falls under 25", "the machines alone are too few"},
      {"servers alone until a client came",
       [](HostsLog& log) {
         weekly(log, 20, 9, {.threshold = 5, .product = kServer2022});
         log.ask({.time = kStart + days(60), .machine = 500});
       },
       61,
       "stands at 11 because the ceiling was 10 until a client presented a higher threshold on "
       "2026-03-06: of the 21 CMIDs",
       "It is under 25", "Have 14 machines more ask"},
      {"a fleet that went home", [](HostsLog& log) { weekly(log, 30, 10); }, 83,
       "stands at 30 because 30 CMIDs", "falls under 25 on 2026-04-08", "Have the machines at"},
  };
  for (const auto& row : rows) {
    HostsLog log;
    row.asks(log);
    const auto read = log.log();
    const auto report = report_of(read, kStart + days(row.until));
    ASSERT_FALSE(report.standings.empty()) << row.what;
    const auto& said = report.standings[0].sentences;
    EXPECT_THAT(said[0], HasSubstr(row.why)) << row.what;
    EXPECT_THAT(said[1], HasSubstr(row.when)) << row.what;
    EXPECT_THAT(said[2], HasSubstr(row.act)) << row.what;
    for (const auto& sentence : said) EXPECT_TRUE(sentence.ends_with(".")) << sentence;
  }
}

TEST(Report, MachinesByLastContactAndWhenTheirLicencesEnd) {
  HostsLog log;
  log.ask({.time = kStart, .machine = 1});  // alone: the count was 1, or more than the log knows
  log.ask({.time = kStart + days(100), .machine = 2, .state = 1, .minutes_left = 1'440});
  log.ask({.time = kStart + days(100), .machine = 3, .hresult = "0xC004F06C"});
  const auto read = log.log();
  const auto report = report_of(read, kStart + days(160));
  EXPECT_EQ(report.silent, (std::array<std::uint64_t, 3>{3, 1, 1}));
  ASSERT_EQ(report.machines.size(), 3U);
  EXPECT_EQ(report.machines[0].valid_until, kStart + days(180))
      << "what the count was then is not known: it may have sufficed";
  EXPECT_EQ(report.machines[1].valid_until, kStart + days(101))
      << "the count was 1: what was left of its licence stays";
  EXPECT_EQ(report.machines[2].valid_until, std::nullopt);
}

TEST(Report, ClocksAgainstTheHosts) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 5; ++i) log.ask({.time = kStart, .machine = i});
  log.ask({.time = kStart, .machine = 6, .client_time = kStart + hours(3)});
  log.ask({.time = kStart, .machine = 7, .client_time = kStart - hours(5)});
  const auto read = log.log();
  const auto report = report_of(read);
  ASSERT_EQ(report.skewed.size(), 2U);
  EXPECT_EQ(report.machines[report.skewed[0]].skew_minutes, -300);
  EXPECT_EQ(report.machines[report.skewed[1]].skew_minutes, 180);
  EXPECT_EQ(report.usual_skew_minutes, 0);
}

TEST(Report, HoursProductsAndVirtualMachines) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 30; ++i) {
    log.ask({.time = kStart + seconds(i), .machine = i, .is_virtual = i % 3 == 0});
  }
  log.ask({.time = kStart + hours(5), .machine = 40, .threshold = 5, .product = kServer2022});
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.by_hour[8], 30U);
  EXPECT_EQ(report.by_hour[13], 1U);
  EXPECT_EQ(report.busiest, kStart);
  EXPECT_EQ(report.busiest_requests, 30U);
  ASSERT_EQ(report.products.size(), 2U);
  EXPECT_EQ(report.products[0].machines, 30U);
  EXPECT_EQ(name_of_product(read, Products(), report.products[1].product),
            "Windows Server 2022 Standard");
  ASSERT_EQ(report.virtuals.size(), 1U);
  EXPECT_EQ(report.virtuals[0].machines, 31U);
  EXPECT_EQ(report.virtuals[0].of_them_virtual, 10U);
}

TEST(Report, AHostsOwnWordIsHeldAgainstItsOnlyRoll) {
  HostsLog log;
  weekly(log, 30, 6);
  const auto read = log.log();
  const Products products;
  HostFacts facts;
  facts.group = "windows";
  facts.count = 28;
  const auto report =
      make_report({.log = &read, .products = &products, .facts = {facts}, .hash_key = {}});
  ASSERT_EQ(report.held.size(), 1U);
  EXPECT_EQ(report.held[0].standing, 0U);
}

// The threshold is the client's word: one that says a thousand makes no thousand rows.
TEST(Report, ManyThresholdsAreNotAllFollowed) {
  HostsLog log;
  for (std::uint32_t i = 1; i <= 100; ++i) {
    log.ask({.time = kStart + seconds(i), .machine = i, .threshold = i});
  }
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.standings[0].falls.size(), 8U);
  EXPECT_EQ(report.standings[0].now().capacity, 200U)
      << "the roll is as large as a host's would be";
}

TEST(Report, UnknownProductsOfManyThresholdsAreTakenTogether) {
  HostsLog log;
  std::vector<std::string> ids;
  ids.reserve(100);
  for (std::uint32_t i = 1; i <= 100; ++i) ids.push_back(cmid(5'000 + i).text());
  for (std::uint32_t i = 1; i <= 100; ++i) {
    for (std::uint32_t times = 0; times < (i == 77 ? 3U : 1U); ++times) {
      log.ask({.time = kStart + seconds(i), .machine = i, .threshold = i, .product = ids[i - 1]});
    }
  }
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_EQ(report.groups.size(), 9U) << "eight, and the rest";
  EXPECT_EQ(report.groups.back().name.substr(0, 16), "Unknown products");
  const auto has = [&](const char* id) {
    return std::ranges::find(report.groups, id, &GroupSeen::id) != report.groups.end();
  };
  EXPECT_TRUE(has("threshold-77")) << "the most requests";
  EXPECT_TRUE(has("threshold-other"));
}

// FILETIME begins in 1601, and a record may say so.
TEST(Report, ADateBefore1970IsOne) {
  HostsLog log;
  log.ask({.time = *parse_time("1970-01-01T00:00:00Z") - hours(5) - seconds(1)});
  const auto read = log.log();
  EXPECT_EQ(report_of(read).by_hour[18], 1U);
}

TEST(Report, AnEmptyLogIsNoError) {
  HostsLog log;
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_TRUE(report.standings.empty());
  EXPECT_EQ(report.soonest_fall(), std::nullopt);
}

// The rebuilt roll is core's own: the same requests, however they are split into files and in
// whichever order the files are read, give the count that a host would have had.
RC_GTEST_PROP(Report, TheRebuiltRollIsCoresOwnInAnySplitOfFiles, ()) {
  struct Request {
    int second;
    std::uint32_t machine;
    bool server;
  };
  std::vector<Ask> asks;
  auto time = kStart;
  const auto steps = *rc::gen::container<std::vector<Request>>(rc::gen::construct<Request>(
      rc::gen::inRange(1, 400'000), rc::gen::inRange(1U, 80U), rc::gen::arbitrary<bool>()));
  RC_PRE(!steps.empty());
  core::Roll roll(Bytes16{9});
  std::vector<core::RollKey> changed;
  for (const auto& step : steps) {
    time += seconds(step.second);
    asks.push_back({.time = time,
                    .machine = step.machine,
                    .threshold = step.server ? 5U : 25U,
                    .product = step.server ? kServer2022 : kWindows10});
    roll.ask(cmid(step.machine).bytes, time, asks.back().threshold, kRetention, changed);
  }
  const auto cut = *rc::gen::inRange<std::size_t>(0, asks.size() + 1);
  HostsLog log;
  for (auto i = cut; i < asks.size(); ++i) log.ask(asks[i]);
  log.next_file();
  for (std::size_t i = 0; i < cut; ++i) log.ask(asks[i]);
  const auto read = log.log();
  const auto report = report_of(read, time);
  const auto& standing = report.standings.at(0);
  RC_ASSERT(standing.now().count == roll.count_at(time, kRetention));
  RC_ASSERT(standing.now().capacity == roll.capacity());
  const auto entries = roll.entries();
  RC_ASSERT(standing.due.size() == entries.size());
  for (std::size_t i = 0; i < entries.size(); ++i) {
    RC_ASSERT(read.machines.id(standing.due[i].machine).bytes == entries[i].key);
    RC_ASSERT(standing.due[i].last == entries[i].last_seen);
  }
}

}  // namespace
}  // namespace muster::analyser
