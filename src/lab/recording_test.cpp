#include "lab/recording.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <cmath>
#include <sstream>

#include "lab/fleet.h"

namespace muster::lab {
namespace {

using testing::HasSubstr;

Scenario shipped(std::string_view name) {
  const auto all = shipped_scenarios();
  return read_scenario(std::ranges::find(all, name, &Shipped::name)->toml, name).value();
}

struct Ran {
  Outcome outcome;
  Recording recording;
};
Ran run(Scenario scenario) {
  scenario.fidelity = Fidelity::full;
  std::vector<std::string> logs(scenario.hosts.size());
  Ran out{
      .outcome =
          run_scenario(scenario, {.seed = 1,
                                  .progress = {},
                                  .hear = {},
                                  .log = [&](std::size_t host, std::uint32_t,
                                             std::string_view piece) { logs[host].append(piece); }})
              .value(),
      .recording = {}};
  for (const auto& log : logs) {
    std::istringstream in(log);
    EXPECT_TRUE(add_export(out.recording, in, "host.jsonl"));
  }
  return out;
}

// The counts of two runs of one track, at each day: by how many machines they differ on the mean,
// against the highest count.
double difference(const Track& one, const Track& other) {
  const auto size = std::min(one.samples.size(), other.samples.size());
  double sum = 0;
  for (std::size_t i = 0; i < size; ++i) {
    sum += std::abs(static_cast<double>(one.samples[i].count) - other.samples[i].count);
  }
  return sum / static_cast<double>(size) / std::max(1U, one.highest());
}

class RoundTrip : public testing::TestWithParam<std::string_view> {};

// A scenario is run, its log is imported, and what was imported is run under another seed: the
// counts agree to a tenth of the highest.
TEST_P(RoundTrip, TheImportedScenarioCountsAsTheRecordedOne) {
  auto scenario = shipped(GetParam());
  scenario.days = std::min(scenario.days, std::chrono::days(GetParam() == "holiday" ? 120 : 60));
  const auto recorded = run(scenario);
  const auto text = fit_scenario(recorded.recording, "again").value();
  const auto fitted = read_scenario(text, "again.toml");
  ASSERT_TRUE(fitted) << fitted.error().sentence() << "\n" << text;
  auto imported = *fitted;
  imported.fidelity = Fidelity::rules;  // both fidelities come to the same counts
  const auto again =
      run_scenario(imported, {.seed = 2, .progress = {}, .hear = {}, .log = {}}).value();
  ASSERT_EQ(again.tracks.size(), recorded.outcome.tracks.size()) << text;
  for (std::size_t i = 0; i < recorded.outcome.tracks.size(); ++i) {
    EXPECT_LT(difference(recorded.outcome.tracks[i], again.tracks[i]), 0.1)
        << recorded.outcome.tracks[i].title << "\n"
        << text;
    EXPECT_EQ(again.tracks[i].first_at_threshold.has_value(),
              recorded.outcome.tracks[i].first_at_threshold.has_value())
        << text;
  }
}
INSTANTIATE_TEST_SUITE_P(Shipped, RoundTrip,
                         testing::Values("physical-and-vdi", "vdi-persistent", "vdi-nonpersistent",
                                         "small-site", "holiday"),
                         [](const auto& of) {
                           std::string out(of.param);
                           std::ranges::replace(out, '-', '_');
                           return out;
                         });

TEST(Recording, SaysWhichLineIsNone) {
  Recording to;
  std::istringstream in("{\"muster_log\":1}\nnonsense\n");
  const auto read = add_export(to, in, "host.jsonl");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::not_a_log);
  EXPECT_THAT(read.error().detail, HasSubstr("host.jsonl:2"));
  EXPECT_EQ(fit_scenario({}, "none").error().code, ErrorCode::nothing_counted);
}

// Names and ids are a log's, and may say anything.
TEST(Recording, WhatALogSaysCannotBreakTheFile) {
  Recording hostile;
  hostile.hosts = {"x\"\n[[pool]]"};
  hostile.products = {{.id = "a\"b\n", .group = "[[host]]", .name = "n", .threshold = 0}};
  hostile.asks = {{.at = *parse_time("2026-01-05T08:00:00Z"), .who = {1}}};
  hostile.end = hostile.asks.front().at;
  const auto text = fit_scenario(hostile, "t\"\\\n[[pool]]").value();
  const auto read = read_scenario(text, "hostile.toml");
  EXPECT_TRUE(read) << read.error().sentence() << text;
}

}  // namespace
}  // namespace muster::lab
