#include "lab/fleet.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace muster::lab {
namespace {

using std::chrono::days;

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

// Everything that a run came to, as text.
std::string text_of(const Outcome& outcome) {
  std::string out;
  for (const auto& track : outcome.tracks) {
    out += track.title + "\n";
    for (const auto& one : track.samples) {
      for (const auto figure : {std::uint64_t{one.count}, std::uint64_t{one.licensed},
                                std::uint64_t{one.running}, one.tally.activated, one.tally.refused,
                                one.tally.unreached, one.tally.sent_away, one.tally.busiest}) {
        out += std::to_string(figure) + " ";
      }
      out += "\n";
    }
  }
  for (const auto& sentence : outcome.sentences) out += sentence + "\n";
  return out;
}

constexpr std::string_view kMixed = R"(
title = "a bit of everything"
days = 45
sample = "2h"
[[product]]
id = "acme-cad"
threshold = 14
[[product]]
id = "acme-sim"
group = "sim"
threshold = 3
count_by = "machine"
[[host]]
name = "host-1"
[[pool]]
name = "office"
product = "acme-cad"
machines = 6
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
until = "17:00"
arrive = "40m"
off = [{at = "10d", lasts = "9d"}]
[[pool]]
name = "vdi"
product = "acme-cad"
machines = 4
grows = 1
grows_every = "9d"
image = "generalized"
rebuild = "7d"
rebuild_at = "03:00"
[[pool]]
name = "refreshed"
product = "acme-sim"
machines = 4
image = "generalized"
rebuild = "start"
from = "09:00"
until = "12:00"
arrive = "20m"
[[pool]]
name = "shared"
product = "acme-cad"
machines = 3
image = "clone"
[[pool]]
name = "forked"
product = "acme-cad"
machines = 2
image = "instant"
[[pool]]
name = "kept"
product = "acme-cad"
machines = 2
image = "keep-id"
[[pool]]
name = "wrong-clock"
product = "acme-cad"
machines = 2
clock_off = "5h"
clock_machines = 1
[[pool]]
name = "brought-back"
product = "acme-cad"
machines = 2
snapshot = "3d"
reverts = ["12d", "30d"]
)";

// The rules alone and the real client against the real host come to the same, sample for sample:
// their difference is only in what is made and checked on the way.
TEST(Fleet, both_fidelities_come_to_the_same) {
  const auto scenario = read(kMixed);
  for (const std::uint64_t seed : {1, 2, 3}) {
    const auto full = run(scenario, Fidelity::full, seed);
    const auto rules = run(scenario, Fidelity::rules, seed);
    EXPECT_EQ(text_of(full), text_of(rules)) << seed;
    EXPECT_TRUE(full.tracks.at(0).first_at_threshold);
    EXPECT_GT(full.tracks.at(0).total().refused, 0u);
  }
}

TEST(Fleet, the_same_seed_is_the_same_run) {
  const auto scenario = read(kMixed);
  for (const auto fidelity : {Fidelity::full, Fidelity::rules}) {
    EXPECT_EQ(text_of(run(scenario, fidelity)), text_of(run(scenario, fidelity)));
    EXPECT_NE(text_of(run(scenario, fidelity, 1)), text_of(run(scenario, fidelity, 2)));
  }
}

TEST(Fleet, while_a_host_is_down_nobody_is_reached_and_nothing_is_forgotten) {
  const auto scenario = read(
      "title = \"t\"\ndays = 12\n[[product]]\nid = \"cad\"\nthreshold = 5\n"
      "[[host]]\nname = \"h\"\noutages = [{at = \"6d\", lasts = \"3d\"}]\n"
      "[[pool]]\nname = \"p\"\nmachines = 5\n");
  for (const auto fidelity : {Fidelity::full, Fidelity::rules}) {
    const auto outcome = run(scenario, fidelity);
    const auto& track = outcome.tracks.at(0);
    const auto begin = scenario.start + days(6);
    for (const auto& sample : track.samples) {
      if (sample.at > scenario.start) {
        EXPECT_EQ(sample.count, 5u);
      }
      if (sample.at <= begin || sample.at > begin + days(3)) continue;
      EXPECT_EQ(sample.tally.reached(), 0u) << format_time(sample.at);
    }
    EXPECT_GT(track.total().unreached, 0u);
    EXPECT_TRUE(track.holds());
  }
}

// Renewed once, 7 to 7.7 days after the begin, and switched off on the tenth: each licence ends 14
// days after that.
TEST(Fleet, licences_end_when_their_activation_does) {
  const auto scenario = read(
      "title = \"t\"\ndays = 30\nsample = \"7h\"\n[[product]]\nid = \"cad\"\nthreshold = 1\n"
      "validity = \"14d\"\n[[host]]\nname = \"h\"\n"
      "[[pool]]\nname = \"p\"\nmachines = 5\noff = [{at = \"10d\", lasts = \"90d\"}]\n");
  for (const auto fidelity : {Fidelity::full, Fidelity::rules}) {
    const auto outcome = run(scenario, fidelity);
    for (const auto& sample : outcome.tracks.at(0).samples) {
      const auto at = sample.at - scenario.start;
      if (at <= seconds(0)) continue;
      EXPECT_EQ(sample.running, at < days(10) ? 5u : 0u) << format_time(sample.at);
      if (at <= days(21)) {
        EXPECT_EQ(sample.licensed, 5u) << format_time(sample.at);
      } else if (at >= days(21) + std::chrono::hours(17)) {
        EXPECT_EQ(sample.licensed, 0u) << format_time(sample.at);
      }
    }
  }
}

