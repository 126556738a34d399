#include "lab/output.h"

#include <gmock/gmock.h>

#include "lab/article.h"
#include "lab/fleet.h"

namespace muster::lab {
namespace {

using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

const Instant kStart = *parse_time("2026-01-05T00:00:00Z");

Track track_of(const std::vector<std::uint32_t>& counts, std::uint32_t threshold) {
  Track out{.id = "t", .title = "a track", .threshold = threshold, .capacity = 2 * threshold};
  auto at = kStart;
  for (const auto count : counts) {
    out.samples.push_back({.at = at, .count = count});
    at += hours(24);
  }
  return out;
}

TEST(ChartText, shows_the_count_and_the_threshold) {
  EXPECT_EQ(chart_text(track_of({0, 2, 4, 4, 2, 0}, 3), 40, 4),
            "    4 |  ##\n"
            "    3 |--##--\n"
            "    2 | ####\n"
            "    1 | ####\n"
            "    0 +------\n"
            "       2026-01-05 2026-01-10\n");
}

TEST(ChartText, of_little_says_that_it_is_not_nothing) {
  EXPECT_EQ(chart_text(track_of({0, 1, 8, 1}, 8), 40, 2),
            "    8 |--#-\n"
            "    4 | .#.\n"
            "    0 +----\n"
            "       2026-01-05 2026-01-08\n");
}

// One short fall among many samples is not averaged away.
TEST(ChartText, of_many_samples_shows_the_lowest) {
  std::vector<std::uint32_t> counts(4'000, 5);
  counts[2'000] = 0;
  const auto text = chart_text(track_of(counts, 5), 47, 1);
  EXPECT_THAT(text, testing::StartsWith("    5 |####################-###################\n"));
}

TEST(Page, holds_everything_and_nothing_becomes_markup) {
  Outcome outcome{.scenario = "s", .title = "<b>title</b>", .start = kStart, .end = kStart};
  outcome.sentences = {"a < b"};
  outcome.tracks = {track_of({1, 2}, 3)};
  outcome.tables = {
      {.id = "x", .title = "<i>", .note = "<u>", .columns = {"<c>"}, .rows = {{"<script>"}}},
      {.id = "y",
       .title = "to try",
       .note = {},
       .columns = {"what", "command"},
       .rows = {{"more", "muster lab plan --physical '<9>'"}},
       .commands = 1}};
  const auto page = page_of(outcome, "muster lab run '<x>'");
  for (const auto* bad : {"<9>", "<b>", "<i>", "<u>", "<c>", "<script", "'<x>'", "src=", "href="}) {
    EXPECT_THAT(page, Not(HasSubstr(bad)));
  }
  EXPECT_THAT(page, HasSubstr("<td class=\"command\"><code>muster lab plan "
                              "--physical &#39;&lt;9&gt;&#39;</code></td>"));
  EXPECT_THAT(page, HasSubstr("a &lt; b"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'"));
  EXPECT_THAT(page, HasSubstr("threshold 3"));
}

TEST(Csv, is_a_file_a_track_and_a_table) {
  Outcome outcome{.scenario = "s", .title = "t"};
  outcome.tracks = {track_of({0, 1}, 3)};
  outcome.tracks[0].samples[1].at = kStart + hours(1);
  outcome.tracks[0].samples[1].tally = {
      .activated = 4, .refused = 5, .sent_away = 6, .unreached = 7, .busiest = 8};
  outcome.tables = {{.id = "x",
                     .title = {},
                     .note = {},
                     .columns = {"a", "b"},
                     .rows = {{"=1+1", "two, three"}}}};
  EXPECT_THAT(csv_of(outcome),
              ElementsAre(std::pair("t.csv",
                                    "time,count,threshold,capacity,on,licensed,activated,refused,"
                                    "sent_away,unreached,busiest_minute,mean_per_minute\n"
                                    "2026-01-05T00:00:00Z,0,3,6,0,0,0,0,0,0,0,\n"
                                    "2026-01-05T01:00:00Z,1,3,6,0,0,4,5,6,7,8,0.25\n"),
                          std::pair("x.csv", "a,b\n'=1+1,\"two, three\"\n")));
}

// 600 requests in two hours are five a minute in the mean; those of a minute stand from the begin
// of their hours to the end of them.
TEST(Page, shows_requests_per_minute_where_they_were) {
  auto track = track_of({0, 1, 1}, 3);
  track.samples[1].at = kStart + hours(2);
  track.samples[2].at = kStart + hours(4);
  track.samples[1].tally = {
      .activated = 500, .refused = 90, .sent_away = 10, .unreached = 7, .busiest = 40};
  Outcome outcome{.scenario = "s", .title = "t", .start = kStart, .end = kStart + hours(4)};
  outcome.tracks = {std::move(track)};
  const auto page = page_of(outcome, "c");
  EXPECT_THAT(page, HasSubstr("<figcaption>Requests per minute</figcaption>"));
  EXPECT_THAT(page, HasSubstr("600 in all; the busiest minute had 40."));
  EXPECT_THAT(page, HasSubstr("<td class=\"fixed\">40</td><td class=\"fixed\">5.00</td>"));
  // The busiest minute: high over the first half, nothing over the second.
  const auto at = page.find("<path class=\"cmids\" d=\"M46.0 ");
  ASSERT_NE(at, page.npos);
  const auto line = page.substr(at, page.find("/>", at) - at);
  EXPECT_THAT(line, testing::EndsWith("V224.0H784.0\"")) << line;
  EXPECT_THAT(line, HasSubstr("H415.0V224.0")) << line;
  EXPECT_THAT(line, Not(HasSubstr("M46.0 224.0"))) << line;
}

// Point 1 of the promise: seed, scenario and version give the same bytes, and no signature's bytes
// reach them.
TEST(Output, is_the_same_bytes_for_the_same_seed) {
  const auto run = [] {
    const auto outcome =
        run_article({.start = kStart, .days = std::chrono::days(3), .threshold = 5, .desktops = 2});
    auto out = page_of(outcome.value(), "muster lab run article");
    for (const auto& [name, text] : csv_of(*outcome)) out += name + text;
    for (const auto& table : outcome->tables) out += table_text(table);
    return out;
  };
  EXPECT_EQ(run(), run());
}

}  // namespace
}  // namespace muster::lab
