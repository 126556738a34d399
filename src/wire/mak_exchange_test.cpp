#include "wire/mak_exchange.h"

#include <gtest/gtest.h>

#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::filled;
using sample::kToday;
using sample::World;

MakRequest full_request() {
  MakRequest out;
  out.product = "acme-cad";
  out.vendor = base64url(filled<32>(1));
  out.secret = filled<32>(2);
  out.cmid = *Cmid::parse(sample::kCmid);
  out.nonce = filled<16>(7);
  out.facts.add("machine_id", filled<16>(8));
  out.facts.add("product_uuid", filled<16>(9));
  out.time = kToday;
  out.name = "desk-017.corp.example";
  out.activation = "a.b.c";
  out.look = true;
  return out;
}

std::string replaced(std::string text, std::string_view from, std::string_view to) {
  const auto at = text.find(from);
  EXPECT_NE(at, text.npos) << from;
  return text.replace(at, from.size(), to);
}

TEST(MakRequest, is_read_as_it_was_written) {
  const auto request = full_request();
  const auto read = decode_mak_request(encode_mak_request(request)).value();
  EXPECT_EQ(read.product, request.product);
  EXPECT_EQ(read.vendor, request.vendor);
  EXPECT_EQ(read.secret, request.secret);
  EXPECT_EQ(read.cmid, request.cmid);
  EXPECT_EQ(read.nonce, request.nonce);
  EXPECT_EQ(read.facts, request.facts);
  EXPECT_EQ(read.time, request.time);
  EXPECT_EQ(read.name, request.name);
  EXPECT_EQ(read.activation, request.activation);
  EXPECT_TRUE(read.look);
}

TEST(MakRequest, may_leave_out_what_the_paper_says) {
  auto least = full_request();
  least.vendor.reset();
  least.name.clear();
  least.activation.reset();
  least.look = false;
  const auto text = encode_mak_request(least);
  for (const auto* name : {"vendor", "name", "activation", "look"}) {
    EXPECT_EQ(text.find(name), text.npos) << name;
  }
  const auto read = decode_mak_request(text).value();
  EXPECT_EQ(read.vendor, std::nullopt);
  EXPECT_EQ(read.activation, std::nullopt);
  EXPECT_FALSE(read.look);
  EXPECT_TRUE(decode_mak_request(replaced(text, "{", R"({"later":[1],"look":null,)")));
}

TEST(MakRequest, says_which_member_is_wrong_and_never_what_the_key_was) {
  const auto good = encode_mak_request(full_request());
  struct Row {
    std::string_view from, to, detail;
  };
  const Row table[] = {
      {R"("product":"acme-cad")", R"("product":"Acme")", "product"},
      {R"("product":)", R"("x":)", "product"},
      {R"("key":"AgIC)", R"("key":"AgI)", "key"},
      {R"("key":)", R"("x":)", "key"},
      {R"("cmid":"0b6f)", R"("cmid":"zz6f)", "cmid"},
      {R"("nonce":"Bw)", R"("nonce":"BwBw)", "nonce"},
      {R"("facts":{)", R"("x":{)", "facts"},
      {R"("machine_id":"CA)", R"("machine_id":"CACA)", "facts"},
      {R"("time":"2026)", R"("time":"26)", "time"},
      {R"("name":"desk)", "\"name\":\"\\u001b", "name"},
      {R"("look":true)", R"("look":1)", "look"},
      {R"("activation":"a.b.c")", R"("activation":"")", "activation"},
  };
  for (const auto& [from, to, detail] : table) {
    const auto read = decode_mak_request(replaced(good, from, to));
    ASSERT_FALSE(read) << to;
    EXPECT_EQ(read.error().code, ErrorCode::malformed_request) << to;
    EXPECT_NE(read.error().detail.find(detail), std::string::npos) << read.error().detail;
    EXPECT_EQ(read.error().detail.find("AgIC"), std::string::npos) << "the secret";
  }
  auto none = full_request();
  none.facts = {};
  EXPECT_EQ(decode_mak_request(encode_mak_request(none)).error().code,
            ErrorCode::malformed_request);
  EXPECT_EQ(decode_mak_request(replaced(good, "{", R"({"key":"",)")).error().code,
            ErrorCode::repeated_member);
  EXPECT_EQ(decode_mak_request("[]").error().code, ErrorCode::malformed_request);
  EXPECT_EQ(decode_mak_request(std::string(kMakBodyMost + 1, ' ')).error().code,
            ErrorCode::malformed_request);
}

TEST(MakRequest, has_room_for_the_activation_that_the_machine_holds) {
  const World world;
  auto request = full_request();
  request.activation = world.sign(world.mak_activation(), world.host_key(), world.mak());
  const auto read = decode_mak_request(encode_mak_request(request));
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->activation, request.activation);
}

TEST(MakAnswer, is_read_as_it_was_written) {
  MakAnswer sold;
  sold.activated = true;
  sold.place = 41;
  sold.limit = 100;
  sold.used = 41;
  sold.activation = "a.b.c";
  sold.time = kToday;
  const auto read = decode_mak_answer(encode_mak_answer(sold)).value();
  EXPECT_TRUE(read.activated);
  EXPECT_EQ(read.place, 41U);
  EXPECT_EQ(read.limit, 100U);
  EXPECT_EQ(read.used, 41U);
  EXPECT_EQ(read.activation, "a.b.c");
  EXPECT_EQ(read.error, std::nullopt);
  EXPECT_EQ(read.time, kToday);
}

TEST(MakAnswer, says_the_vendors_hint_where_there_is_one) {
  MakAnswer full;
  full.limit = full.used = 100;
  full.error = ErrorCode::limit_reached;
  full.vendor_hint = "call +49 30 1234";
  full.time = kToday;
  EXPECT_EQ(encode_mak_answer(full),
            R"({"activated":false,"place":null,"limit":100,"used":100,"error":{"code":)"
            R"("limit_reached","title":"as many machines as the key allows hold a place",)"
            R"("hint":"call +49 30 1234"},"time":"2026-01-05T08:00:00Z"})");
  const auto read = decode_mak_answer(encode_mak_answer(full)).value();
  EXPECT_EQ(read.error, ErrorCode::limit_reached);
  EXPECT_EQ(read.error_hint, "call +49 30 1234");
  full.vendor_hint.clear();
  EXPECT_EQ(decode_mak_answer(encode_mak_answer(full))->error_hint,
            entry(ErrorCode::limit_reached).hint);
}

TEST(MakAnswer, bears_a_code_that_it_does_not_know_and_nothing_that_contradicts_itself) {
  const std::string_view refused =
      R"({"activated":false,"error":{"code":"later","title":"t","hint":"h"},)"
      R"("time":"2026-01-05T08:00:00Z"})";
  const auto read = decode_mak_answer(refused).value();
  EXPECT_EQ(read.error, std::nullopt);
  EXPECT_EQ(read.error_name, "later");
  for (const std::string_view bad :
       {R"({"activated":true,"time":"2026-01-05T08:00:00Z"})",
        R"({"activated":false,"error":null,"time":"2026-01-05T08:00:00Z"})",
        R"({"activated":true,"place":1,"error":{"code":"x","title":"","hint":""},)"
        R"("time":"2026-01-05T08:00:00Z"})",
        R"({"activated":true,"place":1})", "", "[]"}) {
    const auto wrong = decode_mak_answer(bad);
    ASSERT_FALSE(wrong) << bad;
    EXPECT_EQ(wrong.error().code, ErrorCode::bad_answer) << bad;
  }
}

}  // namespace
}  // namespace muster::wire
