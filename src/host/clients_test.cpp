// The clients' side over real sockets.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <set>

#include "host/testing/host_fixture.h"
#include "wire/exchange.h"
#include "wire/json.h"

namespace muster::host::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::IsEmpty;

class Clients : public HostTest {};

// The code of a problem document.
std::string code_of(std::string_view answer) {
  return std::string(entry(wire::decode_problem(body_of(answer)).code).name);
}

// The value of a header field; empty where it is absent.
std::string field_of(std::string_view answer, std::string_view name) {
  const auto begin = answer.find(fmt::format("\r\n{}: ", name));
  if (begin == std::string_view::npos) return {};
  const auto value = begin + name.size() + 4;
  return std::string(answer.substr(value, answer.find("\r\n", value) - value));
}

TEST_F(Clients, MachinesActivateAtTheThreshold) {
  start();
  auto wire = clients();
  wire.send(post("/v1/activations", request_of(1, clock.now())));
  const auto first = wire::decode_answer(body_of(wire.answer()));
  ASSERT_TRUE(first);
  EXPECT_FALSE(first->activated);
  EXPECT_EQ(first->count, 1u);
  EXPECT_EQ(first->error, ErrorCode::count_insufficient);
  wire.send(post("/v1/activations", request_of(2, clock.now())));
  const auto second = wire::decode_answer(body_of(wire.answer()));
  ASSERT_TRUE(second);
  EXPECT_TRUE(second->activated);
  EXPECT_TRUE(second->activation.has_value());
}

TEST_F(Clients, PipelinedRequestsAreAnsweredInTheirOrder) {
  start();
  std::string all;
  for (int n = 1; n <= 40; ++n) all += post("/v1/activations", request_of(n, clock.now()));
  auto wire = clients();
  wire.send(all + get("/healthz"));
  for (std::uint32_t n = 1; n <= 40; ++n) {
    const auto answer = wire::decode_answer(body_of(wire.answer()));
    ASSERT_TRUE(answer) << n;
    EXPECT_EQ(answer->count, std::min(n, 4u)) << "the capacity is 4";
  }
  EXPECT_THAT(wire.answer(), HasSubstr("alive"));
}

TEST_F(Clients, EveryRefusalIsAProblemDocument) {
  start();
  const auto good = request_of(1, clock.now());
  const auto without = [](std::string text, std::string_view part) {
    text.erase(text.find(part), part.size());
    return text;
  };
  struct Row {
    std::string_view what;
    std::string request;
    int status;
    std::string code;
  };
  const std::vector<Row> rows = {
      {"unknown path", get("/nothing"), 404, "not_found"},
      {"administration's path", get("/v1/groups"), 404, "not_found"},
      {"wrong method", get("/v1/activations"), 405, "method_not_allowed"},
      {"wrong method", post("/v1/host", "{}"), 405, "method_not_allowed"},
      {"no type", without(post("/v1/activations", good), "Content-Type: application/json\r\n"), 415,
       "unsupported_media_type"},
      {"a web page", post("/v1/activations", good, "Origin: https://evil.example\r\n"), 403,
       "origin_refused"},
      {"a web page without origin", post("/v1/activations", good, "Origin: null\r\n"), 403,
       "origin_refused"},
      {"no JSON", post("/v1/activations", "{"), 400, "malformed_request"},
      {"twice", post("/v1/activations", R"({"product":"a","product":"b"})"), 400,
       "repeated_member"},
      {"too large", post("/v1/activations", std::string(17 * 1024, ' ')), 413, "body_too_large"},
      {"no HTTP", "hello\r\n\r\n", 400, "malformed_request"},
      {"header too large", get("/healthz", "X: " + std::string(9000, 'x') + "\r\n"), 431,
       "header_too_large"},
      {"no host", "GET /healthz HTTP/1.1\r\n\r\n", 400, "malformed_request"},
      {"another host", "GET /healthz HTTP/1.1\r\nHost: evil.example\r\n\r\n", 421, "wrong_host"},
  };
  for (const auto& row : rows) {
    const auto answer = ask(row.request);
    EXPECT_EQ(status_of(answer), row.status) << row.what << "\n" << answer;
    EXPECT_EQ(code_of(answer), row.code) << row.what;
    EXPECT_THAT(answer, HasSubstr("Content-Type: application/problem+json\r\n")) << row.what;
  }
}

TEST_F(Clients, AHugeBodyIsRefusedBeforeItIsSent) {
  start();
  auto wire = clients();
  wire.send(
      "POST /v1/activations HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n"
      "Content-Length: 1000000000\r\n\r\n");
  const auto answer = wire.answer();
  EXPECT_EQ(status_of(answer), 413);
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  wire.half_close();
  EXPECT_TRUE(wire.closed());
}

