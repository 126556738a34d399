#include "wire/exchange.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::filled;

// The design's own example, with bytes where it has words.
constexpr std::string_view kRequest =
    R"({"product":"acme-cad","cmid":"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10",)"
    R"("nonce":"BwcHBwcHBwcHBwcHBwcHBw","ticket":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF",)"
    R"("facts":{"machine_id":"CAgICAgICAgICAgICAgICA","product_uuid":"CQkJCQkJCQkJCQkJCQkJCQ"},)"
    R"("generation":"g1","time":"2026-01-05T08:00:00Z","name":"desk-017.corp.example",)"
    R"("virtual":true,"state":2,"minutes_left":43200})";

TEST(Request, is_read_whole) {
  const auto request = decode_request(kRequest).value();
  EXPECT_EQ(request.product, "acme-cad");
  EXPECT_EQ(request.vendor, std::nullopt);
  EXPECT_EQ(request.cmid.text(), sample::kCmid);
  EXPECT_EQ(request.nonce, filled<16>(7));
  EXPECT_EQ(request.ticket, filled<24>(5));
  EXPECT_EQ(request.facts.size(), 2);
  EXPECT_EQ(*request.facts.find("machine_id"), filled<16>(8));
  EXPECT_EQ(request.generation, "g1");
  EXPECT_EQ(request.time, sample::kToday);
  EXPECT_EQ(request.name, "desk-017.corp.example");
  EXPECT_EQ(request.is_virtual, true);
  EXPECT_EQ(request.state, LicenceState::initial_grace);
  EXPECT_EQ(request.minutes_left, 43'200);
  EXPECT_EQ(encode_request(request), kRequest);
}

// `member` replaces or adds one member of a request that is otherwise good.
std::string with(std::string_view name, std::string_view json) {
  std::string out = "{";
  const std::pair<std::string_view, std::string_view> members[] = {
      {"product", R"("acme-cad")"},
      {"cmid", R"("0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10")"},
      {"nonce", R"("BwcHBwcHBwcHBwcHBwcHBw")"},
      {"time", R"("2026-01-05T08:00:00Z")"}};
  for (const auto& [key, value] : members) {
    if (key != name) out += fmt::format("\"{}\":{},", key, value);
  }
  if (!json.empty()) return out + fmt::format("\"{}\":{}}}", name, json);
  out.back() = '}';
  return out;
}

TEST(Request, what_may_be_absent_may_be_absent_or_null) {
  const auto bare = decode_request(with("x", "1")).value();
  EXPECT_TRUE(bare.facts.empty());
  EXPECT_EQ(bare.ticket, std::nullopt);
  EXPECT_EQ(bare.state, LicenceState::unlicensed);
  for (const auto* name :
       {"ticket", "facts", "generation", "name", "virtual", "state", "minutes_left", "vendor"}) {
    EXPECT_TRUE(decode_request(with(name, "null"))) << name;
  }
}

TEST(Request, members_that_are_not_known_are_ignored) {
  EXPECT_TRUE(decode_request(with("later", R"({"a":[1,{"b":null}]})")));
}

TEST(Request, is_refused_with_the_members_name) {
  const struct {
    std::string_view name, json;
  } cases[] = {
      {"product", ""},
      {"product", "null"},
      {"product", "1"},
      {"product", R"("Acme")"},
      {"product", R"("-acme")"},
      {"product", R"("")"},
      {"vendor", R"("acme")"},
      {"cmid", ""},
      {"cmid", R"("00000000-0000-0000-0000-000000000000")"},
      {"cmid", R"("{0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10}")"},
      {"cmid", R"(["0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10"])"},
      {"nonce", ""},
      {"nonce", R"("BwcHBwcHBwcHBwcHBwcHBw==")"},
      {"nonce", R"("BwcHBwcHBwcHBwcHBwcHBx")"},
      {"nonce", R"("BwcH")"},
      {"ticket", R"("BwcHBwcHBwcHBwcHBwcHBw")"},
      {"ticket", "7"},
      {"facts", "[]"},
      {"facts", R"({"machine_id":"AA"})"},
      {"facts", R"({"Machine":"BwcHBwcHBwcHBwcHBwcHBw"})"},
      {"facts", R"({"machine_id":null})"},
      {"generation", R"("a\u0000")"},
      {"time", ""},
      {"time", R"("yesterday")"},
      {"time", "1767600000"},
      {"time", R"("1969-12-31T23:59:59Z")"},
      {"name", R"("a\u001b[2J")"},
      {"name", R"("\u0085")"},
      {"virtual", "1"},
      {"state", "7"},
      {"state", "-1"},
      {"state", "1.0"},
      {"minutes_left", "-1"},
      {"minutes_left", "1e3"},
      {"minutes_left", "52560001"},
      {"minutes_left", "99999999999999999999"},
  };
  for (const auto& c : cases) {
    const auto result = decode_request(with(c.name, c.json));
    ASSERT_FALSE(result) << c.name << " " << c.json;
    EXPECT_EQ(result.error().code, ErrorCode::malformed_request);
    EXPECT_TRUE(result.error().detail.starts_with(c.name)) << result.error().detail;
  }
}

TEST(Request, bounds_are_exact) {
  const auto name = [](std::size_t size) {
    return with("name", '"' + std::string(size, 'a') + '"');
  };
  EXPECT_TRUE(decode_request(name(kNameMost)));
  EXPECT_FALSE(decode_request(name(kNameMost + 1)));
  const auto facts = [](int count) {
    std::string out = "{";
    for (int i = 0; i < count; ++i) {
      out += fmt::format(R"({}"k{}":"BwcHBwcHBwcHBwcHBwcHBw")", i == 0 ? "" : ",", i);
    }
    return with("facts", out + "}");
  };
  EXPECT_TRUE(decode_request(facts(8)));
  EXPECT_FALSE(decode_request(facts(9)));
  const auto spaced = [](std::size_t size) {
    auto out = with("x", "1");
    return std::string(size - out.size(), ' ') + out;
  };
  EXPECT_TRUE(decode_request(spaced(kBodyMost)));
  EXPECT_FALSE(decode_request(spaced(kBodyMost + 1)));
}

TEST(Request, a_repeated_member_is_refused_at_any_depth) {
  for (const auto& body : {with("x", R"(1,"cmid":1)"), with("facts", R"({"a":1,"a":1})"),
                           with("x", R"([{"y":{"z":1,"z":1}}])")}) {
    EXPECT_EQ(decode_request(body).error().code, ErrorCode::repeated_member) << body;
  }
}

TEST(Request, not_json_or_no_object) {
  for (const auto* body : {"", "[]", "null", "{", "\"a\"", "{}"}) {
    EXPECT_EQ(decode_request(body).error().code, ErrorCode::malformed_request) << body;
  }
}

Bytes16 any_bytes() {
  Bytes16 out;
  for (auto& byte : out) byte = static_cast<std::uint8_t>(*rc::gen::inRange(0, 256));
  return out;
}

std::string any_text(int most) {
  std::string out;
  for (int i = *rc::gen::inRange(0, most + 1); i > 0; --i) {
    out.push_back(static_cast<char>(*rc::gen::inRange(0x20, 0x7f)));
  }
  return out;
}

TEST(Request, whatever_is_written_is_read_again) {
  EXPECT_TRUE(rc::check([] {
    ActivationRequest request;
    request.product = "p";
    request.cmid = Cmid{any_bytes()};
    request.cmid.bytes[3] |= 1;
    request.nonce = any_bytes();
    if (*rc::gen::arbitrary<bool>()) request.ticket = filled<24>(any_bytes()[0]);
    for (int i = *rc::gen::inRange(0, 9); i > 0; --i) {
      request.facts.add("k" + std::to_string(i), any_bytes());
    }
    if (*rc::gen::arbitrary<bool>()) request.generation = any_text(60);
    request.time = Instant(seconds(*rc::gen::inRange<std::int64_t>(0, 4'000'000'000)));
    request.name = any_text(200);
    if (*rc::gen::arbitrary<bool>()) request.is_virtual = *rc::gen::arbitrary<bool>();
    request.state = static_cast<LicenceState>(*rc::gen::inRange(0, 7));
    request.minutes_left = *rc::gen::inRange(0, 43'201);
    const auto text = encode_request(request);
    const auto again = decode_request(text);
    RC_ASSERT(again.has_value());
    RC_ASSERT(encode_request(*again) == text);
    RC_ASSERT(again->facts == request.facts);
    RC_ASSERT(again->name == request.name);
  }));
}

TEST(Answer, of_the_design) {
  ActivationAnswer answer;
  answer.activated = true;
  answer.count = answer.threshold = 25;
  answer.activation = "a.b.c";
  answer.ticket = filled<24>(5);
  answer.retry_after = seconds(604'800);
  answer.time = sample::kToday;
  EXPECT_EQ(encode_answer(answer),
            R"({"activated":true,"count":25,"threshold":25,"activation":"a.b.c",)"
            R"("ticket":"BQUFBQUFBQUFBQUFBQUFBQUFBQUFBQUF","retry_after":604800,"error":null,)"
            R"("time":"2026-01-05T08:00:00Z"})");
}

TEST(Answer, of_a_product_that_is_not_served_has_nulls) {
  ActivationAnswer answer;
  answer.retry_after = seconds(7214);
  answer.error = ErrorCode::product_not_served;
  answer.time = sample::kToday;
  const auto& row = entry(ErrorCode::product_not_served);
  EXPECT_EQ(encode_answer(answer),
            fmt::format(R"({{"activated":false,"count":null,"threshold":null,"ticket":null,)"
                        R"("retry_after":7214,"error":{{"code":"product_not_served",)"
                        R"("title":"{}","hint":"{}"}},"time":"2026-01-05T08:00:00Z"}})",
                        row.title, row.hint));
  const auto again = decode_answer(encode_answer(answer)).value();
  EXPECT_EQ(again.error, ErrorCode::product_not_served);
  EXPECT_EQ(again.error_title, row.title);
  EXPECT_EQ(again.error_hint, row.hint);
  EXPECT_EQ(again.count, std::nullopt);
  EXPECT_EQ(again.ticket, std::nullopt);
}

TEST(Answer, a_code_of_a_later_version_is_kept_by_name) {
  const auto answer =
      decode_answer(R"({"activated":false,"count":3,"threshold":5,"ticket":null,"retry_after":9,)"
                    R"("error":{"code":"moon_phase","title":"t","hint":"h","more":1},)"
                    R"("time":"2026-01-05T08:00:00Z","more":[]})")
          .value();
  EXPECT_EQ(answer.error, std::nullopt);
  EXPECT_EQ(answer.error_name, "moon_phase");
  EXPECT_EQ(answer.count, 3);
}

TEST(Answer, that_makes_no_sense_is_refused) {
  const char* cases[] = {
      "",
      "{}",
      "[]",
      "<html>",
      R"({"activated":true,"retry_after":9,"error":null,"time":"2026-01-05T08:00:00Z"})",
      R"({"activated":false,"retry_after":9,"error":null,"time":"2026-01-05T08:00:00Z"})",
      R"({"activated":false,"retry_after":-1,"error":{"code":"a"},"time":"2026-01-05T08:00:00Z"})",
      R"({"activated":false,"retry_after":1,"error":{"code":"a","title":"\u001b","hint":""},)"
      R"("time":"2026-01-05T08:00:00Z"})",
      R"({"activated":"yes","retry_after":1,"error":{"code":"a","title":"","hint":""},)"
      R"("time":"2026-01-05T08:00:00Z"})",
      R"({"activated":false,"activated":true,"retry_after":9})",
  };
  for (const auto* body : cases) {
    EXPECT_EQ(decode_answer(body).error().code, ErrorCode::bad_answer) << body;
  }
}

TEST(Problem, of_every_code_comes_back) {
  for (const auto& row : error_table()) {
    const Error error{row.code, "what \"exactly\" happened"};
    EXPECT_EQ(decode_problem(encode_problem(error)), error);
  }
  EXPECT_EQ(encode_problem({ErrorCode::too_many_requests, "desk"}),
            R"({"type":"urn:muster:error:too_many_requests","title":"too many requests",)"
            R"("status":429,"code":"too_many_requests","detail":"desk",)"
            R"("hint":"wait for Retry-After, then ask again"})");
}

TEST(Problem, a_detail_that_is_no_text_is_left_out) {
  EXPECT_EQ(decode_problem(encode_problem({ErrorCode::not_found, "\x1b[2J"})).detail, "");
}

TEST(Problem, what_is_none_is_a_bad_answer) {
  for (const auto* body : {"", "{}", R"({"code":7})", "<html>", R"({"code":"a","code":"b"})"}) {
    EXPECT_EQ(decode_problem(body).code, ErrorCode::bad_answer) << body;
  }
  const auto unknown = decode_problem(R"({"code":"moon_phase","title":"the moon","detail":"x"})");
  EXPECT_EQ(unknown.code, ErrorCode::bad_answer);
  EXPECT_EQ(unknown.detail, "moon_phase: the moon x");
}

}  // namespace
}  // namespace muster::wire