TEST(Fleet, what_is_too_much_to_keep_is_refused) {
  auto scenario = read(kMixed);
  scenario.sample = minutes(1);
  scenario.days = days(300);
  const auto refused = run_scenario(scenario, {});
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::config_invalid);
}

// By arithmetic: 16 machines are on the roll of both products, of which one wants 25.
TEST(Shipped, small_site_activates_servers_and_no_desktop) {
  const auto outcome = run(shipped("small-site"), Fidelity::full);
  const auto& track = outcome.tracks.at(0);
  EXPECT_EQ(track.highest(), 12u + 4u);
  EXPECT_EQ(track.last(), 12u + 4u);
  EXPECT_FALSE(track.first_at_threshold);
  EXPECT_EQ(track.samples.back().licensed, 4u);
}

TEST(Shipped, vdi_nonpersistent_counts_by_its_image) {
  const auto outcome = run(shipped("vdi-nonpersistent"), Fidelity::full);
  ASSERT_EQ(outcome.tracks.size(), 4u);
  const auto& generalized = outcome.tracks[0];
  // 12 a day, so 25 on the third day; a roll holds twice the threshold.
  EXPECT_EQ(std::chrono::floor<days>(*generalized.first_at_threshold - outcome.start), days(2));
  EXPECT_EQ(generalized.highest(), 50u);
  EXPECT_TRUE(generalized.holds());
  for (std::size_t i = 1; i < 4; ++i) {
    EXPECT_EQ(outcome.tracks[i].highest(), 1u) << outcome.tracks[i].title;
    EXPECT_EQ(outcome.tracks[i].total().activated, 0u) << outcome.tracks[i].title;
  }
}

TEST(Shipped, vdi_persistent_activates_when_it_has_grown_to_the_threshold) {
  const auto outcome = run(shipped("vdi-persistent"), Fidelity::rules);
  const auto& track = outcome.tracks.at(0);
  EXPECT_GE(*track.first_at_threshold, outcome.start + days(30));
  EXPECT_LT(*track.first_at_threshold, outcome.start + days(33)) << "Saturday is the 30th day";
  EXPECT_TRUE(track.holds());
}

TEST(Shipped, physical_and_vdi_holds) {
  const auto outcome = run(shipped("physical-and-vdi"), Fidelity::rules);
  const auto& track = outcome.tracks.at(0);
  EXPECT_TRUE(track.holds());
  EXPECT_EQ(track.highest(), 50u);
}

TEST(Shipped, holiday_of_two_weeks_moves_nothing_and_of_five_empties_the_roll) {
  const auto outcome = run(shipped("holiday"), Fidelity::rules);
  const auto& samples = outcome.tracks.at(0).samples;
  const auto lowest_within = [&](days from, days to) {
    std::uint32_t out = UINT32_MAX;
    for (const auto& sample : samples) {
      const auto at = sample.at - outcome.start;
      if (at >= from && at < to) out = std::min(out, sample.count);
    }
    return out;
  };
  EXPECT_EQ(lowest_within(days(2), days(56)), 50u);
  EXPECT_EQ(lowest_within(days(56), days(92)), 0u);
  EXPECT_EQ(lowest_within(days(93), days(120)), 50u);
  EXPECT_EQ(outcome.tracks.at(0).falls, 1u);
  EXPECT_FALSE(outcome.tracks.at(0).holds());
}

// By arithmetic: renewals are spread evenly over a tenth of seven days, which is 16.8 hours, and
// machines are on for the first ten of them. Who is due in the 6.8 hours after that asks when it is
// switched on the next morning.
TEST(Shipped, monday_morning_asks_in_five_minutes_and_comes_back_on_two_days) {
  const auto outcome = run(shipped("monday-morning"), Fidelity::rules);
  const auto most_within = [&](days from, days to) {
    std::uint64_t out = 0;
    for (const auto& sample : outcome.tracks.at(0).samples) {
      const auto at = sample.at - outcome.start;
      if (at >= from && at < to) out = std::max(out, sample.tally.reached());
    }
    return out;
  };
  EXPECT_EQ(most_within(days(0), days(1)), 10'000u) << "one sample: five minutes";
  EXPECT_LT(most_within(days(7), days(8)), 200u);
  EXPECT_NEAR(static_cast<double>(most_within(days(8), days(9))), 10'000 * 6.8 / 16.8, 300);
}

}  // namespace
}  // namespace muster::lab
