// Hosts that are down and hosts that come back from a backup: what that does to a fleet, by
// arithmetic.
#include "lab/incidents.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <sstream>

#include "wire/log_export.h"

namespace muster::lab {
namespace {

using std::chrono::days;

constexpr minutes kRenewal = days(7);
constexpr minutes kRetry{120};
constexpr std::uint32_t kThreshold = 25;

Scenario read(std::string_view text) {
  auto out = read_scenario(text, "test.toml");
  EXPECT_TRUE(out) << out.error().sentence();
  return std::move(out).value();
}

Scenario shipped(std::string_view name) {
  const auto all = shipped_scenarios();
  return read(std::ranges::find(all, name, &Shipped::name)->toml);
}

Outcome run(Scenario scenario, Fidelity fidelity, std::uint64_t seed = 1) {
  scenario.fidelity = fidelity;
  return run_scenario(scenario, {.seed = seed}).value();
}

const Table& table(const Outcome& outcome, std::string_view id) {
  return *std::ranges::find(outcome.tables, id, &Table::id);
}

std::uint64_t number(const Table& table, std::size_t row, std::size_t column) {
  return std::stoull(table.rows.at(row).at(column));
}

// The first attempt that finds the host up again, of one that is due at `due` and waits unspread:
// a minute, two, four ... at most the retry interval.
minutes comes_back(minutes due, minutes up) {
  auto wait = minutes(1);
  for (; due < up; wait = std::min(2 * wait, kRetry)) due += wait;
  return due;
}

// Machines that all ask in one second, and of which the first few are refused and ask once more.
std::uint64_t busiest_when_back(std::uint32_t machines, minutes up) {
  std::map<minutes, std::uint64_t> back;
  back[comes_back(kRenewal, up)] += machines - (kThreshold - 1);
  back[comes_back(kRenewal + kRetry, up)] += kThreshold - 1;
  return std::ranges::max_element(back, {}, [](const auto& one) { return one.second; })->second;
}

constexpr std::string_view kHerd = R"(
title = "a herd"
days = 28
[[product]]
id = "acme-cad"
[[host]]
name = "host-1"
outages = [{at = "6d", lasts = "2d"}]
[[pool]]
name = "desks"
machines = 60
jitter = false
)";

TEST(HostOutage, a_herd_without_jitter_comes_again_in_one_minute) {
  const auto scenario = read(kHerd);
  for (const auto fidelity : {Fidelity::full, Fidelity::rules}) {
    const auto outcome = run(scenario, fidelity);
    const auto& echoes = table(outcome, "echoes");
    EXPECT_EQ(number(echoes, 0, 3), 60) << name_of(fidelity);
    for (const std::size_t interval : {1, 2, 3}) {
      EXPECT_EQ(number(echoes, interval, 3), busiest_when_back(60, days(8)))
          << name_of(fidelity) << ", interval " << interval;
      EXPECT_EQ(number(echoes, interval, 2), 60) << name_of(fidelity);
    }
  }
}

TEST(HostOutage, jitter_spreads_the_herd_wider_at_each_echo) {
  const auto outcome = run(shipped("host-outage"), Fidelity::rules);
  const auto& echoes = table(outcome, "echoes");
  ASSERT_EQ(outcome.tracks.front().title, "desktop on with-jitter");
  constexpr std::uint64_t kMachines = 2'000;
  // Of so many in so many minutes, evenly: the busiest minute is some deviations above the mean.
  const auto bound = [](minutes over) {
    return 4 * kMachines / static_cast<std::uint64_t>(over.count()) + 20;
  };
  EXPECT_LT(number(echoes, 1, 3), bound(kRetry));
  for (const std::size_t interval : {2, 3}) {
    EXPECT_EQ(number(echoes, interval, 5), busiest_when_back(kMachines, days(8)));
    EXPECT_LT(number(echoes, interval, 3), bound(kRenewal / 10));
    EXPECT_LT(number(echoes, interval, 3), number(echoes, 1, 3));
  }
  for (const auto& track : outcome.tracks) {
    EXPECT_EQ(track.samples.back().licensed, kMachines) << track.title;
    EXPECT_GT(track.total().unreached, kMachines) << track.title;
  }
}

TEST(HostOutage, without_an_outage_nothing_is_said_of_echoes) {
  const auto outcome = run(shipped("holiday"), Fidelity::rules);
  EXPECT_EQ(std::ranges::find(outcome.tables, "echoes", &Table::id), outcome.tables.end());
}

// The machines that ask between two times after the begin.
std::uint64_t asked(const Outcome& outcome, minutes after, minutes until) {
  std::uint64_t out = 0;
  for (const auto& sample : outcome.tracks.front().samples) {
    if (sample.at > outcome.start + after && sample.at <= outcome.start + until) {
      out += sample.tally.reached();
    }
  }
  return out;
}

TEST(Restore, the_count_forgets_who_came_since_the_backup_and_learns_them_again) {
  for (const auto fidelity : {Fidelity::full, Fidelity::rules}) {
    const auto outcome = run(shipped("restore"), fidelity);
    const auto& restores = table(outcome, "restores");
    ASSERT_EQ(restores.rows.size(), 1U);
    EXPECT_EQ(number(restores, 0, 3), 40) << name_of(fidelity);
    EXPECT_EQ(number(restores, 0, 4), 30) << name_of(fidelity);
    EXPECT_EQ(number(restores, 0, 5), 40) << name_of(fidelity);
    const auto& track = outcome.tracks.front();
    // Until the last of the ten has renewed: an interval and its jitter after it came.
    for (const auto& sample : track.samples) {
      const auto since = sample.at - outcome.start;
      if (since >= days(18) + kRenewal * 11 / 10) {
        EXPECT_EQ(sample.count, 40);
      }
    }
  }
}

TEST(Restore, nothing_is_lost_to_a_client) {
  const auto outcome = run(shipped("restore"), Fidelity::full);
  const auto& track = outcome.tracks.front();
  for (const auto& sample : track.samples) {
    if (sample.at > outcome.start + days(18)) {
      EXPECT_EQ(sample.licensed, 40);
    }
  }
  // Those that climbed to the threshold on the first day, and nobody since.
  EXPECT_EQ(track.total().refused, kThreshold - 1);
}

TEST(Restore, every_machine_that_was_heard_since_the_backup_shows_a_newer_ticket) {
  const auto outcome = run(shipped("restore"), Fidelity::full);
  const auto& restores = table(outcome, "restores");
  const auto heard = asked(outcome, days(17), days(20));
  EXPECT_GE(heard, 10U);
  EXPECT_EQ(number(restores, 0, 7), heard);
  EXPECT_EQ(number(restores, 0, 8), 1);
  EXPECT_EQ(number(restores, 0, 9), 2) << "the log goes on in a new epoch";
  // Each of them left an event.
  EXPECT_EQ(number(restores, 0, 6), heard - 1);  // its own start is one that is new
}

TEST(Restore, each_epoch_of_the_log_verifies) {
  const auto scenario = shipped("restore");
  std::map<std::uint32_t, std::string> logs;
  const auto log = [&](std::size_t, std::uint32_t epoch, std::string_view piece) {
    logs[epoch] += piece;
  };
  ASSERT_TRUE(run_scenario(scenario, {.seed = 1, .progress = {}, .hear = {}, .log = log}));
  ASSERT_EQ(logs.size(), 2U);
  std::vector<wire::Event> first_of;
  for (const auto& [epoch, text] : logs) {
    std::istringstream in(text);
    std::vector<wire::Event> events;
    const auto report =
        wire::verify_log(in, {}, 0, [&](const auto& one) { events.push_back(one); });
    ASSERT_TRUE(report) << report.error().sentence();
    EXPECT_EQ(events.back().epoch, epoch);
    first_of.push_back(events.front());
  }
  EXPECT_EQ(first_of[1].type, "epoch_begun");
}

TEST(Restore, rules_have_no_log) {
  const auto outcome = run(shipped("restore"), Fidelity::rules);
  EXPECT_THAT(table(outcome, "restores").rows.front(), testing::Contains("-").Times(4));
}

// `host` and `pool`: more lines of these tables.
std::string refusal(std::string_view host, std::string_view pool) {
  const auto text =
      "title = \"t\"\ndays = 40\n[[product]]\nid = \"acme-cad\"\n[[host]]\nname = \"host-1\"\n" +
      std::string(host) + "\n[[pool]]\nname = \"p\"\nmachines = 1\n" + std::string(pool) + "\n";
  const auto read = read_scenario(text, "test.toml");
  return read ? "accepted" : read.error().detail;
}

TEST(Incidents, a_mistake_is_named_with_its_line) {
  EXPECT_EQ(refusal("restores = [{at = \"20d\", backup = \"17d\"}]", "jitter = false"), "accepted");
  EXPECT_EQ(refusal("restores = [{at = \"17d\", backup = \"17d\"}]", ""),
            "test.toml:7: host.restores: the backup must be earlier than `at`, when the host comes "
            "back from it");
  EXPECT_EQ(refusal("restores = [\"17d\"]", ""),
            "test.toml:7: host.restores: \"17d\" found, a list of {at = \"20d\", backup = \"17d\"} "
            "expected");
  EXPECT_EQ(refusal("restores = [{at = \"20d\"}]", ""),
            "test.toml:7: host.restores.backup is missing");
  EXPECT_EQ(refusal("restores = [{at = \"20d\", backup = \"1d\", of = 1}]", ""),
            "test.toml:7: there is no 'host.restores.of'; known are at, backup");
  EXPECT_EQ(refusal("", "jitter = 1"),
            "test.toml:11: pool.jitter: 1 found, true or false expected");
}

TEST(Incidents, a_host_that_sells_a_key_is_not_restored) {
  EXPECT_THAT(
      refusal("restores = [{at = \"20d\", backup = \"17d\"}]\n[[key]]\nname = \"k\"\nlimit = 5",
              ""),
      testing::HasSubstr("host host-1 sells the key k; a host that is restored sells none here"));
}

}  // namespace
}  // namespace muster::lab
