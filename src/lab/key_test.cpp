// Pools that activate by multiple activation keys, against the real ledger and against its rules.
#include <gmock/gmock.h>

#include <algorithm>

#include "lab/fleet.h"
#include "lab/output.h"

namespace muster::lab {
namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::HasSubstr;

Scenario read(std::string_view text) {
  auto out = read_scenario(text, "test.toml");
  EXPECT_TRUE(out) << out.error().sentence();
  return std::move(out).value();
}

Outcome run(Scenario scenario, Fidelity fidelity, std::uint64_t seed = 1) {
  scenario.fidelity = fidelity;
  return run_scenario(scenario, {.seed = seed}).value();
}

std::string text_of(const Outcome& outcome) {
  std::string out;
  for (const auto& [name, text] : csv_of(outcome)) out += name + "\n" + text;
  for (const auto& sentence : outcome.sentences) out += sentence + "\n";
  return out;
}

const KeyTrack& key(const Outcome& outcome, std::string_view name) {
  return *std::ranges::find(outcome.keys, "key-" + std::string(name), &KeyTrack::id);
}

const Sample& at(const KeyTrack& track, seconds since) {
  return *std::ranges::find(track.samples, track.samples.front().at + since, &Sample::at);
}

// Every way to come to a system, under every term that a vendor may choose.
std::string every_kind() {
  std::string keys, pools;
  int number = 0;
  for (const auto* image : {"installed", "generalized", "keep-id", "clone", "instant"}) {
    for (const auto* reactivation : {"free", "counts"}) {
      for (const auto* match : {"any", "most", "all"}) {
        for (const auto* hardware : {"kept", "new"}) {
          const auto name = "k" + std::to_string(++number);
          keys += "[[key]]\nname = \"" + name + "\"\nlimit = 9\nreactivation = \"" + reactivation +
                  "\"\nmatch = \"" + match + "\"\n";
          pools += "[[pool]]\nname = \"" + name + "\"\nkey = \"" + name +
                   "\"\nmachines = 3\nimage = \"" + image + "\"\nhardware = \"" + hardware +
                   "\"\nrebuild = \"1d\"\nrebuild_at = \"02:00\"\nfrom = \"08:00\"\n" +
                   "until = \"18:00\"\narrive = \"3h\"\n";
          if (number % 4 == 0) pools += "releases = true\n";
        }
      }
    }
  }
  return "title = \"t\"\ndays = 6\n[[product]]\nid = \"cad\"\n[[host]]\nname = \"h\"\n"
         "outages = [{at = \"26h\", lasts = \"8h\"}]\n" +
         keys + pools;
}

TEST(Keys, both_fidelities_come_to_the_same_use_of_every_kind_of_key) {
  const auto scenario = read(every_kind());
  for (const std::uint64_t seed : {1, 2}) {
    const auto full = run(scenario, Fidelity::full, seed);
    const auto rules = run(scenario, Fidelity::rules, seed);
    EXPECT_EQ(text_of(full), text_of(rules)) << seed;
    const auto exhausted = std::ranges::count_if(
        full.keys, [](const KeyTrack& track) { return track.exhausted.has_value(); });
    EXPECT_GT(exhausted, 0);
    EXPECT_LT(static_cast<std::size_t>(exhausted), full.keys.size());
    for (const auto& track : full.keys) {
      for (const auto& sample : track.samples) EXPECT_LE(sample.count, track.limit) << track.id;
    }
  }
}

constexpr std::string_view kBesideACount = R"(
title = "one pool counts, the other has a key, and machines come back from snapshots"
days = 40
[[product]]
id = "cad"
threshold = 4
[[host]]
name = "h"
[[key]]
name = "mak"
limit = 5
expires = "20d"
release = "never"
[[pool]]
name = "office"
machines = 6
days = ["mon", "tue", "wed", "thu", "fri"]
from = "08:00"
until = "17:00"
arrive = "40m"
[[pool]]
name = "apart"
key = "mak"
machines = 3
grows = 1
grows_every = "9d"
snapshot = "3d"
reverts = ["12d", "30d"]
)";

