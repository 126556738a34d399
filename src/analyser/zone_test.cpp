#include "analyser/zone.h"

#include <gtest/gtest.h>

#include <string>

namespace muster::analyser {
namespace {

Instant at(const char* text) { return *parse_time(text); }

// A zone file of version 2 with these changes, whose rest is the footer's.
std::string zone_file(const std::vector<std::pair<std::int64_t, std::int32_t>>& changes,
                      const std::string& footer) {
  const auto big = [](std::int64_t value, std::size_t bytes) {
    std::string out;
    for (std::size_t i = bytes; i > 0; --i) {
      out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * (i - 1)));
    }
    return out;
  };
  const auto head = [&](std::size_t times, std::size_t types) {
    return "TZif2" + std::string(15, '\0') + big(0, 4) + big(0, 4) + big(0, 4) +
           big(static_cast<std::int64_t>(times), 4) + big(static_cast<std::int64_t>(types), 4) +
           big(static_cast<std::int64_t>(types), 4);
  };
  auto out = head(0, 1) + big(0, 4) + std::string(2, '\0') + '\0';  // version 1: nothing
  out += head(changes.size(), changes.size() + 1);
  for (const auto& [time, offset] : changes) out += big(time, 8);
  for (std::size_t i = 0; i < changes.size(); ++i) out += static_cast<char>(i + 1);
  out += big(3208, 4) + std::string(2, '\0');  // local mean time
  for (const auto& [time, offset] : changes) out += big(offset, 4) + std::string(2, '\0');
  out += std::string(changes.size() + 1, '\0');
  return out + "\n" + footer + "\n";
}

TEST(Zone, OffsetsAreReadAsPeopleWriteThem) {
  const struct {
    const char* text;
    int minutes;
  } rows[] = {{"UTC", 0},  {"Z", 0},      {"+01:00", 60},  {"-0530", -330},
              {"+2", 120}, {"-11", -660}, {"+05:45", 345}, {"+14:00", 840}};
  for (const auto& row : rows) {
    const auto zone = Zone::from_offset(row.text);
    ASSERT_TRUE(zone) << row.text;
    EXPECT_EQ(zone->offset_at({}), row.minutes * 60) << row.text;
    EXPECT_EQ(zone->to_utc(at("2026-01-05T12:00:00Z")),
              at("2026-01-05T12:00:00Z") - minutes(row.minutes));
  }
  for (const auto* text :
       {"", "1", "+", "+15:00", "+01:60", "+1:5", "+001", "Europe/Berlin", "+1x"}) {
    EXPECT_FALSE(Zone::from_offset(text)) << text;
  }
}

TEST(Zone, PlacesFollowTheirRules) {
  const auto bytes = zone_file({{at("1996-10-27T01:00:00Z").time_since_epoch().count(), 3600}},
                               "CET-1CEST,M3.5.0,M10.5.0/3");
  const auto berlin = Zone::from_file(as_bytes(bytes));
  ASSERT_TRUE(berlin);
  const struct {
    const char* local;
    const char* utc;
    const char* why;
  } rows[] = {
      {"2026-01-05T12:00:00Z", "2026-01-05T11:00:00Z", "winter"},
      {"2026-07-05T12:00:00Z", "2026-07-05T10:00:00Z", "summer"},
      {"2026-03-29T01:59:59Z", "2026-03-29T00:59:59Z", "before the change"},
      {"2026-03-29T03:00:00Z", "2026-03-29T01:00:00Z", "after the change"},
      {"2026-03-29T02:30:00Z", "2026-03-29T01:30:00Z", "no such time: the offset before it"},
      {"2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z", "twice: the earlier one"},
      {"2026-10-25T03:00:00Z", "2026-10-25T02:00:00Z", "winter again"},
  };
  for (const auto& row : rows) EXPECT_EQ(berlin->to_utc(at(row.local)), at(row.utc)) << row.why;
  EXPECT_EQ(berlin->offset_at(at("1990-01-01T00:00:00Z")), 3208) << "before the first change";
}

TEST(Zone, TheSouthHasItsSummerAtTheYearsEnds) {
  const auto bytes = zone_file({}, "<-03>3<-02>2,M10.1.0,M2.3.0");
  const auto zone = Zone::from_file(as_bytes(bytes));
  ASSERT_TRUE(zone);
  EXPECT_EQ(zone->offset_at(at("2026-01-05T12:00:00Z")), -7200);
  EXPECT_EQ(zone->offset_at(at("2026-07-05T12:00:00Z")), -10'800);
  EXPECT_EQ(zone->offset_at(at("2026-12-05T12:00:00Z")), -7200);
}

TEST(Zone, ADamagedFileIsRefusedAtEveryLength) {
  const auto bytes = zone_file({{0, 3600}, {1'000'000'000, 7200}}, "CET-1");
  ASSERT_TRUE(Zone::from_file(as_bytes(bytes)));
  for (std::size_t size = 0; size + 8 < bytes.size(); ++size) {
    EXPECT_FALSE(Zone::from_file(as_bytes(bytes.substr(0, size)))) << size;
  }
  for (const auto* footer :
       {"CET", "CET-1CEST,M3.5.0", "CET-1CEST,M13.5.0,M10.5.0", "1", "CET-200"}) {
    EXPECT_FALSE(Zone::from_file(as_bytes(zone_file({}, footer)))) << footer;
  }
}

}  // namespace
}  // namespace muster::analyser
