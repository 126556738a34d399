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

TEST(ShownText, IsCutBetweenCharacters) {
  EXPECT_EQ(shown_text("abcdefgh", 8), "abcdefgh");
  EXPECT_EQ(shown_text("abcdefghi", 8), "abcde...");
  EXPECT_EQ(shown_text(std::string(10'240, 'a'), 64), std::string(61, 'a') + "...");
  EXPECT_EQ(shown_text("\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9\xc3\xa9", 4), "\xc3\xa9...");
}

}  // namespace
}  // namespace muster
