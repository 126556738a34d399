#include "base/bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <vector>

namespace muster {
namespace {

TEST(Base64url, WritesTheVectorsOfRfc4648WithoutPadding) {
  const struct {
    std::string_view bytes, text;
  } rows[] = {
      {"", ""},           {"f", "Zg"},          {"fo", "Zm8"},          {"foo", "Zm9v"},
      {"foob", "Zm9vYg"}, {"fooba", "Zm9vYmE"}, {"foobar", "Zm9vYmFy"}, {"\xfb\xff\xfe", "-__-"},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(base64url(as_bytes(row.bytes)), row.text);
    EXPECT_EQ(from_base64url(row.text), row.bytes);
  }
}

TEST(Base64url, RefusesWhatHasAnotherTextOrNone) {
  const struct {
    std::string_view text, why;
  } rows[] = {
      {"Zg==", "padding"},      {"Z", "an impossible length"},  {"Zm9vY", "an impossible length"},
      {"Zh", "bits left over"}, {"Zm9", "bits left over"},      {"Zm9v\n", "a line end"},
      {"Zm 9", "a blank"},      {"+/+/", "the other alphabet"}, {"Zm9\xc3", "not ASCII"},
  };
  for (const auto& row : rows) EXPECT_FALSE(from_base64url(row.text)) << row.why;
}

TEST(Base64url, ComesBackAndHasOneTextOnly) {
  EXPECT_TRUE(rc::check("from_base64url(base64url(x)) == x", [](const std::string& bytes) {
    const auto text = base64url(as_bytes(bytes));
    RC_ASSERT(from_base64url(text) == bytes);
    RC_ASSERT(text.find('=') == std::string::npos);
  }));
  EXPECT_TRUE(rc::check("base64url(from_base64url(t)) == t", [] {
    const auto letter = rc::gen::elementOf(std::string("ABYZabyz0189-_="));
    const auto text = *rc::gen::container<std::string>(letter);
    if (const auto bytes = from_base64url(text)) RC_ASSERT(base64url(as_bytes(*bytes)) == text);
  }));
}

TEST(Base64url, AppendsBehindWhatIsThere) {
  std::string out = "nonce=";
  append_base64url(out, as_bytes("foob"));
  EXPECT_EQ(out, "nonce=Zm9vYg");
}

TEST(Base64url, AnArrayTakesItsExactLengthOnly) {
  EXPECT_TRUE(array_from_base64url<3>("Zm9v"));
  EXPECT_FALSE(array_from_base64url<3>("Zm8"));
  EXPECT_FALSE(array_from_base64url<3>("Zm9vYg"));
  EXPECT_FALSE(array_from_base64url<3>("Zm9="));
}

TEST(Hex, ReadsEitherCaseAndWritesLower) {
  EXPECT_EQ(hex(as_bytes("\x01\xab\xff")), "01abff");
  EXPECT_EQ(from_hex("01ABff"), "\x01\xab\xff");
  EXPECT_EQ(from_hex(""), "");
  for (const std::string_view text : {"0", "0g", "0x01", " 01", "01 "}) {
    EXPECT_FALSE(from_hex(text)) << text;
  }
}

TEST(EqualConstantTime, ComparesContentAndLength) {
  EXPECT_TRUE(equal_constant_time(as_bytes("ticket"), as_bytes("ticket")));
  EXPECT_TRUE(equal_constant_time({}, {}));
  EXPECT_FALSE(equal_constant_time(as_bytes("ticket"), as_bytes("tickes")));
  EXPECT_FALSE(equal_constant_time(as_bytes("ticket"), as_bytes("ticke")));
  EXPECT_FALSE(equal_constant_time(as_bytes("ticket"), {}));
}

}  // namespace
}  // namespace muster
