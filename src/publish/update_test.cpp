#include "publish/update.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include "publish/testing/zone.h"

namespace muster::publish {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::Pair;
using Reason = Failure::Reason;
using testing::kKey;

HostRecord host(int number) {
  return {.service = "_muster._tcp",
          .zone = "corp.example",
          .srv = {.priority = 0,
                  .weight = 10,
                  .port = 8688,
                  .target = "muster" + std::to_string(number) + ".corp.example"}};
}
std::string line(int number) {
  return "_muster._tcp.corp.example 0 10 8688 muster" + std::to_string(number) + ".corp.example";
}

class Updates : public ::testing::Test {
 public:
  Answer<void> send(const Change& change, const TsigKey& key = kKey) {
    auto update = Update::make("corp.example", change, seconds(300), key, random);
    if (!update) return std::unexpected(update.error());
    EXPECT_THAT(std::string(update->message()), Not(HasSubstr(key.secret)));
    const auto answer = zone.ask({.name = "ns"}, update->message(), stop);
    return answer ? update->read(*answer) : std::unexpected(answer.error());
  }

  SeededRandom random{7};
  testing::Zone zone;
  std::atomic<bool> stop{false};
};

TEST_F(Updates, OneRecordIsAddedAndOneRemovedOthersStay) {
  ASSERT_TRUE(send({.add = {host(1)}, .remove = {}}));
  ASSERT_TRUE(send({.add = {host(2)}, .remove = {}}));
  EXPECT_THAT(zone.records, ElementsAre(Pair(line(1), 300u), Pair(line(2), 300u)));
  ASSERT_TRUE(send({.add = {}, .remove = {host(1)}}));
  EXPECT_THAT(zone.records, ElementsAre(Pair(line(2), 300u)));
}

TEST_F(Updates, WhatIsThereAndWhatIsNotIsNoError) {
  ASSERT_TRUE(send({.add = {host(1)}, .remove = {host(2)}}));
  ASSERT_TRUE(send({.add = {host(1)}, .remove = {host(2)}}));
  EXPECT_THAT(zone.names(), ElementsAre(line(1)));
}

TEST_F(Updates, ARecordThatChangedTakesTheOldOnesPlaceInOneUpdate) {
  ASSERT_TRUE(send({.add = {host(1)}, .remove = {}}));
  auto moved = host(1);
  moved.service = "_muster-tls._tcp";
  moved.srv.port = 9000;
  ASSERT_TRUE(send({.add = {moved}, .remove = {host(1)}}));
  EXPECT_THAT(zone.names(),
              ElementsAre("_muster-tls._tcp.corp.example 0 10 9000 muster1.corp.example"));
  EXPECT_EQ(zone.updates, 2);
}

TEST_F(Updates, WhyItWasNotDone) {
  const TsigKey other{.name = kKey.name, .secret = "YW5vdGhlciBzZWNyZXQgb2Ygc2l4dGVlbg=="};
  const TsigKey unknown{.name = "somebody", .secret = kKey.secret};
  struct Row {
    const TsigKey& key;
    int code;
    bool sign;
    Reason reason;
    std::string says;
  };
  const Row rows[] = {
      {other, 0, true, Reason::wrong_key, "another secret"},
      {unknown, 0, true, Reason::key_unknown, "does not know the key somebody"},
      {kKey, 5, true, Reason::refused, "refuses the key muster-update an update of corp.example"},
      {kKey, 5, false, Reason::refused, "refuses"},
      {kKey, 4, false, Reason::refused, "takes no dynamic updates"},
      {kKey, 9, true, Reason::not_authoritative, "no zone corp.example"},
      {kKey, 10, true, Reason::not_authoritative, "no zone corp.example"},
      {kKey, 2, true, Reason::failed, "failed to update corp.example"},
      {kKey, 8, true, Reason::failed, "response code 8"},
      {kKey, 0, false, Reason::not_signed, "not signed by the key muster-update"},
  };
  for (const auto& row : rows) {
    zone.refuse_with = row.code;
    zone.sign = row.sign;
    const auto done = send({.add = {host(1)}, .remove = {}}, row.key);
    ASSERT_FALSE(done) << row.says;
    EXPECT_EQ(done.error().reason, row.reason) << row.says;
    EXPECT_THAT(done.error().detail, HasSubstr(row.says));
    EXPECT_THAT(done.error().detail, Not(HasSubstr(row.key.secret)));
  }
}

TEST_F(Updates, TheClocksDiffer) {
  // The error stands in the record's last six bytes before its other data: a server that says so
  // signs it, and whoever only wants trouble gets a host that tries again.
  zone.key.name = "somebody";  // an unsigned complaint about the key ...
  zone.spoil = [](std::string& answer) {
    answer.at(answer.size() - 3) = 18;  // ... that says BADTIME
  };
  const auto done = send({.add = {host(1)}, .remove = {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(done.error().reason, Reason::clock);
}

TEST_F(Updates, AnAnswerToSomethingElseIsNone) {
  const std::function<void(std::string&)> ways[] = {
      [](std::string& answer) { answer.clear(); },
      [](std::string& answer) { answer.resize(11); },
      [](std::string& answer) { answer = "HTTP/1.1 400 Bad Request\r\n\r\n"; },
      [](std::string& answer) { answer.at(0) ^= 1; },       // another message's number
      [](std::string& answer) { answer.at(2) ^= '\x80'; },  // a question
      [](std::string& answer) { answer.at(2) ^= '\x28'; },  // to a query
      [](std::string& answer) { answer.pop_back(); },
  };
  for (const auto& way : ways) {
    zone.spoil = way;
    const auto done = send({.add = {host(1)}, .remove = {}});
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().reason, Reason::bad_answer) << done.error().detail;
  }
}

// Whoever sits in between cannot make a host believe that its record stands: neither by changing
// the answer of a server that refused, nor by changing what another answer's header says.
RC_GTEST_FIXTURE_PROP(Updates, NoChangedAnswerIsBelieved, ()) {
  constexpr std::size_t kHeader = 12;
  zone.refuse_with = *rc::gen::element(0, 2, 5, 9);
  const auto at = *rc::gen::inRange<std::size_t>(0, zone.refuse_with != 0 ? 160 : kHeader);
  const auto bits = *rc::gen::inRange<int>(1, 256);
  zone.spoil = [&](std::string& answer) {
    RC_PRE(at < answer.size());
    answer.at(at) = static_cast<char>(answer.at(at) ^ bits);
  };
  RC_ASSERT(!send({.add = {host(1)}, .remove = {}}));
}

TEST_F(Updates, ANameThatIsNoneIsNotSent) {
  auto record = host(1);
  record.srv.target = std::string(64, 'a') + ".example";
  const auto done = send({.add = {record}, .remove = {}});
  ASSERT_FALSE(done);
  EXPECT_EQ(zone.updates, 0);
}

}  // namespace
}  // namespace muster::publish
