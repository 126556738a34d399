#include "host/router.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>

#include "host/auth_failures.h"
#include "host/front.h"
#include "host/sites.h"
#include "wire/event.h"
#include "wire/json.h"

namespace muster::host {
namespace {

using ::testing::ElementsAre;
using ::testing::Pair;

TEST(Router, APathFindsItsCall) {
  struct Row {
    Method method;
    std::string path, route, id, allow;
  };
  const std::vector<Row> rows = {
      {Method::get, "/v1/groups", "/v1/groups", "", ""},
      {Method::head, "/v1/groups", "/v1/groups", "", ""},
      {Method::get, "/v1/groups/desktop/roll", "/v1/groups/{group}/roll", "desktop", ""},
      {Method::get, "/v1/groups/desktop/forecast", "/v1/groups/{group}/forecast", "desktop", ""},
      {Method::get, "/v1/groups/desk%2dtop/roll", "/v1/groups/{group}/roll", "desk-top", ""},
      {Method::del, "/v1/tokens/3f2a51c0", "/v1/tokens/{id}", "3f2a51c0", ""},
      {Method::post, "/v1/tokens", "/v1/tokens", "", ""},
      {Method::post, "/v1/groups", "", "", "GET, HEAD"},
      {Method::del, "/v1/tokens", "", "", "GET, HEAD, POST"},
      {Method::other, "/healthz", "", "", "GET, HEAD"},
      {Method::get, "/v1/groups/", "", "", ""},
      {Method::get, "/v1/groups//roll", "", "", ""},
      {Method::get, "/v1/groups/a/b/roll", "", "", ""},
      {Method::get, "/v1/groups/a%2/roll", "", "", ""},
      {Method::get, "/v1/groups/a%00/roll", "", "", ""},
      {Method::get, "/V1/groups", "", "", ""},
      {Method::get, "/", "", "", ""},
      {Method::get, "", "", "", ""},
  };
  for (const auto& row : rows) {
    const auto match = find_route(admin_routes(), row.method, row.path);
    EXPECT_EQ(match.route == nullptr ? "" : match.route->path, row.route) << row.path;
    EXPECT_EQ(match.id, row.id) << row.path;
    EXPECT_EQ(match.allow, row.allow) << row.path;
  }
}

TEST(Router, AQueryIsReadOrRefused) {
  constexpr std::array<std::string_view, 2> known{"after", "limit"};
  EXPECT_THAT(parse_query("after=1-2&limit=7", known).value(),
              ElementsAre(Pair("after", "1-2"), Pair("limit", "7")));
  EXPECT_THAT(parse_query("after=a%20b+c", known).value(), ElementsAre(Pair("after", "a b c")));
  EXPECT_THAT(parse_query("after", known).value(), ElementsAre(Pair("after", "")));
  EXPECT_TRUE(parse_query("", known)->empty());
  EXPECT_TRUE(parse_query("&&", known)->empty());
  for (const auto* query : {"befor=1", "after=1&after=2", "after=%", "after=%4", "after=%zz",
                            "%61fter=1&after=2", "after=%00", "after=%ff", "=1"}) {
    const auto parsed = parse_query(query, known);
    ASSERT_FALSE(parsed) << query;
    EXPECT_EQ(parsed.error().code, ErrorCode::malformed_request);
  }
}

// The description names every call that is answered, and no other.
TEST(Openapi, EveryCallIsDescribed) {
  wire::json::Tree tree;
  ASSERT_TRUE(tree.parse(openapi_json(), 1 << 20));
  const auto* paths = tree.find(tree.root(), "paths");
  ASSERT_NE(paths, nullptr);
  std::set<std::string> described;
  for (const auto* path = tree.first(*paths); path != nullptr; path = tree.next(*path)) {
    for (const auto* method = tree.first(*path); method != nullptr; method = tree.next(*method)) {
      described.insert(std::string(method->key) + " " + std::string(path->key));
    }
  }
  std::set<std::string> answered{"post /v1/activations", "post /v1/mak-activations"};
  for (const auto& route : admin_routes()) {
    const auto* method = route.method == Method::get    ? "get "
                         : route.method == Method::post ? "post "
                                                        : "delete ";
    answered.insert(method + std::string(route.path));
  }
  EXPECT_EQ(described, answered);
}

// A type that the description has and a filter refuses, or the other way round, is a mistake.
TEST(Openapi, EveryTypeOfEventAndEveryRefusalIsDescribed) {
  wire::json::Tree tree;
  ASSERT_TRUE(tree.parse(openapi_json(), 1 << 20));
  const auto described = [&](std::string_view schema) {
    const auto* at = &tree.root();
    std::vector<std::string> out;
    for (const auto name : {std::string_view("components"), std::string_view("schemas"), schema,
                            std::string_view("enum")}) {
      if (at != nullptr) at = tree.find(*at, name);
    }
    if (at == nullptr) return out;
    for (const auto* one = tree.first(*at); one != nullptr; one = tree.next(*one)) {
      out.emplace_back(one->text);
    }
    return out;
  };
  EXPECT_THAT(described("EventType"), ::testing::ElementsAreArray(wire::event_types()));
  std::vector<std::string> refusals;
  for (const auto& row : error_table()) {
    if (row.http == 200) refusals.emplace_back(row.name);
  }
  EXPECT_EQ(described("RuleCode"), refusals);
}

TEST(HostNames, OnlyKnownNamesPass) {
  const HostNames names({"Desk7", "desk7.corp.example"}, {"muster.example", ".fleet.example"});
  for (const auto* host : {"desk7", "DESK7:8688", "desk7.corp.example.", "muster.example:1",
                           "localhost", "localhost:8688", "127.0.0.1", "10.1.2.3:8688",
                           "[::1]:8688", "[::1]", "a.fleet.example", "a.b.fleet.example:8688"}) {
    EXPECT_TRUE(names.allow(host)) << host;
  }
  for (const auto* host :
       {"", ":8688", "evil.example", "fleet.example", "xfleet.example", "desk7:port",
        "desk7:123456", "muster.example.evil", "[evil]", "[::1", "1.2.3"}) {
    EXPECT_FALSE(names.allow(host)) << host;
  }
  EXPECT_TRUE(HostNames({}, {"*"}).allow("anything.example"));
}

TEST(Caller, OnlyATrustedProxyIsBelieved) {
  const std::vector<std::string> entries{"10.0.0.0/8"};
  const auto trusted = Networks::parse(entries).value();
  struct Row {
    std::string peer, forwarded, caller;
    bool local;
  };
  const std::vector<Row> rows = {
      {"192.0.2.1", "", "192.0.2.1", false},
      {"192.0.2.1", "203.0.113.9", "192.0.2.1", false},
      {"127.0.0.1", "", "127.0.0.1", true},
      {"127.0.0.1", "203.0.113.9", "127.0.0.1", false},
      {"10.0.0.5", "203.0.113.9", "203.0.113.9", false},
      {"10.0.0.5", "127.0.0.1", "127.0.0.1", false},
      {"10.0.0.5", "198.51.100.7, 203.0.113.9", "203.0.113.9", false},
      {"10.0.0.5", "203.0.113.9, 10.0.0.6", "203.0.113.9", false},
      {"10.0.0.5", "203.0.113.9:4711", "203.0.113.9", false},
      {"10.0.0.5", "[2001:db8::1]:4711", "2001:db8::1", false},
      {"10.0.0.5", "203.0.113.9, unknown", "10.0.0.5", false},
      {"10.0.0.5", "", "10.0.0.5", false},
  };
  for (const auto& row : rows) {
    const auto caller =
        caller_of(Peer{.address = Address::parse(row.peer)}, row.forwarded, trusted);
    EXPECT_EQ(caller.text(), row.caller) << row.peer << " " << row.forwarded;
    EXPECT_EQ(caller.local, row.local) << row.peer << " " << row.forwarded;
  }
  EXPECT_TRUE(caller_of(Peer{.uid = 0}, "", trusted).local);
}

TEST(Json, TheTypeMayHaveParameters) {
  for (const auto* type :
       {"application/json", "Application/JSON", "application/json; charset=utf-8"}) {
    EXPECT_TRUE(is_json(type)) << type;
  }
  for (const auto* type : {"", "text/plain", "application/jsonx", "text/plain; application/json"}) {
    EXPECT_FALSE(is_json(type)) << type;
  }
}

TEST(AuthFailures, FiveAMinute) {
  AuthFailures failures;
  const auto at = [](int second) { return std::chrono::milliseconds(second * 1000); };
  for (int i = 0; i < 5; ++i) {
    EXPECT_FALSE(failures.blocked("192.0.2.1", at(i)));
    failures.failed("192.0.2.1", at(i));
  }
  EXPECT_EQ(failures.blocked("192.0.2.1", at(5)), seconds(55));
  EXPECT_FALSE(failures.blocked("192.0.2.2", at(5)));
  EXPECT_FALSE(failures.blocked("192.0.2.1", at(60))) << "the first is a minute ago";
  failures.failed("192.0.2.1", at(60));
  EXPECT_TRUE(failures.blocked("192.0.2.1", at(60)));
}

TEST(AuthFailures, TheSameSecretAgainIsNoFurtherGuess) {
  AuthFailures failures;
  const auto at = [](int second) { return std::chrono::milliseconds(second * 1000); };
  const auto secret = [](std::uint8_t first) { return Bytes32{first}; };
  for (int i = 0; i < 50; ++i) failures.failed("192.0.2.1", at(i), secret(1));
  for (std::uint8_t one = 2; one <= 4; ++one) failures.failed("192.0.2.1", at(50), secret(one));
  EXPECT_FALSE(failures.blocked("192.0.2.1", at(50))) << "four secrets";
  failures.failed("192.0.2.1", at(51), secret(5));
  EXPECT_TRUE(failures.blocked("192.0.2.1", at(51)));
}

}  // namespace
}  // namespace muster::host
