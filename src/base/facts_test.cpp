#include "base/facts.h"

#include <gtest/gtest.h>

#include "base/digest.h"

namespace muster {
namespace {

Bytes16 value(std::uint8_t byte) {
  Bytes16 out{};
  out[0] = byte;
  return out;
}

Facts facts(std::initializer_list<std::pair<const char*, std::uint8_t>> rows) {
  Facts out;
  for (const auto& [kind, byte] : rows) EXPECT_TRUE(out.add(kind, value(byte)));
  return out;
}

TEST(Facts, AreKeptByKindInOrder) {
  const auto machine = facts({{"set", 3}, {"machine_id", 1}, {"product_uuid", 2}});
  std::vector<std::string> kinds;
  for (const auto& fact : machine) kinds.push_back(fact.kind);
  EXPECT_EQ(kinds, (std::vector<std::string>{"machine_id", "product_uuid", "set"}));
  EXPECT_EQ(machine, facts({{"machine_id", 1}, {"product_uuid", 2}, {"set", 3}}));
}

TEST(Facts, RefuseAKindTwiceABadKindAndANinth) {
  Facts machine;
  EXPECT_TRUE(machine.add("set", value(1)));
  EXPECT_FALSE(machine.add("set", value(2)));
  EXPECT_EQ(*machine.find("set"), value(1));
  for (const std::string kind : {"", "Set", "machine-id", "machine id", "m\xc3\xa9"}) {
    EXPECT_FALSE(machine.add(kind, value(1))) << kind;
  }
  EXPECT_FALSE(machine.add(std::string(33, 'a'), value(1)));
  EXPECT_TRUE(machine.add(std::string(32, 'a'), value(1)));
  for (const auto* kind : {"b", "c", "d", "e", "f", "g"}) EXPECT_TRUE(machine.add(kind, value(1)));
  EXPECT_EQ(machine.size(), Facts::kMost);
  EXPECT_FALSE(machine.add("h", value(1)));
}

TEST(Facts, ThePrimaryIsTheFirstThatIsThere) {
  EXPECT_EQ(facts({{"set", 1}, {"product_uuid", 2}, {"machine_id", 3}}).primary(), value(1));
  EXPECT_EQ(facts({{"product_uuid", 2}, {"machine_id", 3}}).primary(), value(2));
  EXPECT_EQ(facts({{"machine_id", 3}}).primary(), value(3));
  EXPECT_FALSE(facts({{"smbios", 4}}).primary());
  EXPECT_FALSE(Facts{}.primary());
}

TEST(SameMachine, AsksTheKindsThatBothHold) {
  const struct {
    const char* why;
    Facts a, b;
    bool any, most, all;
  } rows[] = {
      {"equal", facts({{"a", 1}, {"b", 2}}), facts({{"a", 1}, {"b", 2}}), true, true, true},
      {"one of two", facts({{"a", 1}, {"b", 2}}), facts({{"a", 1}, {"b", 9}}), true, false, false},
      {"two of three", facts({{"a", 1}, {"b", 2}, {"c", 3}}), facts({{"a", 1}, {"b", 2}, {"c", 9}}),
       true, true, false},
      {"one in common, equal", facts({{"a", 1}, {"b", 2}}), facts({{"a", 1}, {"c", 3}}), true, true,
       true},
      {"none equal", facts({{"a", 1}}), facts({{"a", 2}}), false, false, false},
      {"none in common", facts({{"a", 1}}), facts({{"b", 1}}), false, false, false},
      {"one holds none", facts({{"a", 1}}), Facts{}, false, false, false},
      {"both hold none", Facts{}, Facts{}, false, false, false},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(same_machine(row.a, row.b, Match::any), row.any) << row.why;
    EXPECT_EQ(same_machine(row.a, row.b), row.most) << row.why;
    EXPECT_EQ(same_machine(row.a, row.b, Match::all), row.all) << row.why;
    EXPECT_EQ(same_machine(row.b, row.a), row.most) << row.why << ", the other way round";
  }
}

TEST(HashFact, IsTheMacUnderTheValue) {
  const auto mac = hmac_sha256(as_bytes("desk-1"), as_bytes("muster-fact-1vendorset"));
  EXPECT_EQ(hash_fact("vendor", "set", "desk-1"), first16(mac));
}

TEST(HashFact, TwoVendorsCannotCompareMachines) {
  EXPECT_NE(hash_fact("vendor-a", "set", "desk-1"), hash_fact("vendor-b", "set", "desk-1"));
  EXPECT_NE(hash_fact("vendor-a", "set", "desk-1"), hash_fact("vendor-a", "machine_id", "desk-1"));
}

}  // namespace
}  // namespace muster
