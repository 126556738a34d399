#include "core/alerts.h"

#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include <set>

namespace muster::core {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

const Instant kNow = *parse_time("2026-01-05T08:00:00Z");

AlertFigures::Group group(std::uint32_t count, std::uint32_t threshold = 25) {
  return {.id = "v/desktop",
          .name = "desktop of Acme",
          .used = true,
          .count = count,
          .threshold = threshold,
          .capacity = 2 * threshold,
          .falls_under = kNow + days(20)};
}

// The one condition of a rule in figures that hold nothing else.
Condition of(AlertRule rule, const AlertFigures& figures, const AlertLines& lines = {}) {
  std::vector<Condition> out;
  for (auto& condition : conditions(lines, figures)) {
    if (condition.key.rule == rule) out.push_back(std::move(condition));
  }
  EXPECT_EQ(out.size(), 1u);
  return out.empty() ? Condition{} : out.front();
}

TEST(Alerts, EveryRuleHasItsWords) {
  std::set<std::string_view> names;
  for (int i = 0; i < kAlertRules; ++i) {
    const auto rule = static_cast<AlertRule>(i);
    EXPECT_EQ(alert_rule_of(name_of(rule)), rule);
    EXPECT_TRUE(names.insert(name_of(rule)).second);
    EXPECT_FALSE(title_of(rule).empty());
    EXPECT_FALSE(what_to_do(rule).empty());
  }
  EXPECT_EQ(alert_rule_of("weather"), std::nullopt);
}

TEST(Alerts, TheCountWarnsUnderThresholdAndMargin) {
  const struct {
    std::uint32_t count, threshold;
    double margin;
    Standing standing;
    const char* why;
  } rows[] = {
      {24, 25, 0.1, Standing::holds, "under the threshold"},
      {27, 25, 0.1, Standing::holds, "25 and a tenth, rounded up, are 28"},
      {28, 25, 0.1, Standing::between, "over the first line, and two machines more clear it"},
      {30, 25, 0.1, Standing::gone, "28 and half the margin, rounded up"},
      {25, 25, 0, Standing::between, "no margin: only under the threshold"},
      {24, 25, 0, Standing::holds, "no margin, and under it"},
      {26, 25, 0, Standing::gone, "one more than the threshold"},
      {49, 25, 1, Standing::holds, "a margin as large as the threshold is the capacity"},
      {50, 25, 1, Standing::gone, "a full roll is always enough"},
      {1, 1, 0.1, Standing::holds, "one of one: its silence is the end"},
      {2, 1, 0.1, Standing::gone, "the roll is full"},
  };
  for (const auto& row : rows) {
    AlertLines lines;
    lines.count_margin = row.margin;
    const AlertFigures figures{.now = kNow, .groups = {group(row.count, row.threshold)}};
    EXPECT_EQ(of(AlertRule::count, figures, lines).standing, row.standing) << row.why;
  }
  AlertFigures climbing{.now = kNow, .groups = {group(3)}};
  climbing.groups[0].used = false;
  EXPECT_EQ(of(AlertRule::count, climbing).standing, Standing::gone)
      << "a fleet that has never reached its threshold is being built";
  EXPECT_EQ(of(AlertRule::forecast, climbing).standing, Standing::gone);
}

TEST(Alerts, TheOtherRulesHaveTwoLinesToo) {
  const auto falls = [](seconds in) {
    AlertFigures out{.now = kNow, .groups = {group(40)}};
    out.groups[0].falls_under = kNow + in;
    return out;
  };
  const auto used = [](std::uint32_t places, std::uint32_t limit) {
    return AlertFigures{.now = kNow, .keys = {{"k", "acme-cad", places, limit}}};
  };
  const auto clones = [](std::uint64_t times) {
    return AlertFigures{.now = kNow, .evidence = {{Evidence::clone, times}}};
  };
  const auto refused = [](std::uint64_t times, bool whole = true) {
    return AlertFigures{.now = kNow, .refused = times, .refused_whole = whole};
  };
  const auto expires = [](seconds in) {
    return AlertFigures{.now = kNow, .host_keys = {{"v/acme-cad", "acme-cad", kNow + in}}};
  };
  const auto log = [](std::optional<std::string> wrong, bool whole) {
    return AlertFigures{.now = kNow, .log = {17, std::move(wrong), whole}};
  };
  const auto disk = [](double free) { return AlertFigures{.now = kNow, .disk_free = free}; };
  const struct {
    AlertRule rule;
    AlertFigures figures;
    Standing standing;
    const char* says;
  } rows[] = {
      {AlertRule::forecast, falls(days(14) - seconds(1)), Standing::holds, "in 14 days"},
      {AlertRule::forecast, falls(days(14)), Standing::between, "2026-01-19T08:00:00Z"},
      {AlertRule::forecast, falls(days(15)), Standing::gone, "falls under 25"},
      {AlertRule::forecast, falls(seconds(0)), Standing::holds, "is under 25 already"},
      {AlertRule::key, used(80, 100), Standing::holds, "80 of 100 places"},
      {AlertRule::key, used(79, 100), Standing::between, "79"},
      {AlertRule::key, used(77, 100), Standing::gone, "acme-cad"},
      {AlertRule::key, used(4, 5), Standing::holds, "4 of 5"},
      {AlertRule::evidence, clones(1), Standing::holds, "1 request in the last 8 days"},
      {AlertRule::evidence, clones(0), Standing::gone,
       "0 requests in the last 8 days showed clone"},
      {AlertRule::refusals, refused(300), Standing::holds, "30.0 a minute"},
      {AlertRule::refusals, refused(299), Standing::between, "in the last 10 minutes"},
      {AlertRule::refusals, refused(149), Standing::gone, "149"},
      {AlertRule::refusals, refused(0, false), Standing::between, "0"},
      {AlertRule::host_key, expires(days(30)), Standing::holds, "expires in 30 days"},
      {AlertRule::host_key, expires(days(31)), Standing::between, "31 days"},
      {AlertRule::host_key, expires(days(32)), Standing::gone, "32 days"},
      {AlertRule::host_key, expires(seconds(-1)), Standing::holds, "has expired"},
      {AlertRule::chain, log("event 1-7 is not", true), Standing::holds, "event 1-7 is not"},
      {AlertRule::chain, log(std::nullopt, false), Standing::between, "17"},
      {AlertRule::chain, log(std::nullopt, true), Standing::gone, "17"},
      {AlertRule::disk, disk(0.149), Standing::holds, "14.9 %"},
      {AlertRule::disk, disk(0.16), Standing::between, "16.0 %"},
      {AlertRule::disk, disk(0.171), Standing::gone, "17.1 %"},
  };
  for (const auto& row : rows) {
    const auto condition = of(row.rule, row.figures);
    EXPECT_EQ(condition.standing, row.standing) << condition.what;
    EXPECT_THAT(condition.what, HasSubstr(row.says));
    EXPECT_FALSE(condition.about.empty());
  }
}

TEST(Alerts, ARuleThatIsOffSeesNothing) {
  AlertLines lines;
  const AlertFigures figures{.now = kNow, .groups = {group(3)}, .disk_free = 0};
  for (int i = 0; i < kAlertRules; ++i) lines.off.push_back(static_cast<AlertRule>(i));
  EXPECT_THAT(conditions(lines, figures), IsEmpty());
  lines.off.pop_back();
  EXPECT_EQ(conditions(lines, figures).size(), 1u);
}

TEST(Growth, CountsWhatCameWithinTheSpan) {
  Growth growth(minutes(10));
  EXPECT_EQ(growth.grown(), 0u);
  const auto at = [](int minute) { return milliseconds(minutes(minute)); };
  growth.add(at(0), 100);
  EXPECT_EQ(growth.grown(), 0u) << "what was there before it looked is not growth";
  growth.add(at(5), 103);
  EXPECT_EQ(growth.grown(), 3u);
  EXPECT_FALSE(growth.whole());
  growth.add(at(10), 103);
  EXPECT_TRUE(growth.whole());
  growth.add(at(14), 104);
  EXPECT_EQ(growth.grown(), 4u);
  growth.add(at(15), 104);
  EXPECT_EQ(growth.grown(), 1u) << "the three of the fifth minute are ten minutes old";
  growth.add(at(60), 104);
  EXPECT_EQ(growth.grown(), 0u);
}

RC_GTEST_PROP(Growth, IsNeverLessThanTheSpansAndNeverMoreThanASixtyFourthMore, ()) {
  const std::int64_t span = *rc::gen::inRange(1, 200);
  Growth growth{seconds(span)};
  std::vector<std::pair<std::int64_t, std::uint64_t>> all;  // milliseconds, total
  std::int64_t at = 0;
  std::uint64_t total = 0;
  for (int i = 0; i < 300; ++i) {
    at += *rc::gen::inRange<std::int64_t>(0, span * 100);
    total += *rc::gen::inRange<std::uint64_t>(0, 3);
    growth.add(milliseconds(at), total);
    all.emplace_back(at, total);
    const auto since = [&](std::int64_t age) {
      std::uint64_t before = all.front().second;
      for (const auto& [when, then] : all) {
        if (when <= at - age) before = then;
      }
      return total - before;
    };
    RC_ASSERT(growth.grown() >= since(span * 1000));
    RC_ASSERT(growth.grown() <= since(span * 1000 + 2 * span * 1000 / 64));
  }
}

// ---- the board

Condition at(Standing standing, std::string subject = "x") {
  return {.key = {AlertRule::count, std::move(subject)},
          .standing = standing,
          .about = "group x",
          .what = "so it is"};
}

// The board with what is due done at once; "+" a raise, "-" an end.
struct Watched {
  AlertBoard board{minutes(5)};
  milliseconds now{0};
  int raised = 0;

