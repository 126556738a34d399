#include "base/ascii.h"

#include <gtest/gtest.h>

#include <cstdint>

namespace muster {
namespace {

TEST(Ascii, OnlyItsCapitalsHaveSmallLetters) {
  EXPECT_EQ(lower("DESK-1.Corp [@`{] \xc3\x84\xc3\xa4"), "desk-1.corp [@`{] \xc3\x84\xc3\xa4");
  EXPECT_TRUE(same_letters("Content-Length", "content-length"));
  EXPECT_FALSE(same_letters("Content-Length", "content-lengt"));
  EXPECT_FALSE(same_letters("[", "{"));
}

TEST(Ascii, BlanksAroundATextAreTakenOff) {
  EXPECT_EQ(trimmed(" \t\r\na b\r\n"), "a b");
  EXPECT_EQ(trimmed("a"), "a");
  EXPECT_EQ(trimmed(" \r\n"), "");
  EXPECT_EQ(trimmed(""), "");
}

TEST(Ascii, ANumberIsTheWholeText) {
  const struct {
    std::string_view text;
    std::optional<std::uint8_t> number;
  } rows[] = {
      {"0", 0},
      {"255", 255},
      {"007", 7},
      {"256", std::nullopt},
      {"", std::nullopt},
      {"1 ", std::nullopt},
      {" 1", std::nullopt},
      {"+1", std::nullopt},
      {"-1", std::nullopt},
      {"0x1", std::nullopt},
      {"1.0", std::nullopt},
  };
  for (const auto& row : rows)
    EXPECT_EQ(whole_number<std::uint8_t>(row.text), row.number) << row.text;
  EXPECT_EQ(whole_number<std::int64_t>("-9223372036854775808"), INT64_MIN);
  EXPECT_EQ(whole_number<std::int64_t>("9223372036854775808"), std::nullopt);
}

}  // namespace
}  // namespace muster
