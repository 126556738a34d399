#include "lab/article.h"

#include <gmock/gmock.h>

#include <algorithm>
#include <map>
#include <ranges>

namespace muster::lab {
namespace {

using std::chrono::days;
using testing::Contains;

const Instant kStart = *parse_time("2026-01-05T08:00:00Z");

struct Arithmetic {
  std::uint32_t cycles = 0, attempts = 0, rearms = 0;
};
// The first cycle adds the snapshot's own CMID and one a rearm; every later one begins with a CMID
// that is known, and adds one a rearm.
Arithmetic cycles_to(std::uint32_t threshold, std::uint32_t rearm_limit) {
  Arithmetic out;
  std::uint32_t count = 0;
  while (true) {
    ++out.cycles;
    for (std::uint32_t rearm = 0; rearm <= rearm_limit; ++rearm) {
      if (out.cycles == 1 || rearm > 0) ++count;
      ++out.attempts;
      if (count >= threshold) return out;
      if (rearm < rearm_limit) ++out.rearms;
    }
  }
}

std::uint64_t number(const Outcome& outcome, std::string_view name) {
  return std::get<std::uint64_t>(std::ranges::find(outcome.facts, name, &Fact::name)->value);
}
Instant time(const Outcome& outcome, std::string_view name) {
  return std::get<Instant>(std::ranges::find(outcome.facts, name, &Fact::name)->value);
}
const Track& track(const Outcome& outcome, std::string_view id) {
  return *std::ranges::find(outcome.tracks, id, &Track::id);
}
const Table& table(const Outcome& outcome, std::string_view id) {
  return *std::ranges::find(outcome.tables, id, &Table::id);
}

class Article : public testing::Test {
 protected:
  // Run once for all that look at it.
  static const Outcome& outcome() {
    static const Outcome out = run_article({.seed = 1, .start = kStart, .days = days(185)}).value();
    return out;
  }
};

TEST_F(Article, activates_by_arithmetic) {
  const auto expected = cycles_to(25, 3);
  EXPECT_EQ(number(outcome(), "attempts"), expected.attempts);
  EXPECT_EQ(number(outcome(), "rearms"), expected.rearms);
  EXPECT_EQ(number(outcome(), "reverts"), expected.cycles - 1);
  EXPECT_EQ(number(outcome(), "distinct_cmids"), 25u);
}

TEST(ArticleBySettings, activates_by_arithmetic) {
  const struct {
    std::uint32_t threshold, rearm_limit;
  } cases[] = {{5, 3}, {5, 1}, {1, 3}, {10, 4}};
  for (const auto& one : cases) {
    const auto expected = cycles_to(one.threshold, one.rearm_limit);
    const auto got = run_article({.seed = 7,
                                  .start = kStart,
                                  .days = days(1),
                                  .threshold = one.threshold,
                                  .rearm_limit = one.rearm_limit,
                                  .desktops = 1});
    ASSERT_TRUE(got) << got.error().sentence();
    EXPECT_EQ(number(*got, "attempts"), expected.attempts) << one.threshold;
    EXPECT_EQ(number(*got, "reverts"), expected.cycles - 1) << one.threshold;
    EXPECT_EQ(number(*got, "distinct_cmids"), one.threshold);
  }
}

TEST(ArticleBySettings, says_why_it_cannot_succeed) {
  const auto got =
      run_article({.start = kStart, .days = days(1), .threshold = 5, .rearm_limit = 0});
  ASSERT_FALSE(got);
  EXPECT_EQ(got.error().code, ErrorCode::conflict);
}

// The roll forgets an entry 30 days after its last contact, to the minute.
TEST_F(Article, silent_the_count_falls_by_the_oldest_contact_and_is_zero_by_the_newest) {
  const auto& rows = table(outcome(), "attempts").rows;
  std::map<std::string, Instant> last_contact;  // by CMID
  for (const auto& row : rows) last_contact[row[4]] = *parse_time(row[1]);
  ASSERT_EQ(last_contact.size(), 25u);
  const auto oldest = std::ranges::min(last_contact | std::views::values);
  const auto newest = std::ranges::max(last_contact | std::views::values);
  EXPECT_EQ(time(outcome(), "activated_at"), newest);
  EXPECT_EQ(time(outcome(), "count_falls_below_threshold_at"), oldest + days(30));
  EXPECT_EQ(time(outcome(), "count_zero_at"), newest + days(30));
}

TEST_F(Article, silent_the_desktop_stays_licensed_to_the_180th_day) {
  const auto& samples = track(outcome(), "silent").samples;
  const auto activated = time(outcome(), "activated_at");
  for (const auto& sample : samples) {
    const bool licensed = sample.at >= activated && sample.at < activated + days(180);
    EXPECT_EQ(sample.licensed, licensed ? 1u : 0u) << format_time(sample.at);
  }
  EXPECT_GT(samples.back().at, activated + days(180));
}

TEST_F(Article, desktops_with_a_cmid_each_hold_ten_and_with_one_cmid_hold_one) {
  const struct {
    std::string_view variant;
    std::uint32_t at_the_end;
    bool holds;
  } cases[] = {{"silent", 0, false},
               {"own-ids", 10, false},
               {"same-id", 1, false},
               {"keeper-honest", 10, false}};
  for (const auto& one : cases) {
    EXPECT_EQ(track(outcome(), one.variant).last(), one.at_the_end) << one.variant;
    EXPECT_EQ(track(outcome(), one.variant).holds(), one.holds) << one.variant;
  }
  const auto& keeper = track(outcome(), "keeper-repeats");
  EXPECT_TRUE(keeper.holds());
  EXPECT_GE(keeper.lowest(), 25u);
}

TEST_F(Article, renewals_are_refused_from_the_thirtieth_day_while_licences_run) {
  const auto& desktops = track(outcome(), "own-ids");
  ASSERT_TRUE(desktops.falls_below);
  for (const auto& sample : desktops.samples) {
    if (sample.at <= *desktops.falls_below) continue;
    EXPECT_EQ(sample.licensed, 11u) << "the desktop and ten that were built from it";
    // The first sample after it looks back on what was before it.
    if (sample.at < *desktops.falls_below + std::chrono::hours(6)) continue;
    EXPECT_EQ(sample.tally.activated, 0u) << format_time(sample.at);
  }
  EXPECT_GT(desktops.samples.back().tally.refused, 0u);
}

// Days since the activation: a licence lasts 180 days from the last renewal, and the last that any
// variant can have renewed was on its last day.
TEST_F(Article, the_clocks_are_counted_from_the_first_activation) {
  const auto& rows = table(outcome(), "clocks").rows;
  ASSERT_EQ(rows.size(), 5u);
  const auto days_of = [](const std::string& cell) { return std::stod(cell); };
  EXPECT_EQ(days_of(rows[0].back()), 180);
  for (std::size_t i = 1; i < rows.size(); ++i) {
    EXPECT_GT(days_of(rows[i].back()), 180 + 23) << rows[i].front();
    EXPECT_LE(days_of(rows[i].back()), 180 + 45) << rows[i].front();
  }
  EXPECT_GT(days_of(rows[3].back()), 180 + 30) << "renewed in the third stretch of the keeper";
}

// It counts itself: one more than there were, where the roll has room for it.
TEST_F(Article, a_new_desktop_is_refused_after_the_fall_and_activated_where_the_count_is_kept) {
  const std::map<std::string, std::string> expected = {
      {"Everything silent", "refused, 1 of 25"},
      {"Desktops with a CMID each", "refused, 11 of 25"},
      {"Desktops with one CMID", "refused, 2 of 25"},
      {"A keeper that repeats the cycles", "activated, 50 of 25"},
      {"A keeper that wakes its own machines when due", "refused, 11 of 25"}};
  const auto& clocks = table(outcome(), "clocks");
  const auto column = std::ranges::find(clocks.columns, "a new desktop at the end");
  ASSERT_NE(column, clocks.columns.end());
  std::map<std::string, std::string> said;
  for (const auto& row : clocks.rows) said[row.front()] = row[column - clocks.columns.begin()];
  EXPECT_EQ(said, expected);
  EXPECT_EQ(track(outcome(), "silent").last(), 0u) << "it is no part of the pictures";
}

TEST_F(Article, before_the_fall_a_new_desktop_is_activated) {
  const auto early = run_article({.start = kStart, .days = days(2), .threshold = 5}).value();
  EXPECT_THAT(table(early, "clocks").rows.front(), Contains("activated, 6 of 5"));
}

TEST_F(Article, a_count_that_does_not_fall_is_said_so) {
  const auto short_one = run_article({.start = kStart, .days = days(2), .threshold = 5}).value();
  EXPECT_THAT(short_one.sentences,
              Contains("Left alone, the count is 5 still, 2 days after the activation."));
}

TEST_F(Article, evidence_tells_the_padding_from_an_honest_fleet) {
  const auto& rows = table(outcome(), "evidence").rows;
  const auto row_of = [&](std::string_view evidence) {
    const auto at =
        std::ranges::find_if(rows, [&](const auto& row) { return row.front() == evidence; });
    return at == rows.end() ? std::vector<std::string>() : *at;
  };
  const auto honest_is_none = testing::ElementsAre(testing::_, testing::Ne("0"), "0");
  EXPECT_THAT(row_of("state_lost"), honest_is_none);
  EXPECT_THAT(row_of("many_ids"), honest_is_none);
  EXPECT_THAT(row_of("new"), testing::ElementsAre("new", "1", "25"));
}

TEST_F(Article, an_attempt_that_reached_no_host_is_counted_apart) {
  EXPECT_GT(number(outcome(), "unreached"), 0u);
  EXPECT_EQ(table(outcome(), "attempts").rows.size(), number(outcome(), "attempts"));
}

TEST_F(Article, shows_the_four_pictures) {
  const auto& rows = table(outcome(), "pictures").rows;
  ASSERT_EQ(rows.size(), 4u);
  EXPECT_THAT(rows[0],
              testing::ElementsAre("refused", "1", testing::_, "1 of 25", "count_insufficient"));
  EXPECT_THAT(rows[1], Contains("14 of 25"));
  EXPECT_THAT(rows[2], Contains("activated"));
  EXPECT_THAT(rows[3], Contains("25 of 25"));
}

}  // namespace
}  // namespace muster::lab
