// Every request is counted once, under what it was answered.
#include <gtest/gtest.h>

#include <map>

#include "service/admin_api.h"
#include "service/host_service.h"
#include "service/testing/admin_body.h"
#include "service/testing/host_fixture.h"

namespace muster::service::testing {
namespace {

struct Figures : HostFixture {
  void SetUp() override {
    limits.rates.cmid_burst = 1;
    open_host();
    install({{"acme-cad", threshold_of(2)}});
  }
  // One request of a machine of its own; counted here as it was answered.
  void send(int n, const std::string& product = "acme-cad", seconds late = seconds{0}) {
    auto each = desk(n, product);
    each.request.time = clock.wall - late;
    count(ask_raw(wire::encode_request(each.request)));
  }
  void count(const Reply& reply) {
    ++sent;
    if (reply.status != 200) {
      ++answered[wire::decode_problem(reply.body).code];
      return;
    }
    const auto answer = *wire::decode_answer(reply.body);
    if (answer.error) {
      ++answered[*answer.error];
    } else {
      ++activated;
    }
  }
  void expect_all_counted() {
    const auto& figures = host->figures();
    EXPECT_EQ(figures.activated, activated);
    auto sum = figures.activated.load();
    for (const auto code : HostService::Figures::kRefusals) {
      EXPECT_EQ(figures.refused_with(code), answered[code]) << entry(code).name;
      sum += figures.refused_with(code);
    }
    EXPECT_EQ(sum, sent);
  }

  std::map<ErrorCode, std::uint64_t> answered;
  std::uint64_t sent = 0, activated = 0;
};

TEST_F(Figures, EveryAnswerIsCountedOnceAndTheSumIsWhatWasAsked) {
  send(1);
  send(2);
  send(2);
  send(3, "other-cad");
  send(4, "acme-cad", seconds(5 * 3600));
  count(ask_raw("{"));
  count(ask_raw(R"({"product":"a","product":"b"})"));

  limits.queue_most = 0;
  disk->free_part = 0.05;
  host->tick();
  send(5);
  disk->free_part = 1.0;
  host->tick();
  disk->disk_full = true;
  send(6);
  send(7);
  disk->disk_full = false;
  host->tick();
  clock.wall += std::chrono::days(31);
  host->tick();
  send(8);
  ASSERT_TRUE(host->confirm_clock("host"));
  host->stop_accepting();
  send(9);

  EXPECT_EQ(answered[ErrorCode::store_unavailable], 2u);
  for (const auto code :
       {ErrorCode::too_many_requests, ErrorCode::product_not_served, ErrorCode::clock_skew,
        ErrorCode::malformed_request, ErrorCode::repeated_member, ErrorCode::disk_low,
        ErrorCode::clock_suspect, ErrorCode::stopping}) {
    EXPECT_EQ(answered[code], 1u) << entry(code).name;
  }
  expect_all_counted();
}

TEST_F(Figures, AFullQueueIsCounted) {
  limits.queue_most = 0;
  open_host();
  install({{"acme-cad", threshold_of(2)}});
  send(1);
  EXPECT_EQ(answered[ErrorCode::host_full], 1u);
  expect_all_counted();
}

TEST_F(Figures, EvidenceIsOfCountedRequestsAlone) {
  send(1);
  send(2, "other-cad");
  send(3, "acme-cad", seconds(5 * 3600));
  auto without_facts = desk(4);
  without_facts.request.facts = {};
  without_facts.request.time = clock.wall;
  count(ask_raw(wire::encode_request(without_facts.request)));
  const auto& evidence = host->figures().evidence;
  EXPECT_EQ(evidence[0], 1u) << "counted, without facts";
  EXPECT_EQ(evidence[static_cast<std::size_t>(core::Evidence::first)], 1u);
}

TEST_F(Figures, RequestsThatNoKeyServesAreInTheStatusAndStayOverARestart) {
  send(1);
  send(2, "other-cad");
  send(3, "other-cad");
  disk->disk_full = true;
  send(4, "other-cad");
  disk->disk_full = false;
  ASSERT_TRUE(host->stop());
  open_host();
  send(5, "other-cad");
  EXPECT_EQ(host->unserved(), 3u);
  const auto status = get_status(*host, {}).body;
  EXPECT_NE(status.find(R"("requests":4,"failed":4,"unserved":3)"), std::string::npos) << status;
}

// Each group by itself, as the host counts it, whoever looks and since when.
TEST_F(Figures, EachGroupsRequestsOfTheLastMinute) {
  const auto shown = [&] {
    host->tick();
    return Body(get_status(*host, {})).at("groups.0.requests_last_minute");
  };
  EXPECT_EQ(shown(), "0");
  for (int n = 1; n <= 3; ++n) send(n);
  EXPECT_EQ(Body(get_groups(*host, {})).at("groups.0.requests_last_minute"), "0")
      << "nobody has looked at a new group yet";
  EXPECT_EQ(shown(), "3");
  send(9, "acme-unknown");
  EXPECT_EQ(shown(), "3") << "what no key serves is in no group";
  for (int second = 0; second < 30; ++second) {
    clock.pass(seconds(1));
    send(10 + second);
    EXPECT_EQ(shown(), std::to_string(4 + second));
  }
  clock.pass(seconds(30));
  EXPECT_EQ(shown(), "30") << "the first three are over a minute ago";
  clock.pass(seconds(31));
  EXPECT_EQ(shown(), "0");
  // The counter goes on over a restart, the minute begins anew.
  open_host();
  EXPECT_EQ(shown(), "0");
  send(50);
  clock.pass(seconds(1));
  EXPECT_EQ(shown(), "1");
}

}  // namespace
}  // namespace muster::service::testing
