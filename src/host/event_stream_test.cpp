// The log as server-sent events, over real sockets.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include "host/testing/host_fixture.h"
#include "wire/exchange.h"

namespace muster::host::testing {
namespace {

using service::Role;
using ::testing::HasSubstr;

// A reader of a stream: what comes, as it comes.
class Reader {
 public:
  Reader(Wire wire, std::string_view request) : wire_(std::move(wire)) { wire_.send(request); }

  // Everything up to and with `text`; what there was where the stream ends or is silent before it.
  std::string until(std::string_view text) {
    for (;;) {
      if (const auto at = rest_.find(text); at != std::string::npos) {
        auto out = rest_.substr(0, at + text.size());
        rest_.erase(0, out.size());
        return out;
      }
      if (!more())
        return std::exchange(rest_, "") + " <- and '" + std::string(text) + "' never came";
    }
  }
  // True where the host ends the stream.
  bool ended() {
    while (more()) {
    }
    return end_;
  }
  [[nodiscard]] std::size_t received() const { return received_; }

 private:
  bool more() {
    char room[64 * 1024];
    const auto size = ::recv(wire_.fd(), room, sizeof room, 0);
    end_ = size == 0 || (size < 0 && errno == ECONNRESET);
    if (size <= 0) return false;
    received_ += static_cast<std::size_t>(size);
    rest_.append(room, static_cast<std::size_t>(size));
    return true;
  }
  Wire wire_;
  std::string rest_;
  std::size_t received_ = 0;
  bool end_ = false;
};

class EventStream : public HostTest {
 protected:
  [[nodiscard]] Reader stream(std::string_view query = "", std::string_view fields = "") const {
    return {owner(), get("/v1/events/stream" + std::string(query), fields)};
  }
  void act(std::string_view type) { ASSERT_TRUE(service->act(type, "", "host", {})); }
  [[nodiscard]] std::string id(std::uint64_t seq) const {
    return fmt::format("id: {}/1/{}\n", service->host_public_key().thumbprint(), seq);
  }
  [[nodiscard]] std::string last_event_id(std::uint64_t seq) const {
    return fmt::format("Last-Event-ID: {}/1/{}\r\n", service->host_public_key().thumbprint(), seq);
  }
};

TEST_F(EventStream, ShowsWhatHappensFromNowOn) {
  start();
  auto reader = stream();
  const auto header = reader.until("\r\n\r\n");
  EXPECT_EQ(status_of(header), 200);
  EXPECT_THAT(header, HasSubstr("Content-Type: text/event-stream\r\n"));
  EXPECT_THAT(header, HasSubstr("Cache-Control: no-store\r\n"));
  EXPECT_THAT(header, HasSubstr("Content-Security-Policy: default-src 'none'"));
  const auto newest = service->logged().seq;
  EXPECT_THAT(reader.until("\n\n"), HasSubstr(id(newest))) << "the place to come back to";
  auto machine = clients();
  machine.send(post("/v1/activations", request_of(1, clock.now())));
  ASSERT_EQ(status_of(machine.answer()), 200);
  const auto event = reader.until("\n\n");
  EXPECT_THAT(event, HasSubstr(id(newest + 1) + R"(data: {"place":")"));
  EXPECT_THAT(event, HasSubstr(R"("product":"acme-cad")"));
  act("one");
  act("two");
  EXPECT_THAT(reader.until("\n\n"), HasSubstr(R"("type":"one")"));
  EXPECT_THAT(reader.until("\n\n"), HasSubstr(R"("type":"two")"));
}

TEST_F(EventStream, GoesOnWhereTheReaderWasCut) {
  start();
  for (int i = 0; i < 1'000; ++i) act(fmt::format("act_{}", i));
  const auto first = service->logged().seq - 999;
  auto by_header = stream("?after=1-1", last_event_id(first));
  auto by_place = stream(fmt::format("?after=1-{}", first));
  for (auto* reader : {&by_header, &by_place}) {
    (void)reader->until("\n\n");
    for (int i = 1; i < 1'000; ++i) {
      const auto event = reader->until("\n\n");
      ASSERT_THAT(event, HasSubstr(fmt::format("\"type\":\"act_{}\"", i)));
    }
    act("live");
    EXPECT_THAT(reader->until("\n\n"), HasSubstr("live")) << "behind what was missed";
    act("gone");
    EXPECT_THAT(reader->until("\n\n"), HasSubstr("gone"));
  }
}

TEST_F(EventStream, ShowsWhatFitsTheFilter) {
  start();
  for (int i = 0; i < 5'000; ++i) act("noise");
  act("clock_confirmed");
  auto reader = stream("?after=1-1&type=clock_confirmed");
  (void)reader.until("\n\n");
  EXPECT_THAT(reader.until("\n\n"), HasSubstr("clock_confirmed"));
  for (int i = 0; i < 100; ++i) act("noise");
  act("clock_confirmed");
  EXPECT_THAT(reader.until("\n\n"), HasSubstr("clock_confirmed"));
}

TEST_F(EventStream, BeginsAtNoPlaceThatIsNotOfThisLog) {
  start();
  const struct {
    std::string what, query, fields;
    int status;
  } table[] = {
      {"another host's", "", "Last-Event-ID: " + std::string(43, 'A') + "/1/1\r\n", 409},
      {"beyond the end", "", last_event_id(999), 409},
      {"beyond the end, as a place", "?after=1-999", "", 409},
      {"another epoch", "?after=2-1", "", 409},
      {"no id", "", "Last-Event-ID: 7\r\n", 400},
      {"no number", "", last_event_id(1).substr(0, 60) + "x\r\n", 400},
      {"no place", "?after=7", "", 400},
      {"no such filter", "?since=2026-01-01T00:00:00Z", "", 400},
  };
  for (const auto& row : table) {
    auto wire = owner();
    wire.send(get("/v1/events/stream" + row.query, row.fields));
    EXPECT_EQ(status_of(wire.answer()), row.status) << row.what;
  }
}

TEST_F(EventStream, EndsWithTheTokenThatOpenedIt) {
  start();
  const auto made =
      service::create_token(*service, "page", Role::viewer, std::nullopt, "host").value();
  const auto bearer_field = "Authorization: Bearer " + made.text + "\r\n";
  Reader by_token(admin(), get("/v1/events/stream", bearer_field));
  const auto log_in = ask_admin(post("/v1/session", "{\"token\":\"" + made.text + "\"}"));
  const auto cookie = log_in.substr(log_in.find("muster_session="), 58);
  Reader by_session(admin(), get("/v1/events/stream", "Cookie: " + cookie + "\r\n"));
  for (auto* reader : {&by_token, &by_session}) {
    EXPECT_THAT(reader->until("\n\n"), HasSubstr("HTTP/1.1 200"));
  }
  ASSERT_TRUE(service::revoke_token(*service, made.token.id, "host"));
  EXPECT_TRUE(by_token.ended());
  EXPECT_TRUE(by_session.ended());
}

TEST_F(EventStream, EndsWhereItsTokenExpires) {
  start();
  const auto made =
      service::create_token(*service, "hour", Role::viewer, minutes(60), "host").value();
  Reader reader(admin(), get("/v1/events/stream", "Authorization: Bearer " + made.text + "\r\n"));
  EXPECT_THAT(reader.until("\n\n"), HasSubstr("HTTP/1.1 200"));
  clock.ahead = seconds(3 * 3600);
  service->tick();
  EXPECT_TRUE(reader.ended());
}

TEST_F(EventStream, EndsWhereThePageLogsOut) {
  start();
  const auto token =
      service::create_token(*service, "page", Role::viewer, std::nullopt, "host").value().text;
  const auto log_in = ask_admin(post("/v1/session", "{\"token\":\"" + token + "\"}"));
  const auto cookie = "Cookie: " + log_in.substr(log_in.find("muster_session="), 58) + "\r\n";
  Reader reader(admin(), get("/v1/events/stream", cookie));
  EXPECT_THAT(reader.until("\n\n"), HasSubstr("HTTP/1.1 200"));
  const auto leave = "DELETE /v1/session HTTP/1.1\r\nHost: localhost\r\n" + cookie + "\r\n";
  ASSERT_EQ(status_of(ask_admin(leave)), 204);
  EXPECT_TRUE(reader.ended());
}

TEST_F(EventStream, ThereAreThirtyTwoAndOneThatLeavesMakesRoom) {
  start();
  std::vector<Reader> readers;
  for (int i = 0; i < 32; ++i) {
    readers.push_back(stream());
    ASSERT_THAT(readers.back().until("\n\n"), HasSubstr("HTTP/1.1 200"));
  }
  const auto one_more = [this] {
    auto wire = owner();
    wire.send(get("/v1/events/stream"));
    return wire.answer_without_body();
  };
  const auto refused = one_more();
  EXPECT_EQ(status_of(refused), 503);
  EXPECT_THAT(refused, HasSubstr("Retry-After: "));
  EXPECT_THAT(refused, HasSubstr("Content-Security-Policy: "));
  readers.pop_back();
  // The host looks for readers that have left with every tick.
  const auto deadline = clock.monotonic() + std::chrono::seconds(10);
  while (status_of(one_more()) != 200 && clock.monotonic() < deadline) {
  }
  EXPECT_LT(clock.monotonic(), deadline);
}

TEST_F(EventStream, AReaderThatDoesNotReadIsCutAndHoldsNobodyUp) {
  options.request_timeout = seconds(1);
  start();
  const std::string detail = "{\"x\":\"" + std::string(16'000, 'x') + "\"}";
  for (int i = 0; i < 2'000; ++i) {
    ASSERT_TRUE(service->act("long", detail, "host", {}));
  }
  auto reader = stream("?after=1-1");
  (void)reader.until("\n\n");
  const auto open = [this] {
    const auto text = ask(get("/metrics"));
    const auto at = text.find("muster_connections{listener=\"admin\"} ");
    return at == std::string::npos ? 'x' : text[at + 37];
  };
  const auto deadline = clock.monotonic() + std::chrono::seconds(20);
  while (open() != '0' && clock.monotonic() < deadline) act("and the log grows");
  EXPECT_EQ(open(), '0');
  EXPECT_TRUE(reader.ended());
  EXPECT_LT(reader.received(), 2'000 * detail.size()) << "it was cut before it had everything";
}

TEST_F(EventStream, EndsAtOnceWhereTheHostStops) {
  options.stop_timeout = seconds(60);
  start();
  auto reader = stream();
  (void)reader.until("\n\n");
  const auto begin = clock.monotonic();
  ASSERT_TRUE(host->stop());
  EXPECT_LT(clock.monotonic() - begin, std::chrono::seconds(30));
  EXPECT_TRUE(reader.ended());
}

TEST_F(EventStream, AHeadIsItsHeaderAlone) {
  start();
  auto wire = owner();
  wire.send("HEAD /v1/events/stream HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/healthz"));
  EXPECT_THAT(wire.answer_without_body(), HasSubstr("text/event-stream"));
  EXPECT_THAT(wire.answer(), HasSubstr("alive"));
}

}  // namespace
}  // namespace muster::host::testing
