#include "base/shown.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

TEST(ShownText, HoldsNothingThatATerminalObeysOrThatTurnsTheDirection) {
  const struct {
    std::string_view text, shown;
  } rows[] = {
      {"desk-1.corp.example", "desk-1.corp.example"},
      {"", ""},
      {"\x1b[2J\x07", "?[2J?"},
      {"a\r\nb\tc", "a??b?c"},
      {"\xc2\x9b"
       "31m",
       "?31m"},
      {"\xe2\x80\xae"
       "exe.txt",
       "?exe.txt"},
      {"soft\xc2\xadhyphen", "soft?hyphen"},
      {"tag\xf3\xa0\x81\x81", "tag?"},
      {"caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80", "caf\xc3\xa9 \xe2\x82\xac \xf0\x9f\x98\x80"},
      {"\xff\xc3", "??"},
      {"\xed\xa0\x80", "???"},
      {"\xc0\x80", "??"},
  };
  for (const auto& row : rows) EXPECT_EQ(shown_text(row.text, 100), row.shown) << row.shown;
}

// Marks of direction, of joining, and what has no width: a name that is made to look like another.
TEST(EscapedText, WhatNobodySeesIsWrittenOut) {
  const struct {
    std::string_view text, shown;
  } rows[] = {
      {"desk-1.corp.example", "desk-1.corp.example"},
      {"caf\xc3\xa9 \xf0\x9f\x98\x80", "caf\xc3\xa9 \xf0\x9f\x98\x80"},
      {"", ""},
      {"\x1b[2J", "\\u{001B}[2J"},
      {"\u202Aa\u202Bb\u202Cc\u202Dd\u202Ee", "\\u{202A}a\\u{202B}b\\u{202C}c\\u{202D}d\\u{202E}e"},
      {"\u2066a\u2067b\u2068c\u2069", "\\u{2066}a\\u{2067}b\\u{2068}c\\u{2069}"},
      {"a\u200Eb\u200Fc\u061Cd", "a\\u{200E}b\\u{200F}c\\u{061C}d"},
      {"a\u200Bb\u200Cc\u200Dd\u2060e\uFEFF", "a\\u{200B}b\\u{200C}c\\u{200D}d\\u{2060}e\\u{FEFF}"},
      {"tag\xf3\xa0\x81\x81", "tag\\u{E0041}"},
      {"\xff\xc3", "??"},
  };
  for (const auto& row : rows) EXPECT_EQ(escaped_text(row.text), row.shown) << row.shown;
}

TEST(ShownText, IsCutBetweenCharacters) {
  EXPECT_EQ(shown_text("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(shown_text("abcdefghi", 8), "abcde...");
  EXPECT_EQ(shown_text(std::string(10'240, 'a'), 64), std::string(61, 'a') + "...");
  EXPECT_EQ(shown_text("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4), "\xc3\xa9...");
}

}  // namespace
}  // namespace muster
