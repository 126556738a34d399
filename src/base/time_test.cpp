#include "base/time.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

namespace muster {
namespace {

TEST(Time, IsWrittenInUtcToTheSecond) {
  EXPECT_EQ(format_time(Instant{}), "1970-01-01T00:00:00Z");
  EXPECT_EQ(format_time(Instant{seconds{1767600000}}), "2026-01-05T08:00:00Z");
  EXPECT_EQ(format_time(Instant{seconds{253402300799}}), "9999-12-31T23:59:59Z");
}

TEST(Time, IsReadWithAnyOffsetAndFractionsAreCut) {
  const struct {
    std::string_view text, utc;
  } rows[] = {
      {"2026-01-05T08:00:00Z", "2026-01-05T08:00:00Z"},
      {"2026-01-05t08:00:00z", "2026-01-05T08:00:00Z"},
      {"2026-01-05 08:00:00Z", "2026-01-05T08:00:00Z"},
      {"2026-01-05T08:00:00.999999999Z", "2026-01-05T08:00:00Z"},
      {"2026-01-05T09:30:00+01:30", "2026-01-05T08:00:00Z"},
      {"2026-01-05T00:00:00-08:00", "2026-01-05T08:00:00Z"},
      {"2025-12-31T23:30:00-01:00", "2026-01-01T00:30:00Z"},
      {"2024-02-29T00:00:00Z", "2024-02-29T00:00:00Z"},
      {"9999-12-31T23:59:59Z", "9999-12-31T23:59:59Z"},
  };
  for (const auto& row : rows) {
    const auto time = parse_time(row.text);
    ASSERT_TRUE(time) << row.text;
    EXPECT_EQ(format_time(*time), row.utc);
  }
}

TEST(Time, RefusesEverythingElse) {
  for (const std::string_view text : {"",
                                      "2026-01-05",
                                      "2026-01-05T08:00Z",
                                      "2026-01-05T08:00:00",
                                      "2026-01-05T08:00:00.Z",
                                      "2026-01-05T08:00:00,5Z",
                                      "2026-1-05T08:00:00Z",
                                      "2026-02-29T08:00:00Z",
                                      "2026-13-01T08:00:00Z",
                                      "2026-00-01T08:00:00Z",
                                      "2026-01-32T08:00:00Z",
                                      "2026-01-05T24:00:00Z",
                                      "2026-01-05T08:60:00Z",
                                      "2016-12-31T23:59:60Z",
                                      "2026-01-05T08:00:00+24:00",
                                      "2026-01-05T08:00:00+01:60",
                                      "2026-01-05T08:00:00+0100",
                                      "2026-01-05T08:00:00ZZ",
                                      " 2026-01-05T08:00:00Z",
                                      "1969-12-31T23:59:59Z",
                                      "1970-01-01T00:30:00+01:00",
                                      "9999-12-31T23:59:59-00:01",
                                      "+026-01-05T08:00:00Z",
                                      "-026-01-05T08:00:00Z",
                                      "20260-01-05T08:00:00Z"}) {
    EXPECT_FALSE(parse_time(text)) << text;
  }
}

TEST(Time, ComesBack) {
  EXPECT_TRUE(rc::check("parse_time(format_time(t)) == t", [] {
    const Instant time{seconds{*rc::gen::inRange<std::int64_t>(0, 253402300800)}};
    RC_ASSERT(parse_time(format_time(time)) == time);
  }));
}

TEST(Duration, IsANumberAndAUnit) {
  EXPECT_EQ(parse_duration("90m"), minutes(90));
  EXPECT_EQ(parse_duration("2h"), minutes(120));
  EXPECT_EQ(parse_duration("180d"), minutes(259'200));
  EXPECT_EQ(parse_duration("2y"), minutes(2 * 365 * 24 * 60));
  EXPECT_EQ(parse_duration("0m"), minutes(0));
  EXPECT_EQ(parse_duration("100y"), minutes(std::int64_t{52'560'000}));
}

TEST(Duration, RefusesEverythingElseAndSaysWhatItTakes) {
  for (const std::string_view text :
       {"", "m", "90", "-1m", "+1m", "1.5h", "1 h", "1h30m", "1H", "1w", "101y", "52560001m",
        "9223372036854775807y", "99999999999999999999m"}) {
    const auto duration = parse_duration(text);
    ASSERT_FALSE(duration) << text;
    EXPECT_EQ(duration.error().code, ErrorCode::usage);
    EXPECT_NE(duration.error().detail.find(text), std::string::npos);
  }
}

TEST(Duration, IsWrittenInItsShortestExactForm) {
  const struct {
    std::int64_t count;
    std::string_view text;
  } rows[] = {{0, "0m"}, {1, "1m"}, {61, "61m"}, {120, "2h"}, {1440, "1d"}, {259'200, "180d"}};
  for (const auto& row : rows) EXPECT_EQ(format_duration(minutes(row.count)), row.text);
}

TEST(Duration, ComesBack) {
  EXPECT_TRUE(rc::check("parse_duration(format_duration(d)) == d", [] {
    const minutes duration{*rc::gen::inRange<std::int64_t>(0, 52'560'001)};
    RC_ASSERT(parse_duration(format_duration(duration)).value() == duration);
  }));
}

TEST(Duration, IsSpokenInTheUnitThatFitsAndRoundedUp) {
  const struct {
    seconds duration;
    std::string_view text;
  } rows[] = {
      {seconds(-5), "0 minutes"},     {seconds(0), "0 minutes"},
      {seconds(1), "1 minute"},       {seconds(61), "2 minutes"},
      {minutes(119), "119 minutes"},  {minutes(120), "2 hours"},
      {minutes(121), "3 hours"},      {minutes(47 * 60), "47 hours"},
      {minutes(48 * 60), "2 days"},   {minutes(48 * 60) + seconds(1), "3 days"},
      {minutes(259'200), "180 days"},
  };
  for (const auto& row : rows) EXPECT_EQ(spoken_duration(row.duration), row.text);
}

}  // namespace
}  // namespace muster
