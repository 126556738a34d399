#include "service/admin_api.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "service/testing/admin_body.h"
#include "service/testing/host_fixture.h"
#include "wire/exchange.h"
#include "wire/log_export.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

struct AdminApi : HostFixture {
  void SetUp() override {
    open_host();
    Policy policy;
    policy.threshold = 3;
    ASSERT_TRUE(host->install_keys(key_file({{"acme-cad", policy}}, clock.wall), "host"));
  }
  using Query = std::vector<std::pair<std::string, std::string>>;
  static AdminRequest with(Query query, std::string id = {}) {
    return {.id = std::move(id), .query = std::move(query), .actor = "token:1", .version = "9"};
  }
};

TEST_F(AdminApi, StatusIsTheTwinOfSlmgrDlv) {
  auto a = desk(1), b = desk(2), c = desk(3);
  ask(a);
  ask(b);
  ask(c);
  ask(a);
  const Body body(get_status(*host, with({})));
  EXPECT_EQ(body.at("version"), "9");
  EXPECT_EQ(body.at("ready"), "true");
  EXPECT_EQ(body.at("not_ready"), "null");
  EXPECT_EQ(body.at("requests"), "4");
  EXPECT_EQ(body.at("failed"), "2");
  EXPECT_EQ(body.at("groups.0.group"), "desktop");
  EXPECT_EQ(body.at("groups.0.vendor_name"), "Acme");
  EXPECT_EQ(body.at("groups.0.count"), "3");
  EXPECT_EQ(body.at("groups.0.threshold"), "3");
  EXPECT_EQ(body.at("groups.0.capacity"), "6");
  EXPECT_EQ(body.at("groups.0.active_machines"), "3");
  EXPECT_EQ(body.at("groups.0.by_licence_state.initial_grace"), "4");
  EXPECT_EQ(body.at("groups.0.products.0.product"), "acme-cad");
  EXPECT_EQ(body.at("groups.0.products.0.licensed"), "null");
  EXPECT_EQ(body.at("log.epoch"), "1");
  EXPECT_EQ(body.at("log.seq"), "6") << "start, key_installed and four requests";
}

TEST_F(AdminApi, StatusSaysWhyTheHostIsNotReady) {
  disk->disk_full = true;
  auto a = desk(1);
  a.request.time = clock.wall;
  (void)ask_raw(wire::encode_request(a.request));
  EXPECT_EQ(get_readyz(*host).status, 503);
  auto request = with({});
  request.body = R"({"name":"grafana","role":"viewer"})";
  for (const auto& reply : {get_readyz(*host), post_token(*host, request)}) {
    EXPECT_EQ(reply.status, 503);
    EXPECT_EQ(reply.retry_after, seconds(60)) << "every 503 says when to come again";
  }
  const Body body(get_status(*host, with({})));
  EXPECT_EQ(body.at("ready"), "false");
  EXPECT_EQ(body.at("not_ready.code"), "store_unavailable");
}

TEST_F(AdminApi, TheRollShowsWhoCountsAndUntilWhen) {
  auto a = desk(1), b = desk(2);
  ask(a);
  clock.pass(days(1));
  ask(b);
  const auto before = get_roll(*host, with({}, "desktop"));
  const Body body(before);
  EXPECT_EQ(body.at("entries"), "[2]");
  EXPECT_EQ(body.at("entries.0.cmid"), b.request.cmid.text()) << "the newest contact first";
  EXPECT_EQ(body.at("entries.1.leaves"), format_time(clock.wall - days(1) + days(30)));
  clock.pass(days(29));
  host->tick();
  const Body later(get_roll(*host, with({}, "desktop")));
  EXPECT_EQ(later.at("count"), "1");
  EXPECT_EQ(later.at("entries"), "[1]") << "silent for 30 days: gone, with nobody asking";
}

