#include "publish/tsig_key.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace muster::publish {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kSecret = "c2l4dGVlbiBieXRlcyBvciBzbw==";
const std::string kWritten =  // as tsig-keygen writes it
    "key \"muster-update\" {\n\talgorithm hmac-sha256;\n\tsecret \"" + std::string(kSecret) +
    "\";\n};\n";

TEST(TsigKey, AsTsigKeygenWritesIt) {
  const auto key = parse_tsig_key(kWritten);
  ASSERT_TRUE(key) << key.error().detail;
  EXPECT_EQ(key->name, "muster-update");
  EXPECT_EQ(key->secret, kSecret);
}

TEST(TsigKey, AsPeopleWriteIt) {
  const std::string secret(kSecret);
  for (const auto& text : {
           "key muster-update. { secret " + secret + "; algorithm HMAC-SHA256; };",
           "# a comment\nkey \"muster-update\" // another\n{ /* and\n a long one */ algorithm "
           "hmac-sha256; secret \"" +
               secret + "\"; };",
           "key \"muster-update\"{algorithm hmac-sha256;secret \"" + secret + "\";};#end",
       }) {
    const auto key = parse_tsig_key(text);
    ASSERT_TRUE(key) << text << key.error().detail;
    EXPECT_EQ(key->name, "muster-update");
    EXPECT_EQ(key->secret, secret);
  }
}

TEST(TsigKey, WhatIsWrongIsSaidWithItsLineAndNoSecret) {
  const std::string secret(kSecret);
  struct Row {
    std::string text, line, says;
  };
  const std::vector<Row> rows = {
      {"", "line 1", "key"},
      {secret + "\n", "line 1", "key"},
      {"key {", "line 1", "name"},
      {"key \"a b\" {", "line 1", "name"},
      {"key \"unended\n { algorithm", "line 1", "name"},
      {"key k\nalgorithm", "line 2", "'{'"},
      {"key k {\n algorithm hmac-md5;\n secret \"" + secret + "\";\n};", "line 2", "hmac-sha256"},
      {"key k {\n algorithm hmac-sha256;\n secret \"c2hvcnQ=\";\n};", "line 3", "16 bytes"},
      {"key k {\n algorithm hmac-sha256;\n secret \"" + secret + "!\";\n};", "line 3", "base64"},
      {"key k {\n algorithm hmac-sha256;\n secret \"" + secret + "====\";\n};", "line 3", "base64"},
      {"key k {\n algorithm hmac-sha256\n secret \"" + secret + "\";\n};", "line 3", "';'"},
      {"key k {\n algorithm hmac-sha256;\n};", "line 3", "both"},
      {"key k {\n secret \"" + secret + "\";\n};", "line 3", "both"},
      {"key k {\n " + secret + ";\n};", "line 2", "'algorithm' and 'secret'"},
      {"key k {\n algorithm hmac-sha256; algorithm hmac-sha256;\n};", "line 2", "once"},
      {"key k {\n algorithm hmac-sha256; secret \"" + secret + "\";\n}", "line 3", "';'"},
      {kWritten + kWritten, "line 5", "nothing behind"},
      {"/* not ended " + kWritten, "line 5", "key"},
  };
  for (const auto& row : rows) {
    const auto key = parse_tsig_key(row.text);
    ASSERT_FALSE(key) << row.text;
    EXPECT_EQ(key.error().code, ErrorCode::config_invalid);
    EXPECT_THAT(key.error().detail, HasSubstr(row.line + ":")) << row.text;
    EXPECT_THAT(key.error().detail, HasSubstr(row.says)) << row.text;
    EXPECT_THAT(key.error().detail, Not(HasSubstr("c2"))) << row.text;
  }
}

}  // namespace
}  // namespace muster::publish