TEST_F(Clients, ASlowClientIsToldAndAHalfOpenOneIsClosed) {
  options.request_timeout = seconds(1);
  options.idle_timeout = seconds(1);
  start();
  auto silent = clients();
  auto slow = clients();
  auto idle = clients();
  slow.send("POST /v1/activations HTTP/1.1\r\nHost: loc");
  idle.send(get("/healthz"));
  EXPECT_EQ(status_of(idle.answer()), 200);
  const auto answer = slow.answer();
  EXPECT_EQ(status_of(answer), 408);
  EXPECT_EQ(code_of(answer), "request_timeout");
  EXPECT_TRUE(silent.closed());
  EXPECT_TRUE(idle.closed());
}

TEST_F(Clients, AConnectionOverTheLimitIsToldToComeAgain) {
  options.connections_most = 2;
  options.threads = 1;
  start();
  auto first = clients();
  first.send("GET /healthz HTTP/1.1\r\n");  // both have something to say: neither can make room
  auto second = clients();
  second.send("GET /healthz HTTP/1.1\r\n");
  std::string answer;
  // The first two are accepted when the host gets round to it; whoever comes when it has is turned
  // away.
  for (int i = 0; i < 1000 && status_of(answer) != 503; ++i) answer = ask(get("/healthz"));
  EXPECT_EQ(status_of(answer), 503);
  EXPECT_EQ(code_of(answer), "host_full");
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
}

TEST_F(Clients, AFullDiskIsServiceUnavailableAndNothingIsLost) {
  start();
  EXPECT_EQ(status_of(ask(get("/readyz"))), 200);
  disk->disk_full = true;
  const auto refused = ask(post("/v1/activations", request_of(1, clock.now())));
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_EQ(code_of(refused), "store_unavailable");
  EXPECT_EQ(status_of(ask(get("/readyz"))), 503);
  disk->disk_full = false;
  service->tick();
  EXPECT_EQ(status_of(ask(get("/readyz"))), 200);
  EXPECT_EQ(status_of(ask(post("/v1/activations", request_of(1, clock.now())))), 200);
}

TEST_F(Clients, ASuspectClockIsNotReadyAndNobodyIsServedUntilItIsConfirmed) {
  start();
  clock.ahead = std::chrono::days(31);
  service->tick();
  const auto not_ready = ask(get("/readyz"));
  EXPECT_EQ(status_of(not_ready), 503);
  EXPECT_EQ(code_of(not_ready), "clock_suspect");
  EXPECT_EQ(status_of(ask(get("/healthz"))), 200);
  const auto refused = ask(post("/v1/activations", request_of(1, clock.now())));
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_EQ(code_of(refused), "clock_suspect");
  auto wire = owner();
  wire.send(post("/v1/clock/confirm", "{}"));
  EXPECT_EQ(status_of(wire.answer()), 200);
  EXPECT_EQ(status_of(ask(get("/readyz"))), 200);
  EXPECT_EQ(status_of(ask(post("/v1/activations", request_of(1, clock.now())))), 200);
}

TEST_F(Clients, AFullQueueIsToldToComeAgainInAMinuteOrTwo) {
  options.limits.queue_most = 0;
  start();
  std::set<std::string> waits;
  for (int n = 1; n <= 20; ++n) {
    const auto answer = ask(post("/v1/activations", request_of(n, clock.now())));
    EXPECT_EQ(status_of(answer), 503);
    EXPECT_EQ(code_of(answer), "host_full");
    waits.insert(field_of(answer, "Retry-After"));
  }
  EXPECT_GT(waits.size(), 4u) << "spread";
  for (const auto& wait : waits) {
    EXPECT_GE(std::stoi(wait), 60);
    EXPECT_LE(std::stoi(wait), 120);
  }
}

TEST_F(Clients, TooManyRequestsOfOneMachineOrAddressAre429) {
  options.limits.rates = {
      .cmid_burst = 2, .cmid_per_minute = 1, .address_burst = 6, .address_per_minute = 1};
  start();
  // Somebody who is passed on is not this machine, whether the proxy is known or not.
  const std::string passed_on = "X-Forwarded-For: 203.0.113.9\r\n";
  const auto status = [&](int n, const std::string& fields) {
    return status_of(ask(post("/v1/activations", request_of(n, clock.now()), fields)));
  };
  for (int i = 0; i < 2; ++i) EXPECT_EQ(status(1, passed_on), 200);
  const auto of_cmid = ask(post("/v1/activations", request_of(1, clock.now()), passed_on));
  EXPECT_EQ(status_of(of_cmid), 429);
  EXPECT_EQ(code_of(of_cmid), "too_many_requests");
  EXPECT_GE(std::stoi(field_of(of_cmid, "Retry-After")), 60);
  for (int n = 2; n <= 4; ++n) EXPECT_EQ(status(n, passed_on), 200);
  EXPECT_EQ(status(5, passed_on), 429) << "six requests of this address";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status(6, ""), 200) << "this machine itself";
}