TEST_F(AdminApi, AGroupNameOfTwoVendorsNeedsItsVendor) {
  const auto other = wire::PrivateKey::generate().value();
  wire::HostKey key;
  key.vendor = "Other";
  key.vendor_id = other.public_key().thumbprint();
  key.id = "BBBBBBBBBBBBBBBBBBBBBB";
  key.host = host_key.public_key();
  key.customer = "Example Ltd";
  key.product = "other-cad";
  key.name = "Other CAD";
  key.group = "desktop";
  key.issued = clock.wall;
  key.expires = clock.wall + days(700);
  ASSERT_TRUE(host->install_keys(wire::sign_host_key(key, *other.signer()).value(), "host"));
  EXPECT_EQ(get_roll(*host, with({}, "desktop")).status, 409);
  EXPECT_EQ(get_clients(*host, with({{"group", "desktop"}})).status, 409);
  const Body body(get_roll(*host, with({{"vendor", key.vendor_id}}, "desktop")));
  EXPECT_EQ(body.at("vendor"), key.vendor_id);
  EXPECT_EQ(get_roll(*host, with({{"vendor", "nobody"}}, "desktop")).status, 404);
  EXPECT_EQ(Body(get_groups(*host, with({}))).at("groups"), "[2]");
}

TEST_F(AdminApi, MachinesComeInPages) {
  std::vector<std::string> asked;
  for (int n = 1; n <= 25; ++n) {
    auto one = desk(n);
    ask(one);
    asked.push_back(one.request.cmid.text());
  }
  std::ranges::sort(asked);
  std::vector<std::string> seen;
  Query query{{"limit", "10"}};
  for (int page = 0; page < 5; ++page) {
    const Body body(get_clients(*host, with(query)));
    for (int i = 0; body.at(fmt::format("clients.{}", i)) != "absent"; ++i) {
      seen.push_back(body.at(fmt::format("clients.{}.cmid", i)));
    }
    if (body.at("next") == "null") break;
    query = {{"limit", "10"}, {"after", body.at("next")}};
  }
  EXPECT_EQ(seen, asked);
  const Body first(get_clients(*host, with({{"limit", "1"}, {"group", "desktop"}})));
  EXPECT_THAT(first.at("clients.0.name"), StartsWith("desk-"));
  EXPECT_EQ(first.at("clients.0.address"), "10.0.0.7");
  for (const Query& bad : {Query{{"limit", "0"}}, Query{{"limit", "1001"}}, Query{{"limit", "x"}},
                           Query{{"after", "x"}}, Query{{"after", "a.b.c"}}}) {
    EXPECT_EQ(get_clients(*host, with(bad)).status, 400) << bad.front().second;
  }
}

TEST_F(AdminApi, AMachinesStoryIsItsHistoryAndWhatItMeans) {
  auto a = desk(1);
  ask(a);
  clock.pass(days(7));
  ask(a);
  clock.pass(days(7));
  a.request.ticket.reset();  // its state was lost
  ask(a);
  auto twin = desk(2);
  twin.request.facts = a.request.facts;
  ask(twin);
  const Body body(get_client(*host, with({}, a.request.cmid.text())));
  EXPECT_EQ(body.at("machines"), "[1]");
  EXPECT_EQ(body.at("machines.0.name"), "desk-001.corp.example");
  EXPECT_EQ(body.at("machines.0.requests"), "3");
  EXPECT_EQ(body.at("machines.0.history"), "[3]");
  EXPECT_EQ(body.at("machines.0.history.0.evidence"), "state_lost") << "the newest first";
  EXPECT_THAT(body.at("machines.0.history.0.explanation"), HasSubstr("showed no ticket"));
  EXPECT_EQ(body.at("machines.0.history.1.evidence"), "renewal");
  EXPECT_EQ(body.at("machines.0.history.2.evidence"), "new");
  EXPECT_EQ(body.at("machines.0.history.2.error"), "count_insufficient");
  EXPECT_EQ(body.at("machines.0.evidence_seen"), "[3]");
  EXPECT_EQ(body.at("machines.0.same_fact"), "[1]");
  EXPECT_EQ(body.at("machines.0.same_fact.0.cmid"), twin.request.cmid.text());
  EXPECT_EQ(body.at("machines.0.same_cmid"), "[0]");
  EXPECT_EQ(body.at("machines.0.next"), "null");
  EXPECT_EQ(body.at("machines.0.story"), "[2]");
  EXPECT_THAT(body.at("machines.0.story.0.text"), StartsWith("Refused for acme-cad 2 times"));
  EXPECT_THAT(body.at("machines.0.story.1.text"), HasSubstr("showed no ticket"));

  const Body page(get_client(*host, with({{"limit", "2"}}, a.request.cmid.text())));
  EXPECT_EQ(page.at("machines.0.history"), "[2]");
  const Body rest(
      get_client(*host, with({{"before", page.at("machines.0.next")}}, a.request.cmid.text())));
  EXPECT_EQ(rest.at("machines.0.history"), "[1]");
  EXPECT_EQ(rest.at("machines.0.history.0.evidence"), "new");
  EXPECT_EQ(get_client(*host, with({{"before", "1-1"}}, a.request.cmid.text())).status, 400)
      << "another's event";
  EXPECT_EQ(get_client(*host, with({}, desk(9).request.cmid.text())).status, 404);
  EXPECT_EQ(get_client(*host, with({}, "x")).status, 400);
}

