#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "dns/srv.h"
#include "dns/testing/message.h"

namespace muster::dns {
namespace {

using Outcome = SrvLookup::Outcome;
using testing::ElementsAre;

const std::string kName = "_muster._tcp.corp.example";
const Srv kFirst{10, 5, 8688, "a.corp.example"};
const Srv kSecond{20, 0, 8689, "b.corp.example"};

SrvLookup read(const Message& message) { return read_srv_answer(message.bytes, kName); }

TEST(SrvAnswer, EveryRecordOfTheNameIsRead) {
  const auto found = read(Message(kName).srv(kName, kFirst).srv(kName, kSecond));
  EXPECT_EQ(found.outcome, Outcome::found);
  EXPECT_THAT(found.records, ElementsAre(kFirst, kSecond));
}

TEST(SrvAnswer, NamesAreTheSameInCapitals) {
  const auto found =
      read(Message(kName).srv("_MUSTER._tcp.Corp.Example", {0, 0, 8688, "A.Corp.Example"}));
  EXPECT_THAT(found.records, ElementsAre(Srv{0, 0, 8688, "a.corp.example"}));
}

TEST(SrvAnswer, WhatACodeSays) {
  const struct {
    std::uint8_t rcode;
    Outcome outcome;
  } table[] = {{0, Outcome::no_record}, {1, Outcome::bad_answer}, {2, Outcome::no_answer},
               {3, Outcome::no_name},   {4, Outcome::no_answer},  {5, Outcome::no_answer}};
  for (const auto& row : table) {
    EXPECT_EQ(read(Message(kName, row.rcode)), SrvLookup{row.outcome}) << int{row.rcode};
  }
}

TEST(SrvAnswer, ATargetOfTheRootIsNoService) {
  EXPECT_EQ(read(Message(kName).srv(kName, {0, 0, 0, ""})).outcome, Outcome::not_offered);
}

TEST(SrvAnswer, AnAliasThatTheAnswerExplainsIsFollowed) {
  const std::string other = "_muster._tcp.hosting.example";
  const auto found = read(Message(kName).alias(kName, other).srv(other, kFirst));
  EXPECT_THAT(found.records, ElementsAre(kFirst));
}

TEST(SrvAnswer, AliasesInACircleEnd) {
  const auto found =
      read(Message(kName).alias(kName, "x.example").alias("x.example", kName).srv("y", kFirst));
  EXPECT_EQ(found.outcome, Outcome::no_record);
}

TEST(SrvAnswer, WhatIsNotOursIsLeftOut) {
  Message message(kName);
  message.srv("_muster._tcp.other.example", kFirst);
  message.record(kName, 16, 2).number(0x0141);  // TXT "A"
  message.record(kName, Message::kSrv, 8, 3).number(0).number(0).number(1).number(0x0000);  // CHAOS
  EXPECT_EQ(read(message).outcome, Outcome::no_record);
  EXPECT_THAT(read(message.srv(kName, kSecond)).records, ElementsAre(kSecond));
}

TEST(SrvAnswer, ARecordThatNamesNoHostIsLeftOut) {
  for (const auto& useless :
       {Srv{0, 0, 0, "a.example"}, Srv{0, 0, 1, "a b.example"}, Srv{0, 0, 1, "a\n.example"},
        Srv{0, 0, 1, "-a.example"}, Srv{0, 0, 1, "a/b"}, Srv{0, 0, 1, "user@a"}}) {
    EXPECT_EQ(read(Message(kName).srv(kName, useless)).outcome, Outcome::bad_answer)
        << useless.target;
    EXPECT_THAT(read(Message(kName).srv(kName, useless).srv(kName, kFirst)).records,
                ElementsAre(kFirst));
  }
}

TEST(SrvAnswer, ARecordThatStandsTwiceIsOne) {
  EXPECT_THAT(read(Message(kName).srv(kName, kFirst).srv(kName, kFirst)).records,
              ElementsAre(kFirst));
}

// ---- bytes that somebody made

TEST(SrvAnswer, ACompressedTargetIsRead) {
  Message message(kName);
  message.record(kName, Message::kSrv, 6 + 2 + 2).number(0).number(0).number(8688);
  message.label_list("a").pointer(12);
  EXPECT_THAT(read(message).records, ElementsAre(Srv{0, 0, 8688, "a." + kName}));
}

TEST(SrvAnswer, ANameThatPointsAtItselfIsNone) {
  Message message(kName);
  message.record(kName, Message::kSrv, 6 + 2).number(0).number(0).number(8688);
  message.pointer(message.bytes.size());
  EXPECT_EQ(read(message).outcome, Outcome::bad_answer);
}

TEST(SrvAnswer, NamesThatPointAtEachOtherAreNone) {
  Message message(kName);
  message.record(kName, Message::kSrv, 6 + 4).number(0).number(0).number(8688);
  const auto here = message.bytes.size();
  message.pointer(here + 2).pointer(here);
  EXPECT_EQ(read(message).outcome, Outcome::bad_answer);
}

TEST(SrvAnswer, ATargetThatEndsBeforeOrBehindItsDataIsNone) {
  Message shorter(kName);
  shorter.record(kName, Message::kSrv, 6 + 5).number(0).number(0).number(8688).name("a").number(0);
  EXPECT_EQ(read(shorter).outcome, Outcome::bad_answer);
  Message longer(kName);
  longer.record(kName, Message::kSrv, 6 + 2).number(0).number(0).number(8688).name("abc");
  EXPECT_EQ(read(longer).outcome, Outcome::bad_answer);
}

TEST(SrvAnswer, AQuestionAndNothingAtAllAreNoAnswer) {
  EXPECT_EQ(read(Message(kName, 0, false).srv(kName, kFirst)).outcome, Outcome::bad_answer);
  EXPECT_EQ(read_srv_answer({}, kName).outcome, Outcome::bad_answer);
}

TEST(SrvAnswer, ARecordThatIsCountedAndNotThereSpoilsTheMessage) {
  EXPECT_EQ(read(Message(kName).srv(kName, kFirst).count()).outcome, Outcome::bad_answer);
}

// Cut anywhere it is not valid: no half of a name is taken for a whole one.
TEST(SrvAnswer, ACutMessageNamesNoHost) {
  const auto whole = Message(kName).srv(kName, kFirst).srv(kName, kSecond).bytes;
  for (std::size_t size = 0; size < whole.size(); ++size) {
    EXPECT_EQ(read_srv_answer(std::span(whole).first(size), kName).outcome, Outcome::bad_answer)
        << size;
  }
}

RC_GTEST_PROP(SrvAnswer, AnyChangedByteGivesHostsNamesOrNothing, ()) {
  auto bytes = Message(kName).srv(kName, kFirst).alias("x", kName).srv(kName, kSecond).bytes;
  const auto changes = *rc::gen::container<std::vector<std::pair<std::uint8_t, std::uint8_t>>>(
      rc::gen::arbitrary<std::pair<std::uint8_t, std::uint8_t>>());
  for (const auto& [at, value] : changes) bytes[at % bytes.size()] = value;
  const auto found = read_srv_answer(bytes, kName);
  RC_ASSERT((found.outcome == Outcome::found) == !found.records.empty());
  for (const auto& record : found.records) {
    RC_ASSERT(record.port != 0);
    RC_ASSERT(!record.target.empty());
    RC_ASSERT(record.target.find_first_not_of("abcdefghijklmnopqrstuvwxyz0123456789-_.") ==
              std::string::npos);
  }
}

}  // namespace
}  // namespace muster::dns
