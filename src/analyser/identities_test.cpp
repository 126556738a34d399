#include "analyser/identities.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "analyser/testing/hosts_log.h"

namespace muster::analyser {
namespace {

using testing::days;
using testing::HostsLog;
using testing::kOffice2019;
using testing::kStart;
using testing::report_of;

TEST(Names, ShortAndFullFormsAreTakenTogether) {
  Names names;
  const auto full = names.add("WKSTN63.contoso.com");
  const auto brief = names.add("wkstn63");
  const auto here = names.add("mail.a.example");
  const auto there = names.add("mail.b.example");
  const auto mail = names.add("mail");
  const auto other = names.add("printer");
  const auto together = taken_together(names);
  EXPECT_EQ(together[brief], together[full]);
  EXPECT_NE(together[here], together[there]);
  EXPECT_EQ(together[mail], mail) << "it may be either, so it is neither";
  EXPECT_EQ(together[other], other);
  EXPECT_EQ(names.add("wKsTn63"), brief);
  EXPECT_EQ(names.text(names.add(std::string(10'240, 'x'))).size(), Names::kLongest);
}

struct Told {
  int day;
  std::uint32_t machine;
  const char* name;
};
Report told(const std::vector<Told>& asks, int until) {
  HostsLog log;
  for (const auto& ask : asks) {
    log.ask({.time = kStart + days(ask.day), .machine = ask.machine, .name = ask.name});
  }
  static std::vector<std::unique_ptr<Log>> kept;
  kept.push_back(std::make_unique<Log>(log.log()));
  return report_of(*kept.back(), kStart + days(until));
}

TEST(Identities, CmidsUnderSeveralNames) {
  const struct {
    const char* what;
    std::vector<Told> asks;
    int until;
    std::vector<Sharing> kinds;
    std::uint32_t missed;
  } rows[] = {
      {"one machine", {{0, 1, "a"}, {7, 1, "a"}}, 8, {}, 0},
      {"clones that both renew", {{0, 1, "a"}, {1, 1, "b"}, {7, 1, "a"}}, 8, {Sharing::shared}, 1},
      {"three names", {{0, 1, "a"}, {1, 1, "b"}, {2, 1, "c"}}, 3, {Sharing::shared}, 2},
      {"a rename after the first boot",
       {{0, 1, "win-x"}, {1, 1, "b"}, {8, 1, "b"}},
       15,
       {Sharing::renamed},
       0},
      {"too early to tell", {{0, 1, "a"}, {1, 1, "b"}}, 3, {Sharing::unclear}, 1},
      {"short and full name are one", {{0, 1, "a"}, {1, 1, "a.example"}, {7, 1, "a"}}, 8, {}, 0},
      {"clones, of which one is gone",
       {{0, 1, "a"}, {1, 1, "b"}, {7, 1, "a"}, {40, 1, "a"}},
       41,
       {Sharing::shared},
       0},
  };
  for (const auto& row : rows) {
    const auto report = told(row.asks, row.until);
    std::vector<Sharing> kinds;
    std::uint32_t missed = 0;
    for (const auto& one : report.identities.shared) {
      kinds.push_back(one.kind);
      missed += one.missed();
    }
    EXPECT_EQ(kinds, row.kinds) << row.what;
    EXPECT_EQ(missed, row.missed) << row.what;
  }
}

TEST(Identities, ASharedCmidSaysSinceWhen) {
  const auto report = told({{0, 1, "a"}, {1, 1, "b"}, {7, 1, "a"}, {8, 1, "b"}}, 9);
  ASSERT_EQ(report.identities.shared.size(), 1U);
  const auto& one = report.identities.shared[0];
  EXPECT_EQ(one.since, kStart + days(1));
  ASSERT_EQ(one.bearers.size(), 2U);
  EXPECT_EQ(one.bearers[0].first, kStart);
  EXPECT_EQ(one.bearers[0].last, kStart + days(7));
  EXPECT_EQ(one.bearers[0].requests, 2U);
}

TEST(Identities, NamesThatKeepChangingTheirCmid) {
  std::vector<Told> asks{{0, 90, "steady"}, {0, 91, "reinstalled"}, {5, 92, "reinstalled"}};
  for (int i = 0; i < 40; ++i) asks.push_back({i, static_cast<std::uint32_t>(i + 1), "pool-1"});
  std::ranges::stable_sort(asks, {}, &Told::day);
  const auto report = told(asks, 40);
  ASSERT_EQ(report.identities.churn.size(), 1U) << "twice is a reinstallation";
  const auto& one = report.identities.churn[0];
  EXPECT_EQ(one.cmids, 40U);
  EXPECT_EQ(one.recent, 29U) << "days 11 to 39: what asked 30 days ago to the second has left";
  EXPECT_EQ(one.first_change, kStart + days(1));
  EXPECT_EQ(one.last_change, kStart + days(39));
}

// Windows and Office have CMIDs of their own: a machine with both changes nothing.
TEST(Identities, GroupsAreLookedAtForThemselves) {
  HostsLog log;
  for (int week = 0; week < 4; ++week) {
    log.ask({.time = kStart + days(7 * week), .machine = 1, .name = "a"});
    log.ask({.time = kStart + days(7 * week),
             .machine = 2,
             .name = "a",
             .threshold = 5,
             .product = kOffice2019});
  }
  const auto read = log.log();
  const auto report = report_of(read);
  EXPECT_TRUE(report.identities.shared.empty());
  EXPECT_TRUE(report.identities.churn.empty());
}

}  // namespace
}  // namespace muster::analyser
