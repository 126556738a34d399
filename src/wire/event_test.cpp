#include "wire/event.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::filled;

Event refused() {
  Event event;
  event.host = base64url(filled<32>(1));
  event.epoch = 1;
  event.seq = 2;
  event.time = sample::kToday;
  event.type = "activation";
  event.vendor = base64url(filled<32>(2));
  event.product = "acme-cad";
  event.group = "desktop";
  event.cmid = Cmid::parse(sample::kCmid);
  event.count = 24;
  event.threshold = 25;
  event.error = "count_insufficient";
  event.evidence = "new";
  event.ticket = 1;
  event.client_time = sample::kToday - seconds(2);
  event.state = LicenceState::initial_grace;
  event.minutes_left = 43'200;
  event.is_virtual = true;
  event.machine = filled<16>(3);
  event.name = filled<16>(4);
  event.address = filled<16>(5);
  event.nonce = filled<16>(6);
  event.machine_prev = 1;
  event.prev = filled<16>(7);
  return event;
}

std::string line_of(const Event& event) {
  std::string out;
  append_event_line(out, event);
  return out;
}

TEST(Event, of_an_activation) {
  EXPECT_EQ(line_of(refused()),
            R"({"host":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","epoch":1,"seq":2,)"
            R"("time":"2026-01-05T08:00:00Z","type":"activation",)"
            R"("vendor":"AgICAgICAgICAgICAgICAgICAgICAgICAgICAgICAgI","product":"acme-cad",)"
            R"("group":"desktop","cmid":"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10","activated":false,)"
            R"("count":24,"threshold":25,"error":"count_insufficient","evidence":"new","ticket":1,)"
            R"("client_time":"2026-01-05T07:59:58Z","state":2,"minutes_left":43200,"virtual":true,)"
            R"("machine":"AwMDAwMDAwMDAwMDAwMDAw","name":"BAQEBAQEBAQEBAQEBAQEBA",)"
            R"("address":"BQUFBQUFBQUFBQUFBQUFBQ","nonce":"BgYGBgYGBgYGBgYGBgYGBg",)"
            R"("machine_prev":1,"prev":"BwcHBwcHBwcHBwcHBwcHBw"})");
}

TEST(Event, of_a_product_that_is_not_served_leaves_out_what_is_not_known) {
  Event event;
  event.host = base64url(filled<32>(1));
  event.epoch = 1;
  event.seq = 1;
  event.time = sample::kToday;
  event.type = "activation";
  event.product = "acme-cad";
  event.cmid = Cmid::parse(sample::kCmid);
  event.error = "product_not_served";
  EXPECT_EQ(line_of(event),
            R"({"host":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","epoch":1,"seq":1,)"
            R"("time":"2026-01-05T08:00:00Z","type":"activation","product":"acme-cad",)"
            R"("cmid":"0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10","activated":false,"count":null,)"
            R"("threshold":null,"error":"product_not_served","state":0,"minutes_left":0,)"
            R"("prev":"AAAAAAAAAAAAAAAAAAAAAA"})");
}

TEST(Event, of_an_act) {
  Event event;
  event.host = base64url(filled<32>(1));
  event.epoch = 3;
  event.seq = 9;
  event.time = sample::kToday;
  event.type = "key_installed";
  event.actor = "token:\"a\"";
  event.detail = R"({"product":"acme-cad"})";
  EXPECT_EQ(line_of(event),
            R"({"host":"AQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQEBAQE","epoch":3,"seq":9,)"
            R"("time":"2026-01-05T08:00:00Z","type":"key_installed","actor":"token:\"a\"",)"
            R"("detail":{"product":"acme-cad"},"prev":"AAAAAAAAAAAAAAAAAAAAAA"})");
  const auto again = parse_event_line(line_of(event)).value();
  EXPECT_EQ(again.actor, event.actor);
  EXPECT_EQ(again.detail, event.detail);
  EXPECT_EQ(again.cmid, std::nullopt);
}

TEST(Event, comes_back_from_its_line_whatever_is_left_out) {
  EXPECT_TRUE(rc::check([] {
    auto event = refused();
    const auto maybe = [](auto& member) {
      if (*rc::gen::arbitrary<bool>()) member = {};
    };
    event.seq = *rc::gen::inRange<std::uint64_t>(1, INT64_MAX);
    event.epoch = *rc::gen::inRange<std::uint32_t>(0, UINT32_MAX);
    event.activated = *rc::gen::arbitrary<bool>();
    event.state = static_cast<LicenceState>(*rc::gen::inRange(0, 7));
    maybe(event.vendor), maybe(event.group), maybe(event.count), maybe(event.threshold);
    maybe(event.error), maybe(event.evidence), maybe(event.ticket), maybe(event.client_time);
    maybe(event.is_virtual), maybe(event.machine), maybe(event.name), maybe(event.address);
    maybe(event.nonce), maybe(event.machine_prev), maybe(event.prev);
    const auto line = line_of(event);
    const auto again = parse_event_line(line);
    RC_ASSERT(again.has_value());
    RC_ASSERT(line_of(*again) == line);
  }));
}

TEST(Event, a_line_that_is_none_is_refused) {
  const auto line = line_of(refused());
  const auto with = [&](std::string_view from, std::string_view to) {
    auto out = line;
    out.replace(out.find(from), from.size(), to);
    return out;
  };
  const std::string cases[] = {"",
                               "{}",
                               "[]",
                               line.substr(0, line.size() - 1),
                               line + line,
                               with("\"epoch\":1", "\"epoch\":\"1\""),
                               with("\"seq\":2", "\"seq\":-2"),
                               with("\"seq\":2", "\"seq\":2,\"seq\":3"),
                               with("\"state\":2", "\"state\":7"),
                               with("\"type\":\"activation\",", ""),
                               with("\"cmid\"", "\"cmit\""),
                               with("2026-01-05T08:00:00Z", "2026-13-05T08:00:00Z"),
                               with("BwcHBwcHBwcHBwcHBwcHBw", "BwcHBwcHBwcHBwcHBwcHB")};
  for (const auto& text : cases) {
    EXPECT_EQ(parse_event_line(text).error().code, ErrorCode::log_broken) << text;
  }
}

TEST(Chain, is_sha256_of_the_hash_before_and_the_line) {
  // Made with Python's hashlib: of 32 zero bytes and "a"; of that hash and "b".
  const auto first = chain_hash(Bytes32{}, "a");
  EXPECT_EQ(hex(first), "41a0370c3d9f42773a59e8e01651911cf43b1e3f66944cbb690029debc4eb647");
  EXPECT_EQ(hex(chain_hash(first, "b")),
            "abccbe9b24d2bbd3aa1360d605147a841dd051130131c6929d6004e1ae4796e8");
}

TEST(HashName, depends_on_salt_and_value) {
  EXPECT_EQ(hash_name(filled<32>(1), "desk"), hash_name(filled<32>(1), "desk"));
  EXPECT_NE(hash_name(filled<32>(1), "desk"), hash_name(filled<32>(2), "desk"));
  EXPECT_NE(hash_name(filled<32>(1), "desk"), hash_name(filled<32>(1), "desk2"));
}

}  // namespace
}  // namespace muster::wire
