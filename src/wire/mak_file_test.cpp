// Requests and answers of a multiple activation key as files.
#include "wire/mak_file.h"

#include <gmock/gmock.h>

#include "wire/sample.h"

namespace muster::wire {
namespace {

using ::testing::HasSubstr;

MakRequest request() {
  const sample::World world;
  MakRequest out;
  out.product = "acme-cad";
  out.vendor = world.root.public_key().thumbprint();
  out.secret = sample::filled<32>(3);
  out.cmid = *Cmid::parse(sample::kCmid);
  out.nonce = sample::filled<16>(7);
  out.facts.add("machine_id", sample::filled<16>(8));
  out.facts.add("product_uuid", sample::filled<16>(9));
  out.time = sample::kToday;
  out.name = "Laptop von Jürgen: zweiter";
  return out;
}

std::string replaced(std::string text, std::string_view what, std::string_view with) {
  const auto at = text.find(what);
  EXPECT_NE(at, text.npos) << what;
  return text.replace(at, what.size(), with);
}

TEST(MakFile, ARequestIsReadAsItWasWritten) {
  const auto asked = request();
  const auto text = encode_mak_request_file(asked, "ABCDE");
  EXPECT_TRUE(text.starts_with("muster mak request 1\nproduct: acme-cad\nvendor: "));
  EXPECT_THAT(text, HasSubstr("\nkey_ends: ABCDE\n"));
  const auto read = read_mak_request_file(text);
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(encode_mak_request(*read), encode_mak_request(asked));
}

TEST(MakFile, WhatAMailDoesToALineIsForgiven) {
  const auto text = encode_mak_request_file(request(), "ABCDE");
  std::string mailed = "\r\n\r\n";
  for (const char c : text) mailed += c == '\n' ? std::string(" \r\n") : std::string(1, c);
  EXPECT_TRUE(read_mak_request_file(mailed + "\r\n \r\n"));
  EXPECT_TRUE(read_mak_request_file(text.substr(0, text.size() - 1))) << "without the last LF";
}

TEST(MakFile, EveryChangedByteIsFound) {
  const auto text = encode_mak_request_file(request(), "ABCDE");
  for (std::size_t i = 0; i + 1 < text.size(); ++i) {
    auto changed = text;
    changed[i] = changed[i] == 'x' ? 'y' : 'x';
    const auto read = read_mak_request_file(changed);
    ASSERT_FALSE(read) << changed;
    ASSERT_EQ(read.error().code, ErrorCode::document_malformed);
  }
  for (std::size_t size = 0; size + 1 < text.size(); ++size) {
    ASSERT_FALSE(read_mak_request_file(text.substr(0, size))) << size;
  }
}

TEST(MakFile, ARefusalOfARequestSaysWhatIsWrong) {
  const auto text = encode_mak_request_file(request(), "ABCDE");
  const std::pair<std::string, std::string_view> rows[] = {
      {"", "'check' is missing"},
      {"muster mak answer 1\n", "the first line"},
      {replaced(text, "acme-cad", "acme-cam"), "the checksum does not fit"},
      {text + "more: 1\n", "behind the line 'check'"},
      {replaced(text, "product: acme-cad\n", "product: acme-cad\nproduct: acme-cad\n"), "twice"},
      {replaced(text, "product:", "product"), "NAME: VALUE"},
      {std::string(kMakFileMost + 1, 'x'), "too large"},
  };
  for (const auto& [file, what] : rows) {
    const auto read = read_mak_request_file(file);
    ASSERT_FALSE(read) << file;
    EXPECT_THAT(read.error().detail, HasSubstr(what));
  }
  auto without = request();
  without.facts = {};
  EXPECT_THAT(read_mak_request_file(encode_mak_request_file(without, "ABCDE")).error().detail,
              HasSubstr("no fact"));
}

TEST(MakFile, AnAnswerIsReadAsItWasWritten) {
  MakAnswer given;
  given.activated = true;
  given.place = 41;
  given.limit = 100;
  given.used = 42;
  given.activation = "aaa.bbb.ccc";
  given.time = sample::kToday;
  const auto read = read_mak_answer_file(encode_mak_answer_file(request(), given));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(read->product, "acme-cad");
  EXPECT_EQ(read->nonce, request().nonce);
  EXPECT_EQ(read->cmid, request().cmid);
  EXPECT_TRUE(read->answer.activated);
  EXPECT_EQ(read->answer.place, 41u);
  EXPECT_EQ(read->answer.limit, 100u);
  EXPECT_EQ(read->answer.used, 42u);
  EXPECT_EQ(read->answer.activation, "aaa.bbb.ccc");
}

TEST(MakFile, ARefusalIsAnAnswerInTheVendorsWords) {
  MakAnswer given;
  given.error = ErrorCode::limit_reached;
  given.vendor_hint = "call 1234";
  given.limit = given.used = 100;
  given.time = sample::kToday;
  const auto read = read_mak_answer_file(encode_mak_answer_file(request(), given));
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_FALSE(read->answer.activated);
  EXPECT_EQ(read->answer.error, ErrorCode::limit_reached);
  EXPECT_EQ(read->answer.error_hint, "call 1234");
  EXPECT_FALSE(read->answer.activation);
}

}  // namespace
}  // namespace muster::wire
