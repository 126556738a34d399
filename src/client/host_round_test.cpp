#include "client/host_round.h"

#include <gmock/gmock.h>

#include "client/fakes.h"
#include "dns/testing/records.h"

namespace muster::client {
namespace {

using std::chrono::milliseconds;
using testing::ElementsAre;
using testing::HasSubstr;

// Hosts that take their time, on a clock that moves by what was waited.
class SlowNetwork final : public Transport {
 public:
  struct Host {
    milliseconds takes{};
    int status = 200;
  };
  std::map<std::string, Host> hosts;  // who is not there refuses at once
  std::vector<std::string> asked;

  explicit SlowNetwork(FakeClock& clock) : clock_(clock) {}
  Expected<HttpAnswer> post(const HostUrl& host, std::string_view, std::string_view) override {
    return wait(host, seconds(10));
  }
  Expected<HttpAnswer> post_within(milliseconds most, const HostUrl& host, std::string_view,
                                   std::string_view) override {
    return wait(host, most);
  }
  void cancel() override {}

 private:
  Expected<HttpAnswer> wait(const HostUrl& host, milliseconds most) {
    asked.push_back(host.name);
    const auto at = hosts.find(host.name);
    if (at == hosts.end()) return fail(ErrorCode::no_host, "connect: Connection refused");
    clock_.pass(std::min(most, at->second.takes));
    if (at->second.takes > most) return fail(ErrorCode::no_host, "receive: no answer in time");
    return HttpAnswer{at->second.status, "", seconds(90)};
  }
  FakeClock& clock_;
};

// Three hosts, in this order: a, b, c.
dns::Records three_hosts() {
  dns::Records out;
  out.domains = {"corp.example"};
  std::uint16_t priority = 0;
  for (const auto* name : {"a", "b", "c"}) {
    out.add("_muster._tcp.corp.example", {++priority, 0, 8688, name});
  }
  return out;
}

class HostRoundTest : public testing::Test {
 protected:
  bool ask() {
    return round_.ask("/v1/activations", "{}", [&](const HttpAnswer& answer) -> Expected<void> {
      if (answer.status == 200) return {};
      return fail(ErrorCode::bad_signature, "the signature does not fit");
    });
  }
  seconds waited() { return std::chrono::ceil<seconds>(clock_.steady - began_); }

  FakeClock clock_;
  milliseconds began_ = clock_.steady;
  SlowNetwork network_{clock_};
  dns::Records dns_ = three_hosts();
  SeededRandom random_{1};
  HostSearch search_{{&dns_}, random_, {}};
  ActivateResult result_;
  HostRound round_{network_, clock_, search_, result_};
};

TEST_F(HostRoundTest, ASilentHostIsLeftForTheNextAfterTwoSeconds) {
  network_.hosts["a"].takes = seconds(60);
  network_.hosts["b"] = {};
  EXPECT_TRUE(ask());
  EXPECT_EQ(result_.host, "http://b:8688");
  EXPECT_EQ(waited(), seconds(2));
  EXPECT_THAT(result_.tried, ElementsAre("http://a:8688: receive: no answer in time"));
}

TEST_F(HostRoundTest, AnAnswerThatDoesNotHoldIsNoEnd) {
  network_.hosts["a"].status = 500;
  network_.hosts["b"] = {};
  EXPECT_TRUE(ask());
  EXPECT_EQ(result_.host, "http://b:8688");
  EXPECT_EQ(waited(), seconds(0));
}

TEST_F(HostRoundTest, ASlowHostIsBetterThanNone) {
  network_.hosts["a"].takes = seconds(60);
  network_.hosts["b"].takes = seconds(5);
  EXPECT_TRUE(ask());
  EXPECT_EQ(result_.host, "http://b:8688");
  EXPECT_THAT(network_.asked, ElementsAre("a", "b", "c", "a", "b"));
  EXPECT_EQ(waited(), seconds(2 + 2 + 10 + 5));
}

TEST_F(HostRoundTest, OneThatRefusedIsNotAskedAgain) {
  EXPECT_FALSE(ask());
  EXPECT_THAT(network_.asked, ElementsAre("a", "b", "c"));
  EXPECT_EQ(round_.failure().code, ErrorCode::no_host);
  EXPECT_THAT(round_.failure().detail, HasSubstr("http://a:8688: connect: Connection refused; "));
}

TEST_F(HostRoundTest, WhatAHostSaidTellsMoreThanSilence) {
  network_.hosts["b"].status = 500;
  EXPECT_FALSE(ask());
  EXPECT_EQ(round_.failure().code, ErrorCode::bad_signature);
  EXPECT_EQ(round_.wait(), seconds(90));
}

TEST_F(HostRoundTest, TheOnlyHostHasTheWholeTime) {
  SlowNetwork network(clock_);
  network.hosts["only"].takes = seconds(9);
  HostSearch search({}, random_, {{*parse_host_url("only"), Candidate::From::configured}});
  HostRound round(network, clock_, search, result_);
  EXPECT_TRUE(round.ask("/", "{}", [](const HttpAnswer&) { return Expected<void>(); }));
  EXPECT_THAT(network.asked, ElementsAre("only"));
}

TEST_F(HostRoundTest, EachHostStandsOnceAmongThoseThatWereTried) {
  for (const auto* name : {"a", "b", "c"}) network_.hosts[name].takes = seconds(60);
  EXPECT_FALSE(ask());
  EXPECT_EQ(network_.asked.size(), 6u - 1u) << "the last one has the whole time at once";
  EXPECT_EQ(result_.tried.size(), 3u);
}

}  // namespace
}  // namespace muster::client
