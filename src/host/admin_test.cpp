// The administration's side over real sockets: who may enter, and that what is asked is answered.
#include <fmt/format.h>
#include <gmock/gmock.h>
#include <unistd.h>

#include <sstream>

#include "host/testing/host_fixture.h"
#include "wire/exchange.h"
#include "wire/json.h"
#include "wire/log_export.h"

namespace muster::host::testing {
namespace {

using service::Role;
using ::testing::HasSubstr;
using ::testing::Not;

class Admin : public HostTest {
 protected:
  [[nodiscard]] std::string by_socket(std::string_view request) const {
    auto wire = owner();
    wire.send(request);
    return wire.answer();
  }
  // The value of a text member at the top of the body.
  static std::string text_of(std::string_view answer, std::string_view member) {
    wire::json::Tree tree;
    if (!tree.parse(body_of(answer), 1 << 20)) return "no JSON";
    const auto* value = tree.find(tree.root(), member);
    return value == nullptr ? "absent" : std::string(value->text);
  }
};

TEST_F(Admin, ATokenOpensWhatItsRoleMay) {
  start();
  const auto viewer = bearer(Role::viewer);
  const auto admin_token = bearer(Role::admin);
  const std::string make = R"({"name":"grafana","role":"viewer","expires_in":"90d"})";
  struct Row {
    std::string what, request;
    int status;
  };
  const std::vector<Row> rows = {
      {"nobody", get("/v1/groups"), 401},
      {"nobody, but alive", get("/healthz"), 200},
      {"nobody, metrics of this machine", get("/metrics"), 200},
      {"nobody, from elsewhere", get("/metrics", "X-Forwarded-For: 203.0.113.9\r\n"), 401},
      {"anyone", get("/v1/host"), 200},
      {"viewer", get("/v1/groups", viewer), 200},
      {"viewer of status", get("/v1/status", viewer), 200},
      {"viewer wants tokens", get("/v1/tokens", viewer), 403},
      {"viewer makes one", post("/v1/tokens", make, viewer), 403},
      {"admin", get("/v1/tokens", admin_token), 200},
      {"admin makes one", post("/v1/tokens", make, admin_token), 201},
      {"another page", get("/v1/groups", viewer + "Origin: https://evil.example\r\n"), 403},
      {"its own page", get("/v1/groups", viewer + "Origin: http://localhost\r\n"), 200},
      {"another name", "GET /v1/groups HTTP/1.1\r\nHost: evil.example\r\n" + viewer + "\r\n", 421},
      {"unknown parameter", get("/v1/groups?x=1", viewer), 400},
      {"method", post("/v1/groups", "{}", viewer), 405},
      {"no such group", get("/v1/groups/none/roll", viewer), 404},
      {"clients' call", post("/v1/activations", "{}", viewer), 404},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(status_of(ask_admin(row.request)), row.status) << row.what;
  }
  EXPECT_THAT(ask_admin(get("/v1/groups")), HasSubstr("WWW-Authenticate: Bearer"));
  EXPECT_THAT(ask_admin(post("/v1/groups", "{}", viewer)), HasSubstr("Allow: GET, HEAD\r\n"));
}

TEST_F(Admin, WhoGuessesTokensWaits) {
  start();
  const auto good = bearer(Role::viewer);
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(status_of(ask_admin(get("/v1/groups", "Authorization: Bearer muster_guess\r\n"))),
              401);
  }
  const auto answer = ask_admin(get("/v1/groups", "Authorization: Bearer muster_guess\r\n"));
  EXPECT_EQ(status_of(answer), 429) << "from this address nobody guesses for a while";
  EXPECT_THAT(answer, HasSubstr("Retry-After: "));
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", good))), 200) << "who does not guess passes";
  EXPECT_EQ(status_of(by_socket(get("/v1/groups"))), 200) << "the owner's socket is always open";
}

TEST_F(Admin, AnExpiredTokenIsNoGuess) {
  start();
  const auto made =
      service::create_token(*service, "an hour", Role::viewer, minutes(60), "host").value();
  // Within what is borne, so that nothing is suspect.
  clock.ahead = seconds(3 * 3600);
  service->tick();
  const auto fields = "Authorization: Bearer " + made.text + "\r\n";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(status_of(ask_admin(get("/v1/groups", fields))), 401);
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", "Authorization: Bearer muster_x\r\n"))), 401)
      << "the first guess";
}

TEST_F(Admin, WhatThrowsEndsNoHost) {
  start();
  const auto admin_token = bearer(Role::admin);
  disk->reads_throw = true;
  EXPECT_EQ(status_of(ask(get("/metrics"))), 500);
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", admin_token))), 500);
  auto wire = owner();
  wire.send(get("/v1/events?format=ndjson"));
  EXPECT_THAT(wire.answer(), Not(HasSubstr("\r\n0\r\n"))) << "no last chunk: it was cut";
  disk->reads_throw = false;
  EXPECT_EQ(status_of(ask(get("/metrics"))), 200);
}

TEST_F(Admin, ARevokedTokenIsWorthNothingAtOnce) {
  start();
  const auto made = by_socket(post("/v1/tokens", R"({"name":"for a day","role":"admin"})"));
  ASSERT_EQ(status_of(made), 201);
  const auto fields = "Authorization: Bearer " + text_of(made, "token") + "\r\n";
  EXPECT_EQ(status_of(ask_admin(get("/v1/tokens", fields))), 200);
  const auto revoke = "DELETE /v1/tokens/" + text_of(made, "id") + " HTTP/1.1\r\nHost: x\r\n\r\n";
  const auto revoked = by_socket(revoke);
  EXPECT_EQ(status_of(revoked), 204);
  EXPECT_THAT(revoked, Not(HasSubstr("Content-Length")));
  EXPECT_EQ(status_of(by_socket(revoke)), 404);
  EXPECT_EQ(status_of(ask_admin(get("/v1/tokens", fields))), 401);
  EXPECT_THAT(by_socket(get("/v1/tokens")), Not(HasSubstr(text_of(made, "token"))));
  const auto events = by_socket(get("/v1/events"));
  EXPECT_THAT(events, HasSubstr(fmt::format(R"("actor":"socket:{}")", ::geteuid())));
  EXPECT_THAT(events, HasSubstr(R"("type":"token_revoked")"));
}

// A page as a browser makes its calls: with the cookie that it was given, and of this host's
// origin.
struct Page : Admin {
  [[nodiscard]] std::string log_in(service::Role role) const {
    const auto token =
        service::create_token(*service, "page", role, std::nullopt, "host").value().text;
    return ask_admin(post("/v1/session", "{\"token\":\"" + token + "\"}"));
  }
  // "Cookie: ...\r\n" of the answer's Set-Cookie.
  static std::string cookie_of(std::string_view answer) {
    constexpr std::string_view kField = "Set-Cookie: ";
    const auto at = answer.find(kField);
    if (at == std::string_view::npos) return "no cookie";
    const auto value = answer.substr(at + kField.size());
    return "Cookie: " + std::string(value.substr(0, value.find(';'))) + "\r\n";
  }
  static constexpr const char* kOrigin = "Origin: http://localhost\r\n";
};

TEST_F(Page, IsLoggedInWithAToken) {
  start();
  const auto answer = log_in(Role::viewer);
  EXPECT_EQ(status_of(answer), 200);
  EXPECT_EQ(text_of(answer, "role"), "viewer");
  EXPECT_THAT(answer, HasSubstr("; Path=/; HttpOnly; SameSite=Strict\r\n"));
  EXPECT_THAT(answer, Not(HasSubstr("muster_session=;")));
  EXPECT_THAT(answer, HasSubstr("Content-Security-Policy: default-src 'none'"));
  const auto cookie = cookie_of(answer);
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", cookie))), 200);
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", cookie + kOrigin))), 200);
  EXPECT_EQ(text_of(ask_admin(get("/v1/session", cookie)), "name"), "page");
  EXPECT_EQ(status_of(ask_admin(get("/v1/tokens", cookie))), 403) << "the token's role holds";
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", "Cookie: muster_session=guess\r\n"))), 401);
  EXPECT_EQ(status_of(ask_admin(get("/v1/session"))), 401);
}

TEST_F(Page, OfAnotherSiteActsForNobody) {
  start();
  const auto cookie = cookie_of(log_in(Role::admin));
  const std::string make = R"({"name":"mine","role":"admin"})";
  const struct {
    std::string what, fields;
    int status;
  } rows[] = {
      {"no origin: a form of an old browser", "", 403},
      {"another's origin", "Origin: https://evil.example\r\n", 403},
      {"a sandboxed page", "Origin: null\r\n", 403},
      {"another port of this machine", "Origin: http://localhost:8000\r\n", 403},
      {"its own page", kOrigin, 201},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(status_of(ask_admin(post("/v1/tokens", make, cookie + row.fields))), row.status)
        << row.what;
  }
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", cookie + "Origin: https://evil.example\r\n"))),
            403);
}