TEST(Keys, a_pool_with_a_key_counts_on_no_roll_and_needs_no_renewal) {
  const auto scenario = read(kBesideACount);
  const auto full = run(scenario, Fidelity::full);
  EXPECT_EQ(text_of(full), text_of(run(scenario, Fidelity::rules)));
  ASSERT_EQ(full.tracks.size(), 1u);
  ASSERT_EQ(full.keys.size(), 1u);
  EXPECT_EQ(full.tracks[0].highest(), 6u);
  const auto& track = full.keys[0];
  // Three at once, one on day 9, one on day 18; the key has ended on day 20, and who comes after
  // that is refused. A revert costs nothing.
  EXPECT_EQ(at(track, days(8)).count, 3u);
  EXPECT_EQ(at(track, days(10)).count, 4u);
  EXPECT_EQ(at(track, days(40)).count, 5u);
  EXPECT_EQ(at(track, days(40)).licensed, 5u);
  EXPECT_EQ(track.refused, scenario.start + days(27));
  EXPECT_EQ(std::chrono::floor<days>(*track.exhausted - scenario.start), days(18));
}

TEST(Keys, a_key_lasts_for_as_many_machines_as_it_has_places) {
  const auto shipped = shipped_scenarios();
  const auto scenario = read(std::ranges::find(shipped, "mak-burn", &Shipped::name)->toml);
  const auto machines = scenario.pools.front().machines;
  for (const auto fidelity : {Fidelity::rules, Fidelity::full}) {
    const auto outcome = run(scenario, fidelity);
    for (const auto* name : {"free", "released", "same-id"}) {
      const auto& track = key(outcome, name);
      EXPECT_FALSE(track.exhausted) << name;
      EXPECT_FALSE(track.refused) << name;
      EXPECT_EQ(track.last(), machines) << name;
      EXPECT_EQ(track.total().activated, machines * std::uint64_t(scenario.days.count())) << name;
    }
    for (const auto* name : {"counts", "new-hardware"}) {
      const auto& track = key(outcome, name);
      const auto whole = track.limit / machines;
      const auto left = track.limit % machines;
      EXPECT_EQ(std::chrono::floor<days>(*track.exhausted - outcome.start), days(whole)) << name;
      EXPECT_EQ(std::chrono::floor<days>(*track.refused - outcome.start), days(whole)) << name;
      for (std::uint32_t day = 0; day < 30; ++day) {
        const auto& noon = at(track, days(day) + hours(12));
        EXPECT_EQ(noon.count, std::min(machines * (day + 1), track.limit)) << name << day;
        EXPECT_EQ(noon.licensed, day < whole ? machines : day == whole ? left : 0) << name << day;
      }
      EXPECT_EQ(track.total().activated, track.limit) << name;
    }
  }
}

TEST(Keys, are_drawn_and_written_beside_the_counts) {
  const auto outcome = run(read(kBesideACount), Fidelity::rules);
  const auto page = page_of(outcome, "muster lab run test.toml");
  EXPECT_THAT(page, HasSubstr("Places that are used"));
  EXPECT_THAT(page, HasSubstr("limit 5"));
  const auto files = csv_of(outcome);
  const auto file =
      std::ranges::find(files, "key-mak.csv", &std::pair<std::string, std::string>::first);
  ASSERT_NE(file, files.end());
  EXPECT_THAT(file->second, testing::StartsWith("time,used,limit,on,licensed,"));
  EXPECT_THAT(file->second, HasSubstr("\n2026-02-14T00:00:00Z,5,5,7,5,"));
  EXPECT_THAT(chart_text(outcome.keys[0], 60, 5), HasSubstr("    5 |---"));
}

}  // namespace
}  // namespace muster::lab