TEST_F(AdminApi, TwoMachinesUnderOneCmidAreShown) {
  auto a = desk(1);
  ask(a);
  auto clone = a;
  clone.request.facts = desk(2).request.facts;
  clock.pass(days(1));
  ask(a);
  clock.pass(days(1));
  ask(clone);
  const Body body(get_client(*host, with({}, a.request.cmid.text())));
  EXPECT_EQ(body.at("machines.0.evidence"), "clone");
  EXPECT_EQ(body.at("machines.0.same_cmid"), "[1]");
  EXPECT_EQ(body.at("machines.0.same_cmid_machines"), "[0]");
  auto own = desk(2);
  ask(own);
  ask(a);  // and so the copy's facts are the other machine's again
  const Body both(get_client(*host, with({}, a.request.cmid.text())));
  EXPECT_EQ(both.at("machines.0.same_cmid_machines.0.cmid"), own.request.cmid.text());
  EXPECT_EQ(both.at("machines.0.same_cmid_machines.0.name"), "desk-002.corp.example");
}

TEST_F(AdminApi, TheLogIsReadFromAnyPlace) {
  auto a = desk(1);
  for (int i = 0; i < 5; ++i) ask(a);
  const Body body(get_events(*host, with({{"limit", "3"}})));
  EXPECT_EQ(body.at("events"), "[3]");
  EXPECT_EQ(body.at("events.0.event.type"), "start");
  EXPECT_EQ(body.at("events.2.name"), "desk-001.corp.example");
  EXPECT_EQ(body.at("next"), "1-3");
  const Body rest(get_events(*host, with({{"after", "1-3"}})));
  EXPECT_EQ(rest.at("events"), "[4]");
  EXPECT_EQ(rest.at("next"), "null");
  const Body end(get_events(*host, with({{"after", rest.at("resume")}})));
  EXPECT_EQ(end.at("events"), "[0]");
  EXPECT_EQ(end.at("next"), "null");
  EXPECT_EQ(end.at("resume"), rest.at("resume")) << "whoever follows the log goes on from there";
  for (const Query& bad : {Query{{"after", "3"}}, Query{{"after", "0-3"}}, Query{{"after", "1-x"}},
                           Query{{"format", "xml"}}}) {
    EXPECT_EQ(get_events(*host, with(bad)).status, 400) << bad.front().second;
  }
}

TEST_F(AdminApi, AnExportOfThousandsVerifiesFromAnyPlace) {
  auto a = desk(1);
  for (int i = 0; i < 2500; ++i) {
    if (i % 10 == 0) clock.pass(seconds(60));
    ask(a);
  }
  ASSERT_TRUE(host->stop());
  for (const auto* after : {"1-0", "1-1", "1-999", "1-1000", "1-2400"}) {
    std::istringstream in(whole(get_events(*host, with({{"format", "ndjson"}, {"after", after}}))));
    const auto report = wire::verify_log(in, host_key.public_key(), 0, {});
    ASSERT_TRUE(report) << after << ": " << report.error().sentence();
    EXPECT_EQ(report->last, 2503u) << after;
    EXPECT_EQ(report->proved, 2503u) << after;
  }
  std::istringstream cut(whole(get_events(*host, with({{"format", "ndjson"}, {"limit", "700"}}))));
  const auto report = wire::verify_log(cut, host_key.public_key(), 0, {});
  ASSERT_TRUE(report) << report.error().sentence();
  EXPECT_EQ(report->last, 700u);
  EXPECT_EQ(get_events(*host, with({{"format", "ndjson"}, {"after", "1-9999"}})).status, 404);
}