// A cookie is one for all ports of a name, so that SameSite alone keeps out other sites only.
TEST_F(Page, OfAnotherSiteReadsNothingEither) {
  start();
  const auto cookie = cookie_of(log_in(Role::admin));
  const struct {
    std::string what, site;
    int read, act;
  } rows[] = {
      {"an old browser", "", 200, 201},
      {"its own page", "Sec-Fetch-Site: same-origin\r\n", 200, 201},
      {"a person who typed the address", "Sec-Fetch-Site: none\r\n", 200, 201},
      {"another port or name of this site", "Sec-Fetch-Site: same-site\r\n", 403, 403},
      {"another site", "Sec-Fetch-Site: cross-site\r\n", 403, 403},
      {"what no browser says", "Sec-Fetch-Site: friendly\r\n", 403, 403},
  };
  for (const auto& row : rows) {
    const auto fields = cookie + row.site;
    for (const auto* path : {"/v1/groups", "/v1/events?format=csv", "/v1/session"}) {
      const auto read = ask_admin(get(path, fields));
      EXPECT_EQ(status_of(read), row.read) << row.what << " " << path;
      EXPECT_EQ(read.find("origin_refused") != std::string::npos, row.read == 403) << row.what;
    }
    const auto head = "HEAD /v1/groups HTTP/1.1\r\nHost: localhost\r\n" + fields + "\r\n";
    auto wire = admin();
    wire.send(head);
    EXPECT_EQ(status_of(wire.answer_without_body()), row.read) << row.what;
    const auto act =
        ask_admin(post("/v1/tokens", R"({"name":"mine","role":"viewer"})", fields + kOrigin));
    EXPECT_EQ(status_of(act), row.act) << row.what;
    EXPECT_EQ(status_of(ask_admin(get("/", fields))), 200) << "a link from anywhere leads here";
  }
  // The field is the request's own, not the connection's.
  auto wire = admin();
  wire.send(get("/v1/groups", cookie + "Sec-Fetch-Site: cross-site\r\n"));
  EXPECT_EQ(status_of(wire.answer()), 403);
  wire.send(get("/v1/groups", cookie));
  EXPECT_EQ(status_of(wire.answer()), 200);
}

