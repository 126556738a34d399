#include "lab/score.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>
#include <fstream>
#include <map>
#include <sstream>

#include "lab/article.h"
#include "lab/fleet.h"
#include "lab/recording.h"

namespace muster::lab {
namespace {

using std::chrono::days;

const Instant kStart = *parse_time("2026-01-05T08:00:00Z");
constexpr minutes kRetention{30 * 24 * 60};

core::RollKey machine(int number) { return {static_cast<std::uint8_t>(number)}; }

// Machines that ask every seven days from the begin until their last day.
ContactLog weekly(std::uint32_t threshold, const std::vector<int>& last_days) {
  ContactLog out{.host = "host-1",
                 .group = "desktop",
                 .threshold = threshold,
                 .retention = kRetention,
                 .contacts = {}};
  for (int day = 0; day <= 200; day += 7) {
    for (std::size_t i = 0; i < last_days.size(); ++i) {
      if (day <= last_days[i]) {
        out.contacts.push_back({kStart + days(day), machine(static_cast<int>(i) + 1)});
      }
    }
  }
  return out;
}

TEST(TimesUnder, AreThoseOfTheRoll) {
  const auto log = weekly(2, {14, 14, 98});
  EXPECT_EQ(times_under(log, kStart, kStart + days(200)),
            (std::vector<Under>{{kStart, kStart}, {kStart + days(44), kStart + days(200)}}))
      << "the second asker reaches it; two fall silent on day 14";
  auto again = log;
  again.contacts.push_back({kStart + days(100), machine(9)});
  EXPECT_EQ(times_under(again, kStart, kStart + days(110)),
            (std::vector<Under>{{kStart, kStart}, {kStart + days(44), kStart + days(100)}}));
}

TEST(Score, AFleetThatGoesOnIsForetoldAndTheSilentForecastIsWrong) {
  const auto log = weekly(2, {200, 200, 200, 200});
  const auto score = score_forecasts({.log = &log, .start = kStart, .end = kStart + days(200)});
  EXPECT_EQ(score.forecasts, 19U) << "each week from day 14 to day 140";
  EXPECT_EQ(score.falls, 0U);
  EXPECT_EQ(score.by_log, 0);
  EXPECT_EQ(score.by_host, 0);
  EXPECT_EQ(score.by_last_month, 0);
  EXPECT_DOUBLE_EQ(score.by_silence, 19 * 30) << "it says day 30, and it is never: 60";
  EXPECT_EQ(score.in_range_by_log, 19U);
}

TEST(Score, AFallIsHeldAgainstTheDaySaid) {
  const auto log = weekly(4, {200, 200, 200, 49});
  const auto score = score_forecasts({.log = &log,
                                      .start = kStart,
                                      .end = kStart + days(121),
                                      .first = days(60),
                                      .every = days(7)});
  EXPECT_EQ(score.forecasts, 1U) << "on day 60; on day 67 no 60 days are left";
  EXPECT_EQ(score.falls, 1U) << "day 79";
  EXPECT_EQ(score.by_silence, 0);
  EXPECT_DOUBLE_EQ(score.by_last_month, 41);
}

// ---- what stands in docs/lab/forecast.md

constexpr std::string_view kPaper = MUSTER_SOURCE_DIR "/docs/lab/forecast.md";
constexpr std::string_view kBegin = "<!-- the table: made by lab_test, see below -->\n";
constexpr std::string_view kEnd = "<!-- the table ends -->\n";

struct Scored {
  std::string name;
  Score score;
};

// Each shipped scenario under the rules, for so long that every forecast can be held against what
// happened; each count group on each host is scored by itself.
std::vector<Scored> scores() {
  std::vector<Scored> out;
  for (const auto& shipped : shipped_scenarios()) {
    auto scenario = read_scenario(shipped.toml, shipped.name).value();
    scenario.fidelity = Fidelity::rules;
    scenario.sample = minutes(24 * 60);
    const ScoreTask span;
    scenario.days += span.ahead;
    std::map<std::pair<std::size_t, std::string>, ContactLog> logs;
    const auto hear = [&](std::size_t host, std::size_t product, const core::RollKey& who,
                          Instant at) {
      const auto& sold = scenario.products[product];
      auto& log = logs[{host, sold.group}];
      log.retention = sold.policy.retention;
      log.contacts.push_back({at, who});
    };
    (void)run_scenario(scenario, {.seed = 1, .progress = {}, .hear = hear, .log = {}}).value();
    for (auto& [where, log] : logs) {
      log.threshold = *thresholds_of(scenario.products, where.second).begin();
      auto name = std::string(shipped.name);
      if (scenario.hosts.size() > 1) name += ", " + scenario.hosts[where.first].name;
      out.push_back({std::move(name), score_forecasts({.log = &log,
                                                       .start = scenario.start,
                                                       .end = scenario.start + scenario.days})});
    }
  }
  return out;
}

// The article's experiment, of whose desktops each variant hears for long enough.
void add_article(std::vector<Scored>& out) {
  const ScoreTask span;
  std::map<std::string, std::string> exports;
  const ArticleOptions options{
      .seed = 1,
      .start = kStart,
      .days = days(185),
      .with_desktops = days(45) + span.ahead,
      .log = [&](std::string_view variant, std::uint32_t, std::string_view piece) {
        exports[std::string(variant)] += piece;
      }};
  const auto outcome = run_article(options).value();
  for (const auto& track : outcome.tracks) {
    Recording recorded;
    std::istringstream text(exports.at(track.id));
    ASSERT_TRUE(add_export(recorded, text, track.id));
    ContactLog log{.host = "host-1",
                   .group = "desktop",
                   .threshold = track.threshold,
                   .retention = kRetention,
                   .contacts = {}};
    for (const auto& ask : recorded.asks) log.contacts.push_back({ask.at, ask.who});
    out.push_back(
        {"article, " + track.id,
         score_forecasts({.log = &log, .start = kStart, .end = track.samples.back().at})});
  }
}

std::string row_of(std::string_view name, const Score& score) {
  if (score.forecasts == 0) return fmt::format("| {} | 0 | | | | | | | |\n", name);
  const auto mean = [&](double sum) { return fmt::format("{:.1f}", sum / score.forecasts); };
  const auto part = [&](std::uint32_t n) {
    return fmt::format("{:.0f} %", 100.0 * n / score.forecasts);
  };
  return fmt::format("| {} | {} | {} | {} | {} | {} | {} | {} | {} |\n", name, score.forecasts,
                     score.falls, mean(score.by_log), mean(score.by_host), mean(score.by_silence),
                     mean(score.by_last_month), part(score.in_range_by_log),
                     part(score.in_range_by_host));
}

std::string read(std::string_view path) {
  std::ifstream in{std::string(path)};
  std::ostringstream out;
  out << in.rdbuf();
  return std::move(out).str();
}

TEST(ForecastScore, StandsInThePaper) {
  std::string table =
      "| scenario | forecasts | it fell | error by a log, days | by a host | if nobody asks | as "
      "last month | in range, log | host |\n|---|---|---|---|---|---|---|---|---|\n";
  Score all;
  auto rows = scores();
  ASSERT_NO_FATAL_FAILURE(add_article(rows));
  for (const auto& [name, score] : rows) {
    table += row_of(name, score);
    all += score;
  }
  table += row_of("**all**", all);
  EXPECT_LT(all.by_log, all.by_silence);
  EXPECT_LE(all.by_log, all.by_last_month);

  const auto paper = read(kPaper);
  const auto begin = paper.find(kBegin), end = paper.find(kEnd);
  ASSERT_NE(begin, std::string::npos);
  ASSERT_NE(end, std::string::npos);
  const auto made = paper.substr(0, begin + kBegin.size()) + table + paper.substr(end);
  if (std::getenv("MUSTER_WRITE_PAPERS") != nullptr) {
    std::ofstream{std::string(kPaper)} << made;
  } else {
    EXPECT_EQ(made, paper) << "run this test with MUSTER_WRITE_PAPERS=1, and read what it wrote";
  }
}

}  // namespace
}  // namespace muster::lab
