#include "analyser/local_date.h"

#include <gtest/gtest.h>

namespace muster::analyser {
namespace {

using std::chrono::days;
using std::chrono::hours;

Instant at(const char* text) { return *parse_time(text); }

TEST(LocalDate, IsReadAsWindowsWritesIt) {
  const struct {
    const char* text;
    DateOrder order;
    const char* means;
  } rows[] = {
      {"1/14/2006 2:30:05 PM", DateOrder::month_first, "2006-01-14T14:30:05Z"},
      {"1/14/2006 12:30:05 AM", DateOrder::month_first, "2006-01-14T00:30:05Z"},
      {"1/14/2006 12:30:05\xe2\x80\xafPM", DateOrder::month_first, "2006-01-14T12:30:05Z"},
      {"14.01.2006 02:30:05", DateOrder::day_first, "2006-01-14T02:30:05Z"},
      {"14.1.2006 2.30.05", DateOrder::day_first, "2006-01-14T02:30:05Z"},
      {"14/01/2006 2:30:05 p. m.", DateOrder::day_first, "2006-01-14T14:30:05Z"},
      {"2006/1/14 22:36", DateOrder::year_first, "2006-01-14T22:36:00Z"},
      {"2006-01-14 22:36:07.123", DateOrder::year_first, "2006-01-14T22:36:07Z"},
      {"14-01-06 22:36", DateOrder::day_first, "2006-01-14T22:36:00Z"},
  };
  for (const auto& row : rows) {
    const auto date = LocalDate::parse(row.text);
    ASSERT_TRUE(date) << row.text;
    EXPECT_EQ(date->in(row.order), at(row.means)) << row.text;
  }
}

TEST(LocalDate, WhatIsNoneIsNotGuessedAt) {
  for (const auto* text :
       {"", "yesterday", "14 January 2006 2:30", "1/14/2006", "1/14/2006 25:00", "1/14/2006 2:60",
        "2026/1/5 \xe4\xb8\x8b\xe5\x8d\x88 2:30:00", "1/14/2006 13:00 PM", "1/14/20060 2:30"}) {
    EXPECT_FALSE(LocalDate::parse(text)) << text;
  }
  EXPECT_FALSE(LocalDate::parse("2/30/2026 1:00")->in(DateOrder::month_first));
  EXPECT_FALSE(LocalDate::parse("14/1/2026 1:00")->in(DateOrder::month_first));
  EXPECT_FALSE(LocalDate::parse("14/1/2026 1:00")->in(DateOrder::year_first));
}

// Lines an hour and a day apart, as a host that is `offset` ahead of UTC would write them.
std::vector<DatedLine> lines_of(const char* start, int lines, hours offset, bool day_first,
                                minutes clients = minutes(0)) {
  std::vector<DatedLine> out;
  for (int i = 0; i < lines; ++i) {
    const auto utc = at(start) + days(i) + hours(i);
    const auto local = utc + offset;
    const std::chrono::year_month_day date(std::chrono::floor<days>(local));
    LocalDate text{.first = static_cast<std::int16_t>(static_cast<unsigned>(date.month())),
                   .second = static_cast<std::int16_t>(static_cast<unsigned>(date.day())),
                   .third = static_cast<std::int16_t>(static_cast<int>(date.year())),
                   .second_of_day = static_cast<std::int32_t>(
                       (local - std::chrono::floor<days>(local)).count())};
    if (day_first) std::swap(text.first, text.second);
    out.push_back({text, utc + clients});
  }
  return out;
}

TEST(Dating, OrderAndZoneFollowFromTheClientsTimes) {
  for (const bool day_first : {false, true}) {
    // All days are before the thirteenth: the numbers alone do not tell.
    const auto lines = lines_of("2026-03-01T08:00:00Z", 8, hours(9), day_first, minutes(2));
    const auto dating = date_lines(lines, nullptr);
    ASSERT_TRUE(dating) << dating.error().detail;
    EXPECT_EQ(dating->order, day_first ? DateOrder::day_first : DateOrder::month_first);
    EXPECT_EQ(dating->offsets_used, std::vector<std::int32_t>{9 * 3600});
    for (std::size_t i = 0; i < lines.size(); ++i) {
      EXPECT_EQ(dating->times[i], *lines[i].client_time - minutes(2));
    }
  }
}

TEST(Dating, SummerTimeIsFollowedDayByDay) {
  auto lines = lines_of("2026-03-20T08:00:00Z", 9, hours(1), true);
  const auto summer = lines_of("2026-03-29T10:00:00Z", 9, hours(2), true);
  lines.insert(lines.end(), summer.begin(), summer.end());
  const auto dating = date_lines(lines, nullptr);
  ASSERT_TRUE(dating);
  for (std::size_t i = 0; i < lines.size(); ++i) EXPECT_EQ(dating->times[i], lines[i].client_time);
  EXPECT_EQ(dating->offsets_used, (std::vector<std::int32_t>{3600, 7200}));
}

TEST(Dating, OneMachineWithAWrongClockChangesNothing) {
  auto lines = lines_of("2026-03-01T08:00:00Z", 12, hours(-5), false);
  lines[3].client_time = *lines[3].client_time + hours(7);
  lines[8].client_time = *lines[8].client_time - hours(3);
  const auto dating = date_lines(lines, nullptr);
  ASSERT_TRUE(dating);
  EXPECT_EQ(dating->times[3], at("2026-03-01T08:00:00Z") + days(3) + hours(3));
}

TEST(Dating, WhatDoesNotTellIsRefused) {
  auto silent = lines_of("2026-03-14T08:00:00Z", 6, hours(1), false);
  for (auto& line : silent) line.client_time.reset();
  EXPECT_EQ(date_lines(silent, nullptr).error().code, ErrorCode::usage);

  auto few = lines_of("2026-03-14T08:00:00Z", 2, hours(1), false);
  EXPECT_FALSE(date_lines(few, nullptr));

  auto apart = lines_of("2026-03-14T08:00:00Z", 8, hours(1), false);
  for (std::size_t i = 0; i < apart.size(); ++i) {
    apart[i].client_time = *apart[i].client_time + hours(2 * static_cast<int>(i));
  }
  EXPECT_FALSE(date_lines(apart, nullptr));
}

TEST(Dating, AGivenZoneIsUsed) {
  auto lines = lines_of("2026-03-14T08:00:00Z", 6, hours(1), false);
  for (auto& line : lines) line.client_time.reset();
  const auto zone = *Zone::from_offset("+01:00");
  const auto dating = date_lines(lines, &zone);
  ASSERT_TRUE(dating);
  EXPECT_FALSE(dating->zone_inferred);
  EXPECT_EQ(dating->times[0], at("2026-03-14T08:00:00Z"));

  // The order must be told by the days, and here it cannot be.
  auto same = lines_of("2026-03-05T08:00:00Z", 1, hours(1), false);
  same[0].client_time.reset();
  EXPECT_FALSE(date_lines(same, &zone));
}

}  // namespace
}  // namespace muster::analyser