TEST_F(Page, EndsWithItsTokenAndWhereItIsLoggedOut) {
  start();
  auto answer = log_in(Role::viewer);
  auto cookie = cookie_of(answer);
  ASSERT_TRUE(service::revoke_token(*service, text_of(answer, "token"), "host"));
  // A page asks several things at once, and shows what the last answer says.
  for (int call = 1; call <= 2; ++call) {
    const auto refused = ask_admin(get("/v1/groups", cookie));
    EXPECT_EQ(status_of(refused), 401);
    EXPECT_THAT(refused, HasSubstr("the token was revoked")) << "call " << call;
  }

  answer = log_in(Role::viewer);
  cookie = cookie_of(answer);
  const auto leave = "DELETE /v1/session HTTP/1.1\r\nHost: localhost\r\n" + cookie + "\r\n";
  const auto left = ask_admin(leave);
  EXPECT_EQ(status_of(left), 204);
  EXPECT_THAT(left, HasSubstr("Set-Cookie: muster_session=; Path=/;"));
  EXPECT_EQ(status_of(ask_admin(get("/v1/groups", cookie))), 401);
}

TEST_F(Page, WhoGuessesAtTheLogInWaits) {
  start();
  const std::string guess = R"({"token":"muster_guess"})";
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(status_of(ask_admin(post("/v1/session", guess))), 401);
  }
  EXPECT_EQ(status_of(ask_admin(post("/v1/session", guess))), 429);
  EXPECT_EQ(status_of(log_in(Role::viewer)), 200) << "who does not guess passes";
  EXPECT_EQ(status_of(ask_admin(post("/v1/session", "{}"))), 400);
}