  std::string look(std::vector<Condition> seen, seconds later = minutes(1)) {
    now += later;
    std::string out;
    for (const auto& change : board.due(seen, now)) {
      out += change.raise ? "+" : "-";
      if (change.raise) {
        board.raised(change.condition.key, {.id = std::to_string(++raised)});
      } else {
        board.ended(change.condition.key);
      }
    }
    return out;
  }
};

TEST(AlertBoard, RaisesOnceAndEndsOnce) {
  Watched watched;
  const auto holds = at(Standing::holds), gone = at(Standing::gone);
  EXPECT_EQ(watched.look({holds}), "") << "it may pass";
  EXPECT_EQ(watched.look({holds}, minutes(4)), "");
  EXPECT_EQ(watched.look({holds}), "+") << "five minutes without a break";
  EXPECT_EQ(watched.look({holds}, hours(24)), "") << "it is known";
  EXPECT_EQ(watched.look({gone}), "");
  EXPECT_EQ(watched.look({gone}, minutes(5)), "-");
  EXPECT_EQ(watched.look({gone}, hours(24)), "");
}

TEST(AlertBoard, ABreakBeginsTheTimeAnew) {
  Watched watched;
  const auto holds = at(Standing::holds), between = at(Standing::between),
             gone = at(Standing::gone);
  watched.look({holds});
  EXPECT_EQ(watched.look({between}, minutes(4)), "");
  EXPECT_EQ(watched.look({holds}, minutes(4)), "");
  EXPECT_EQ(watched.look({holds}, minutes(4)), "");
  EXPECT_EQ(watched.look({holds}, minutes(1)), "+");
  watched.look({gone});
  EXPECT_EQ(watched.look({between}, minutes(9)), "") << "between the lines it goes on firing";
  EXPECT_EQ(watched.look({gone}, minutes(9)), "");
  EXPECT_EQ(watched.look({gone}, minutes(5)), "-");
}

TEST(AlertBoard, WhatCouldNotBeStoredIsDueAgain) {
  AlertBoard board(seconds(0));
  const std::vector<Condition> seen{at(Standing::holds)};
  EXPECT_EQ(board.due(seen, milliseconds(1)).size(), 1u);
  EXPECT_EQ(board.due(seen, milliseconds(2)).size(), 1u);
  board.raised(seen[0].key, {.id = "a"});
  EXPECT_THAT(board.due(seen, milliseconds(3)), IsEmpty());
}

TEST(AlertBoard, ASubjectThatIsGoneEndsAtOnce) {
  Watched watched;
  watched.look({at(Standing::holds, "a"), at(Standing::holds, "b")});
  EXPECT_EQ(watched.look({at(Standing::holds, "a"), at(Standing::holds, "b")}, minutes(5)), "++");
  EXPECT_EQ(watched.look({at(Standing::holds, "b")}), "-");
  EXPECT_EQ(watched.board.firing().size(), 1u);
}

TEST(AlertBoard, ARestartRaisesNothingTwice) {
  Watched before;
  before.look({at(Standing::holds)});
  EXPECT_EQ(before.look({at(Standing::holds)}, minutes(5)), "+");
  Watched after;
  after.board = AlertBoard(minutes(5), before.board.firing());
  EXPECT_EQ(after.look({at(Standing::holds)}, hours(1)), "");
  EXPECT_EQ(after.look({at(Standing::gone)}), "");
  EXPECT_EQ(after.look({at(Standing::gone)}, minutes(5)), "-");
}

// Whatever a fleet does, each subject's raises and ends take turns, and none comes without the
// time.
RC_GTEST_PROP(AlertBoard, RaisesAndEndsTakeTurns, ()) {
  Watched watched;
  std::map<std::string, bool> fires;
  std::map<std::string, std::pair<Standing, milliseconds>> since;
  for (int i = 0; i < 200; ++i) {
    std::vector<Condition> seen;
    for (const auto* subject : {"a", "b", "c"}) {
      if (*rc::gen::inRange(0, 20) == 0) {
        since.erase(subject);
        continue;
      }
      const auto standing = static_cast<Standing>(*rc::gen::inRange(0, 3));
      seen.push_back(at(standing, subject));
    }
    watched.now += seconds(*rc::gen::inRange(0, 200));
    for (const auto& condition : seen) {
      const auto known = since.find(condition.key.subject);
      if (known == since.end() || known->second.first != condition.standing) {
        since[condition.key.subject] = {condition.standing, watched.now};
      }
    }
    for (const auto& change : watched.board.due(seen, watched.now)) {
      const auto& subject = change.condition.key.subject;
      RC_ASSERT(fires[subject] != change.raise);
      fires[subject] = change.raise;
      if (since.contains(subject)) {
        const auto [standing, when] = since[subject];
        RC_ASSERT(standing == (change.raise ? Standing::holds : Standing::gone));
        RC_ASSERT(watched.now - when >= milliseconds(minutes(5)));
      } else {
        RC_ASSERT(!change.raise);
      }
      if (change.raise) {
        watched.board.raised(change.condition.key, {});
      } else {
        watched.board.ended(change.condition.key);
      }
    }
  }
}

}  // namespace
}  // namespace muster::core
