#include "base/ids.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <cctype>
#include <set>

namespace muster {
namespace {

constexpr std::string_view kText = "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10";

TEST(Cmid, IsReadInEitherCaseAndWrittenInLower) {
  const auto cmid = Cmid::parse("0B6F2C1E-5A0D-4F6b-9a51-8f1f6d2c7e10");
  ASSERT_TRUE(cmid);
  EXPECT_EQ(cmid->text(), kText);
  EXPECT_EQ(*cmid, *Cmid::parse(kText));
}

TEST(Cmid, AnyVersionOfUuidWillDoButTheNilOne) {
  EXPECT_TRUE(Cmid::parse("00000000-0000-0000-0000-000000000001"));
  EXPECT_TRUE(Cmid::parse("ffffffff-ffff-ffff-ffff-ffffffffffff"));
  EXPECT_FALSE(Cmid::parse("00000000-0000-0000-0000-000000000000"));
}

TEST(Cmid, RefusesEveryOtherForm) {
  for (const std::string_view text :
       {"", "0b6f2c1e5a0d4f6b9a518f1f6d2c7e10", "{0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10}",
        "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e1", "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e100",
        "0b6f2c1e-5a0d-4f6b-9a518-f1f6d2c7e10", "0b6f2c1g-5a0d-4f6b-9a51-8f1f6d2c7e10",
        " b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10", "0b6f2c1e_5a0d_4f6b_9a51_8f1f6d2c7e10",
        "------------------------------------"}) {
    EXPECT_FALSE(Cmid::parse(text)) << text;
  }
}

TEST(Cmid, ARandomOneIsOfVersion4AndComesBack) {
  SeededRandom random(7);
  std::set<Cmid> seen;
  for (int i = 0; i < 1000; ++i) {
    const auto cmid = Cmid::random(random);
    const auto text = cmid.text();
    EXPECT_EQ(text[14], '4');
    EXPECT_NE(std::string_view("89ab").find(text[19]), std::string_view::npos) << text;
    EXPECT_EQ(Cmid::parse(text), cmid);
    EXPECT_TRUE(seen.insert(cmid).second);
  }
}

TEST(Cmid, ReadsNothingThatItWouldWriteOtherwise) {
  EXPECT_TRUE(rc::check("parse(t).text() is t in lower case", [](const std::string& noise) {
    std::string text(kText);
    for (std::size_t i = 0; i < noise.size() && i < text.size(); ++i) {
      if (noise[i] % 5 == 0) text[i] = noise[i];
    }
    const auto cmid = Cmid::parse(text);
    if (!cmid) return;
    for (auto& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    RC_ASSERT(cmid->text() == text);
  }));
}

TEST(ValidId, IsLowerCaseLettersDigitsAndInnerDashes) {
  for (const std::string_view id : {"a", "0", "acme-cad", "acme-", "a--b", "9lives"}) {
    EXPECT_TRUE(valid_id(id)) << id;
  }
  EXPECT_TRUE(valid_id(std::string(63, 'a')));
  EXPECT_FALSE(valid_id(std::string(64, 'a')));
  for (const std::string_view id :
       {"", "-acme", "Acme", "acme_cad", "acme cad", "acme/cad", "..", "acme\n", "acm\xc3\xa9"}) {
    EXPECT_FALSE(valid_id(id)) << id;
  }
}

TEST(ValidText, IsUtf8WithoutControlCharacters) {
  const struct {
    std::string_view text;
    bool valid;
    const char* why;
  } rows[] = {
      {"", true, "nothing"},
      {"desk-017.corp.example", true, "ASCII"},
      {"b\xc3\xbcro \xe2\x82\xac \xf0\x9f\x96\xa5", true, "two, three and four bytes"},
      {"\xed\x9f\xbf\xee\x80\x80", true, "beside the surrogates"},
      {"\xf4\x8f\xbf\xbf", true, "the last code point"},
      {"a\nb", false, "a line end"},
      {std::string_view("a\0b", 3), false, "a zero byte"},
      {"a\x1b[2J", false, "an escape sequence"},
      {"\x7f", false, "DEL"},
      {"\xc2\x85", false, "C1: next line"},
      {"\xc2\x9b", false, "C1: control sequence introducer"},
      {"\xc2\xa0", true, "the first after C1"},
      {"\xc0\xaf", false, "overlong"},
      {"\xe0\x80\xaf", false, "overlong, three bytes"},
      {"\xf0\x80\x80\xaf", false, "overlong, four bytes"},
      {"\xed\xa0\x80", false, "a surrogate"},
      {"\xf4\x90\x80\x80", false, "past the last code point"},
      {"\xf5\x80\x80\x80", false, "no such lead byte"},
      {"\xe2\x82", false, "cut"},
      {"\x80", false, "a continuation alone"},
      {"\xc3(", false, "no continuation"},
  };
  for (const auto& row : rows) EXPECT_EQ(valid_text(row.text, 255), row.valid) << row.why;
}

TEST(ValidText, CountsBytes) {
  EXPECT_TRUE(valid_text("\xc3\xbc\xc3\xbc", 4));
  EXPECT_FALSE(valid_text("\xc3\xbc\xc3\xbc", 3));
}

}  // namespace
}  // namespace muster