// Two requests on one connection: the second's cookie is its own.
TEST_F(Page, LeavesNoCookieToTheNextRequest) {
  start();
  const auto cookie = cookie_of(log_in(Role::viewer));
  auto wire = admin();
  wire.send(get("/v1/groups", cookie));
  EXPECT_EQ(status_of(wire.answer()), 200);
  wire.send(get("/v1/groups"));
  EXPECT_EQ(status_of(wire.answer()), 401);
}

TEST_F(Admin, AnExportVerifies) {
  start();
  auto wire = clients();
  for (int n = 1; n <= 30; ++n) {
    wire.send(post("/v1/activations", request_of(n, clock.now())));
    ASSERT_EQ(status_of(wire.answer()), 200);
  }
  ASSERT_TRUE(host->stop());
  // A restart on the same store: the stop has signed a checkpoint.
  host.reset();
  const auto key = service->host_public_key();
  host = Host::start(options, *service, "0.1.0-test").value();
  auto admin_wire = owner();
  admin_wire.send(get("/v1/events?format=ndjson"));
  const auto answer = admin_wire.answer();
  ASSERT_EQ(status_of(answer), 200);
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/x-ndjson\r\n"));
  // The chunks' sizes stand between the lines.
  std::string text;
  auto body = body_of(answer);
  for (;;) {
    const auto size = std::stoul(std::string(body.substr(0, body.find("\r\n"))), nullptr, 16);
    if (size == 0) break;
    body.remove_prefix(body.find("\r\n") + 2);
    text.append(body.substr(0, size));
    body.remove_prefix(size + 2);
  }
  std::istringstream in(text);
  std::size_t activations = 0;
  const auto report = wire::verify_log(in, key, 0, [&](const wire::Event& event) {
    activations += event.type == "activation" ? 1 : 0;
  });
  ASSERT_TRUE(report) << report.error().sentence();
  EXPECT_EQ(activations, 30u);
  EXPECT_GE(report->proved, 30u);
}

TEST_F(Admin, AHeadOfAnExportIsItsHeaderAlone) {
  start();
  auto wire = owner();
  wire.send("HEAD /v1/events?format=csv HTTP/1.1\r\nHost: localhost\r\n\r\n" + get("/healthz"));
  const auto head = wire.answer_without_body();
  EXPECT_EQ(status_of(head), 200);
  EXPECT_THAT(head, HasSubstr("Content-Type: text/csv"));
  EXPECT_THAT(head, Not(HasSubstr("Content-Length")));
  EXPECT_THAT(wire.answer(), HasSubstr("alive")) << "and the connection goes on";
}

TEST_F(Admin, ADeepDirectoryHasItsSocketToo) {
  for (int i = 0; i < 4; ++i) directory /= std::string(40, 'd');
  std::filesystem::create_directories(directory);
  options.directory = directory;
  start();
  EXPECT_TRUE(std::filesystem::is_socket(directory / "admin.sock"));
}

TEST_F(Admin, TheOwnersSocketIsItsOwners) {
  start();
  EXPECT_EQ(std::filesystem::status(host->listening().socket).permissions(),
            std::filesystem::perms::owner_read | std::filesystem::perms::owner_write);
  const auto path = host->listening().socket;
  ASSERT_TRUE(host->stop());
  host.reset();
  EXPECT_FALSE(std::filesystem::exists(path));
}

}  // namespace
}  // namespace muster::host::testing