TEST_F(AdminApi, ASpreadsheetRunsNothing) {
  auto a = desk(1);
  a.request.name = R"(=cmd|'/c calc'!A1,"x")";
  ask(a);
  auto request = with({});
  request.accept = "text/csv,";
  const auto reply = get_events(*host, request);
  EXPECT_THAT(reply.content_type, StartsWith("text/csv"));
  const auto text = whole(reply);
  EXPECT_THAT(text, StartsWith("epoch,seq,time,type,"));
  EXPECT_THAT(text, HasSubstr(R"("'=cmd|'/c calc'!A1,""x""")"));
  EXPECT_THAT(text, HasSubstr(R"("{""version"":""test""}")"));
}

TEST_F(AdminApi, HostKeysAreInstalledOrRefusedWhole) {
  const auto post = [&](std::string_view body) {
    AdminRequest request = with({});
    request.body = body;
    return post_host_keys(*host, request);
  };
  auto file = key_file({{"acme-cam", Policy{}}}, clock.wall);
  file.pop_back();
  const auto good = post(R"({"host_keys":[")" + file + R"("]})");
  EXPECT_EQ(good.status, 200) << good.body;
  EXPECT_EQ(Body(good).at("installed.0.product"), "acme-cam");
  EXPECT_NE(host->keys()->find("acme-cam", std::nullopt), nullptr);
  for (const auto* bad : {"", "{}", R"({"host_keys":[]})", R"({"host_keys":"x"})",
                          R"({"host_keys":[7]})", R"({"host_keys":["x"]})",
                          R"({"host_keys":["x\ny"]})", R"({"host_keys":[],"host_keys":[]})"}) {
    EXPECT_EQ(post(bad).status, 400) << bad;
  }
  EXPECT_THAT(store.events({}, 1000)->back().line, HasSubstr(R"("actor":"token:1")"));
}

TEST_F(AdminApi, ASuspectClockIsConfirmed) {
  clock.wall += days(2);  // and nothing on the monotonic one
  host->tick();
  EXPECT_EQ(get_readyz(*host).status, 503);
  EXPECT_EQ(Body(get_status(*host, with({}))).at("not_ready.code"), "clock_suspect");
  EXPECT_EQ(post_clock_confirm(*host, with({})).status, 200);
  EXPECT_EQ(get_readyz(*host).status, 200);
}

TEST_F(AdminApi, TokensAreMadeAndShownWithoutTheirSecret) {
  const auto post = [&](std::string_view body) {
    AdminRequest request = with({});
    request.body = body;
    return post_token(*host, request);
  };
  const auto made = post(R"({"name":"grafana","role":"viewer","expires_in":"90d"})");
  ASSERT_EQ(made.status, 201) << made.body;
  const Body body(made);
  EXPECT_EQ(body.at("expires"), format_time(clock.wall + days(90)));
  const auto list = get_tokens(*host, with({}));
  EXPECT_EQ(Body(list).at("tokens.0.id"), body.at("id"));
  EXPECT_THAT(list.body, Not(HasSubstr(body.at("token"))));
  EXPECT_EQ(delete_token(*host, with({}, body.at("id"))).status, 204);
  EXPECT_EQ(Body(get_tokens(*host, with({}))).at("tokens"), "[0]");
  for (const auto* bad :
       {"", "[]", R"({"name":"x"})", R"({"name":"x","role":"root"})",
        R"({"name":"","role":"viewer"})", R"({"name":"x","role":"viewer","expires_in":"soon"})"}) {
    EXPECT_EQ(post(bad).status, 400) << bad;
  }
}

TEST_F(AdminApi, TheHostSaysWhoItIsToAnyone) {
  const auto reply = get_host(*host, with({}));
  const Body body(reply);
  EXPECT_EQ(body.at("host"), host_key.public_key().thumbprint());
  EXPECT_EQ(body.at("jwk.kty"), "EC");
  EXPECT_EQ(body.at("products.0.product"), "acme-cad");
  EXPECT_THAT(reply.body, Not(HasSubstr("Example Ltd"))) << "the customer is not anyone's business";
}

}  // namespace
}  // namespace muster::service::testing
