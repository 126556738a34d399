#include "evtx/record.h"

#include <gtest/gtest.h>

namespace muster::evtx {
namespace {

std::string text_of(std::optional<Time> time) {
  std::string out;
  if (time) append_time(out, *time);
  return out;
}

TEST(RecordTime, IsReadInTheFormsOfExports) {
  const std::vector<std::pair<std::string_view, std::string_view>> cases{
      {"2026-01-05T08:00:00.1234567Z", "2026-01-05T08:00:00.1234567Z"},
      {"2021-11-19T16:52:33.837335099Z", "2021-11-19T16:52:33.8373350Z"},  // forwarded: nine digits
      {"2026-01-05T08:00:00Z", "2026-01-05T08:00:00.0000000Z"},
      {"2026-01-05T08:00:00.5Z", "2026-01-05T08:00:00.5000000Z"},
      {"1601-01-01T00:00:00.0000001Z", "1601-01-01T00:00:00.0000001Z"},
      {"0001-01-01T00:00:00Z", "0001-01-01T00:00:00.0000000Z"},
      {"9999-12-31T23:59:59.9999999Z", "9999-12-31T23:59:59.9999999Z"},
  };
  for (const auto& [given, read] : cases) EXPECT_EQ(text_of(parse_time(given)), read) << given;
}

TEST(RecordTime, OtherFormsAreNone) {
  for (const std::string_view text :
       {"", "Z", "2026-01-05", "2026-01-05T08:00:00", "2026-01-05T08:00:00+01:00",
        "2026-01-05 08:00:00Z", "2026-02-30T08:00:00Z", "2026-01-05T24:00:00Z",
        "2026-01-05T08:00:60Z", "2026-01-05T08:00:00.Z", "2026-01-05T08:00:00.1234567890Z",
        "2026-01-05T08:00:00.12x4567Z", "0000-01-05T08:00:00Z", "20x6-01-05T08:00:00Z"}) {
    EXPECT_FALSE(parse_time(text).has_value()) << text;
  }
}

TEST(RecordTime, AFiletimeCountsFrom1601) {
  EXPECT_EQ(text_of(time_of(0)), "1601-01-01T00:00:00.0000000Z");
  EXPECT_EQ(text_of(time_of(116'444'736'000'000'001)), "1970-01-01T00:00:00.0000001Z");
  EXPECT_FALSE(time_of(INT64_MAX).has_value());  // past the year 9999
  EXPECT_FALSE(time_of(UINT64_MAX).has_value());
}

TEST(Skipped, SaysWhatWasWhere) {
  EXPECT_EQ(describe({.offset = 5184, .record_id = 17, .why = Trouble::token, .detail = 0x1b}),
            "record 17 at byte 5184: token 0x1b is not known here");
  EXPECT_EQ(describe({.offset = 4608, .why = Trouble::no_record, .detail = 88}),
            "at byte 4608: 88 bytes that are no record");
}

TEST(Skipped, EveryTroubleHasAReason) {
  for (int why = 0; why <= static_cast<int>(Trouble::no_xml); ++why) {
    const Skipped skipped{.why = static_cast<Trouble>(why)};
    EXPECT_GT(describe(skipped).size(), std::string("at byte 0: ").size()) << why;
  }
}

}  // namespace
}  // namespace muster::evtx
