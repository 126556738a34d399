#include "client/state.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include "base/digest.h"

namespace muster::client {
namespace {

using testing::HasSubstr;

Facts facts_of(std::string_view value) {
  Facts out;
  out.add("machine_id", hash_fact("vendor", "machine_id", value));
  return out;
}

State full() {
  SeededRandom random(3);
  State out;
  out.host = "http://host.example:8688";
  out.set = "pod-7";
  GroupState group;
  group.vendor_id = base64url(random.bytes<32>());
  group.group = "desktop";
  group.cmid = Cmid::random(random);
  group.system = facts_of("a");
  group.facts = facts_of("b");
  group.ticket = random.bytes<24>();
  group.nonce = random.bytes<16>();
  group.newest_seen = *parse_time("2026-01-05T08:00:00Z");
  group.newest_signed = *parse_time("2026-01-05T07:59:58Z");
  group.pending = PendingChange{Pending::rearm, {"boot-1", "25"}, facts_of("a"), facts_of("b")};
  ProductState product;
  product.product = "acme-cad";
  product.vendor_id = group.vendor_id;
  product.group = group.group;
  product.file = "aaa.bbb.ccc";
  product.installed = true;
  product.mak = MakState{random.bytes<32>(), "ABCDE", true};
  product.mak_asked = MakAsked{random.bytes<32>(), random.bytes<16>()};
  product.rearms_used = 2;
  product.grace_pending = true;
  product.host = "https://other.example:8688";
  product.answered = "http://host.example:8688";
  product.last = LastAttempt{
      group.newest_seen, "http://host.example:8688", false, "count_insufficient", 24, 25,
      seconds(7214)};
  out.groups.push_back(group);
  out.products.push_back(product);
  return out;
}

TEST(State, IsReadAsItWasWritten) {
  const auto state = full();
  const auto text = encode_state(state, StateFile::identity);
  const auto read = decode_state(text, StateFile::identity, "identity");
  ASSERT_TRUE(read) << read.error().detail;
  EXPECT_EQ(*read, state);
}

TEST(State, TheFileForEverybodyHoldsNoSecret) {
  const auto state = full();
  const auto text = encode_state(state, StateFile::licence);
  EXPECT_THAT(text, testing::Not(HasSubstr("pod-7")));
  EXPECT_THAT(text, testing::Not(HasSubstr(base64url(*state.groups[0].ticket))));
  EXPECT_THAT(text, testing::Not(HasSubstr(base64url(*state.groups[0].nonce))));
  EXPECT_THAT(text, testing::Not(HasSubstr(base64url(*state.products[0].mak->secret))));
  auto read = decode_state(text, StateFile::licence, "licence");
  ASSERT_TRUE(read);
  EXPECT_FALSE(read->products[0].mak_asked);
  read->products[0].mak->secret = state.products[0].mak->secret;
  read->products[0].mak_asked = state.products[0].mak_asked;
  read->set = state.set;
  read->groups[0].ticket = state.groups[0].ticket;
  read->groups[0].nonce = state.groups[0].nonce;
  EXPECT_EQ(*read, state);
}

TEST(State, DamageIsAnErrorThatSaysSo) {
  const auto good = encode_state(full(), StateFile::identity);
  for (std::size_t cut = 0; cut + 1 < good.size(); ++cut) {
    const auto read = decode_state(good.substr(0, cut), StateFile::identity, "identity");
    ASSERT_FALSE(read) << cut;
    ASSERT_EQ(read.error().code, ErrorCode::state_corrupt) << cut;
    ASSERT_THAT(read.error().detail, testing::StartsWith("identity: "));
  }
}

TEST(State, AChangedByteIsNeverReadAsAnotherState) {
  const auto state = full();
  const auto good = encode_state(state, StateFile::identity);
  EXPECT_TRUE(rc::check([&] {
    auto bad = good;
    const auto at = *rc::gen::inRange<std::size_t>(0, bad.size());
    bad[at] = static_cast<char>(*rc::gen::inRange(0, 256));
    const auto read = decode_state(bad, StateFile::identity, "identity");
    RC_ASSERT((!read || *read == state));
  }));
}

TEST(State, OfANewerVersionIsNotTouched) {
  auto text = encode_state(full(), StateFile::identity);
  text.replace(text.find("\"version\":1"), 11, "\"version\":2");
  const auto read = decode_state(text, StateFile::identity, "identity");
  ASSERT_FALSE(read);
  EXPECT_EQ(read.error().code, ErrorCode::state_newer);
}

TEST(State, OneFileInTheOthersPlaceIsRefused) {
  const auto text = encode_state(full(), StateFile::licence);
  EXPECT_FALSE(decode_state(text, StateFile::identity, "identity"));
}

TEST(State, WhatDoesNotHoldTogetherIsRefused) {
  struct Case {
    std::string_view what;
    void (*change)(State&);
  };
  const std::vector<Case> cases = {
      {"has no group", [](State& s) { s.groups.clear(); }},
      {"group desktop stands twice", [](State& s) { s.groups.push_back(s.groups[0]); }},
      {"product acme-cad stands twice", [](State& s) { s.products.push_back(s.products[0]); }},
      {"installed twice",
       [](State& s) {
         auto group = s.groups[0];
         group.vendor_id = base64url(sha256(as_bytes("another")));
         auto product = s.products[0];
         product.vendor_id = group.vendor_id;
         s.groups.push_back(group);
         s.products.push_back(product);
       }},
  };
  for (const auto& one : cases) {
    auto state = full();
    one.change(state);
    const auto text = encode_state(state, StateFile::identity);
    const auto read = decode_state(text, StateFile::identity, "identity");
    ASSERT_FALSE(read) << one.what;
    EXPECT_EQ(read.error().code, ErrorCode::state_corrupt);
    EXPECT_THAT(read.error().detail, HasSubstr(std::string(one.what)));
  }
}

}  // namespace
}  // namespace muster::client