TEST_F(Clients, TheHostSaysWhoItIs) {
  start();
  const auto answer = ask(get("/v1/host"));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, HasSubstr(service->host_public_key().thumbprint()));
  EXPECT_THAT(answer, HasSubstr(R"("product":"acme-cad")"));
  EXPECT_THAT(answer, HasSubstr(R"("version":"0.1.0-test")"));
  const auto head = ask("HEAD /v1/host HTTP/1.0\r\n\r\n");
  EXPECT_EQ(status_of(head), 200);
  EXPECT_THAT(body_of(head), IsEmpty());
}

TEST_F(Clients, MetricsAreForThisMachine) {
  start();
  (void)ask(post("/v1/activations", request_of(1, clock.now())));
  const auto answer = ask(get("/metrics"));
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, HasSubstr("# HELP muster_group_count "));
  EXPECT_THAT(answer, HasSubstr("muster_requests_total{result=\"count_insufficient\"} 1\n"));
  EXPECT_THAT(answer, HasSubstr("process_resident_memory_bytes"));
  // Somebody behind a proxy is not this machine.
  const auto behind = ask(get("/metrics", "X-Forwarded-For: 203.0.113.9\r\n"));
  EXPECT_EQ(status_of(behind), 403);
}

TEST_F(Clients, ABalancerSaysWhoseConnectionItIs) {
  options.proxy_protocol = {"127.0.0.1"};
  start();
  auto wire = clients();
  wire.send("PROXY TCP4 203.0.113.9 10.0.0.1 40000 8688\r\n" +
            post("/v1/activations", request_of(1, clock.now())) + get("/metrics"));
  EXPECT_EQ(status_of(wire.answer()), 200);
  EXPECT_EQ(status_of(wire.answer()), 403) << "the client is not this machine";
  auto owner_wire = owner();
  owner_wire.send(get("/v1/clients"));
  EXPECT_THAT(owner_wire.answer(), HasSubstr(R"("address":"203.0.113.9")"));
  auto without = clients();
  without.send(get("/healthz"));
  EXPECT_TRUE(without.closed()) << "who does not begin with the header is not served";
}

TEST_F(Clients, ATrustedProxySaysForWhomItAsks) {
  options.trusted_proxies = {"127.0.0.0/8"};
  start();
  EXPECT_EQ(status_of(ask(post("/v1/activations", request_of(1, clock.now()),
                               "X-Forwarded-For: 198.51.100.1, 203.0.113.9\r\n"))),
            200);
  auto wire = owner();
  wire.send(get("/v1/clients"));
  EXPECT_THAT(wire.answer(), HasSubstr(R"("address":"203.0.113.9")"));
}

TEST_F(Clients, StoppingLetsWhatIsUnderWayEnd) {
  start();
  auto idle = clients();
  idle.send(get("/healthz"));
  EXPECT_EQ(status_of(idle.answer()), 200);
  std::vector<Wire> asking;
  for (int n = 1; n <= 50; ++n) {
    asking.push_back(clients());
    asking.back().send(post("/v1/activations", request_of(n, clock.now())));
  }
  EXPECT_TRUE(host->stop());
  EXPECT_TRUE(idle.closed());
  std::size_t answered = 0;
  for (auto& wire : asking) {
    const auto status = status_of(wire.answer());
    EXPECT_TRUE(status == 200 || status == 503 || status == 0) << status;
    answered += status == 200 ? 1 : 0;
  }
  // What was answered is on the log, and nothing else counted.
  std::size_t logged = 0;
  const auto rows = store->events({}, 1000).value();
  for (const auto& row : rows) logged += row.cmid ? 1 : 0;
  EXPECT_EQ(logged, answered);
  EXPECT_THAT(rows.back().line, HasSubstr(R"("type":"stop")"));
}

TEST_F(Clients, TwoHostsCannotShareAnAddress) {
  start();
  HostOptions second = options;
  second.listen = host->listening().clients.substr(7);
  const auto refused = Host::start(second, *service, "0.1.0-test");
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::listen_failed);
}

TEST_F(Clients, TheDescriptionIsServed) {
  start();
  const auto answer = ask(get("/openapi.json"));
  EXPECT_EQ(status_of(answer), 200);
  wire::json::Tree tree;
  ASSERT_TRUE(tree.parse(body_of(answer), 1 << 20));
  EXPECT_NE(tree.find(tree.root(), "paths"), nullptr);
}

}  // namespace
}  // namespace muster::host::testing
