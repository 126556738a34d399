// What is counted from the log while nobody asks, and how it is shown: evidence by pool, the
// report, how far the chain was checked.
#include "service/digest.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "service/admin_api.h"
#include "service/testing/admin_body.h"
#include "service/testing/host_fixture.h"
#include "wire/usage_report.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::HasSubstr;
using ::testing::Not;
using Query = std::vector<std::pair<std::string, std::string>>;

AdminRequest with(Query query, std::string id = {}, std::string_view body = {}) {
  return {.id = std::move(id), .query = std::move(query), .body = body, .actor = "token:1"};
}

struct Counting : HostFixture {
  void SetUp() override {
    open_host();
    Policy policy;
    policy.threshold = 2;
    policy.licensed = 3;
    install({{"acme-cad", policy}});
  }
  // Nobody asks for a while.
  void rest() const {
    while (host->catch_up()) {
    }
  }
  void count() {
    rest();
    clock.pass(seconds(5));
    rest();
  }
  Desk named(int n, std::string name) const {
    auto out = desk(n);
    out.request.name = std::move(name);
    return out;
  }
  // The machine is set back to before its newest contact.
  void revert(Desk& machine) {
    const auto older = machine.request.ticket;
    ask(machine);
    machine.request.ticket = older;
    ask(machine);
  }
};

TEST_F(Counting, EvidenceIsGroupedByPool) {
  auto a = named(1, "VDI-0001"), b = named(2, "vdi-0002"), c = named(3, "lab7"), d = named(4, "");
  for (auto* machine : {&a, &b, &c, &d}) ask(*machine);
  clock.pass(days(1));
  for (auto* machine : {&a, &b, &c, &d}) revert(*machine);
  clock.pass(days(1));
  b.request.ticket.reset();  // its state was lost
  ask(b);
  EXPECT_EQ(Body(get_evidence(*host, with({}))).at("up_to"), "null") << "nothing is counted yet";
  count();
  const Body body(get_evidence(*host, with({})));
  EXPECT_EQ(body.at("up_to"), fmt::format("1-{}", events().size()));
  EXPECT_EQ(body.at("pools"), "[3]");
  EXPECT_EQ(body.at("pools.0.pattern"), "vdi-#") << "the newest first";
  EXPECT_EQ(body.at("pools.0.subnet"), "10.0.0.0/24");
  EXPECT_EQ(body.at("pools.0.group"), "desktop");
  EXPECT_EQ(body.at("pools.0.kinds"), "[2]");
  EXPECT_EQ(body.at("pools.0.kinds.0.evidence"), "state_lost");
  EXPECT_EQ(body.at("pools.0.kinds.1.evidence"), "revert");
  EXPECT_EQ(body.at("pools.0.kinds.1.count"), "2");
  EXPECT_EQ(body.at("pools.0.kinds.1.last_30_days"), "2");
  EXPECT_EQ(body.at("pools.0.kinds.1.examples"), "[2]");
  EXPECT_EQ(body.at("pools.0.kinds.1.examples.0.name"), "vdi-0002");
  EXPECT_EQ(body.at("pools.0.kinds.1.examples.0.cmid"), b.request.cmid.text());
  EXPECT_EQ(body.at("pools.0.kinds.1.expected"), "null");
  EXPECT_THAT(body.at("pools.0.kinds.1.advice"), HasSubstr("mark it as expected"));
  const auto page = [&](Query query) { return Body(get_evidence(*host, with(std::move(query)))); };
  EXPECT_EQ(page({{"evidence", "state_lost"}}).at("pools"), "[1]");
  EXPECT_EQ(page({{"evidence", "clone"}}).at("pools"), "[0]");
  EXPECT_EQ(page({{"group", "server"}}).at("pools"), "[0]");
  std::vector<std::string> patterns;
  for (Query query{{"limit", "1"}};;) {
    const auto one = page(query);
    patterns.push_back(one.at("pools.0.pattern"));
    if (one.at("next") == "null" || patterns.size() > 9) break;
    query = {{"limit", "1"}, {"after", one.at("next")}};
  }
  EXPECT_EQ(patterns.size(), 3U);
  EXPECT_THAT(patterns, ::testing::UnorderedElementsAre("vdi-#", "lab#", "null"));
  for (const Query& bad : {Query{{"evidence", "x"}}, Query{{"expected", "x"}},
                           Query{{"after", "x"}}, Query{{"limit", "0"}}}) {
    EXPECT_EQ(get_evidence(*host, with(bad)).status, 400) << bad.front().first;
  }
}

TEST_F(Counting, EvidenceIsThereForSpreadsheetsAndRunsNothing) {
  auto evil = named(1, "=cmd()-1"), other = named(2, "vdi-7");
  for (auto* machine : {&evil, &other}) {
    ask(*machine);
    revert(*machine);
  }
  count();
  const auto pools = Body(get_evidence(*host, with({})));
  ASSERT_EQ(pools.at("pools"), "[2]");
  AdminRequest mark = with({});
  mark.id = pools.at("pools.0.pool");
  mark.body = R"({"evidence":"revert","expected":true,"note":"+every night, all"})";
  ASSERT_EQ(post_evidence_expected(*host, mark).status, 200);
  const auto text = whole(get_evidence(*host, with({{"format", "csv"}})));
  EXPECT_THAT(text, ::testing::StartsWith(
                        "pool,vendor,group,pattern,subnet,evidence,count,last_30_days,first,"
                        "newest,newest_event,expected_by,expected_since,note\r\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
  EXPECT_THAT(text, HasSubstr(",'=cmd()-#,10.0.0.0/24,revert,1,1,"));
  EXPECT_THAT(text, HasSubstr(R"(,"'+every night, all")"));
  const auto one = whole(get_evidence(*host, with({{"format", "csv"}, {"limit", "1"}})));
  EXPECT_EQ(std::ranges::count(one, '\n'), 2) << one;
}

TEST_F(Counting, NothingIsCountedTwice) {
  auto a = named(1, "vdi-1");
  ask(a);
  revert(a);
  count();
  open_host();
  revert(a);
  disk->disk_full = true;
  count();
  EXPECT_EQ(Body(get_evidence(*host, with({}))).at("pools.0.kinds.0.count"), "1");
  EXPECT_FALSE(host->not_ready()) << "a tally that cannot be kept stops nobody";
  disk->disk_full = false;
  count();
  open_host();
  count();
  EXPECT_EQ(Body(get_evidence(*host, with({}))).at("pools.0.kinds.0.count"), "2");
}

TEST_F(Counting, AnOperatorMarksWhatIsExpected) {
  auto a = named(1, "vdi-1");
  ask(a);
  revert(a);
  count();
  const Body before(get_evidence(*host, with({})));
  const auto pool = before.at("pools.0.pool");
  const auto mark = [&](std::string_view body, const std::string& id) {
    return post_evidence_expected(*host, with({}, id, body));
  };
  const auto marked =
      mark(R"({"evidence":"revert","expected":true,"note":"every \"night\""})", pool);
  EXPECT_EQ(marked.status, 200) << marked.body;
  EXPECT_EQ(Body(marked).at("kinds.0.expected.note"), "every \"night\"");
  EXPECT_EQ(Body(marked).at("kinds.0.expected.by"), "token:1");
  const auto event = *wire::parse_event_line(events().back().line);
  EXPECT_EQ(event.type, "evidence_expected");
  EXPECT_EQ(event.actor, "token:1");
  EXPECT_EQ(event.detail,
            fmt::format(R"({{"pool":"{}","evidence":"revert","note":"every \"night\""}})", pool));
  EXPECT_THAT(events().back().line, Not(HasSubstr("vdi"))) << "no name stands in the log";
  revert(a);
  count();
  const Body after(get_evidence(*host, with({{"expected", "true"}})));
  EXPECT_EQ(after.at("pools.0.kinds.0.count"), "2") << "it is counted all the same";
  EXPECT_EQ(after.at("pools.0.kinds.0.expected.by"), "token:1");
  EXPECT_EQ(Body(get_evidence(*host, with({{"expected", "false"}}))).at("pools"), "[0]");

  const struct {
    std::string what, id, body;
    int status;
  } table[] = {
      {"another kind", pool, R"({"evidence":"clone","expected":true})", 404},
      {"another pool", std::string(22, 'A'), R"({"evidence":"revert","expected":true})", 404},
      {"no pool", "x", R"({"evidence":"revert","expected":true})", 404},
      {"no such kind", pool, R"({"evidence":"proof","expected":true})", 400},
      {"no word", pool, R"({"evidence":"revert"})", 400},
      {"a long note", pool,
       R"({"evidence":"revert","expected":true,"note":")" + std::string(256, 'x') + "\"}", 400},
      {"nothing", pool, "", 400},
      {"not any more", pool, R"({"evidence":"revert","expected":false})", 200},
  };
  for (const auto& row : table) {
    EXPECT_EQ(mark(row.body, row.id).status, row.status) << row.what;
  }
  EXPECT_EQ(types().back(), "evidence_unexpected");
  EXPECT_EQ(Body(get_evidence(*host, with({}))).at("pools.0.kinds.0.expected"), "null");
}

TEST_F(Counting, PoolsAreBounded) {
  for (std::size_t n = 0; n < Digest::kPoolsMost + 3; ++n) {
    // Letters alone, so that each is a pool of its own.
    std::string name;
    for (auto rest = n; rest > 0 || name.empty(); rest /= 26) {
      name.push_back(static_cast<char>('a' + rest % 26));
    }
    auto machine = named(static_cast<int>(n), name + "-x");
    machine.request.ticket = std::array<std::uint8_t, 24>{1};
    ask(machine);
    if (n % 100 == 0) clock.pass(seconds(60));
  }
  count();
  std::size_t pools = 0;
  std::string other;
  for (Query query{{"limit", "1000"}};;) {
    const Body body(get_evidence(*host, with(query)));
    for (int i = 0; body.at(fmt::format("pools.{}", i)) != "absent"; ++i, ++pools) {
      if (body.at(fmt::format("pools.{}.pattern", i)) != "...") continue;
      other = body.at(fmt::format("pools.{}.kinds.0.count", i));
    }
    if (body.at("next") == "null") break;
    query = {{"limit", "1000"}, {"after", body.at("next")}};
  }
  EXPECT_EQ(pools, Digest::kPoolsMost + 1);
  EXPECT_EQ(other, "3");
}

TEST_F(Counting, TheReportCountsMachinesByMonth) {
  // The clock stands in October 2024.
  auto a = desk(1), b = desk(2), c = desk(3);
  for (auto* machine : {&a, &b, &c}) ask(*machine);
  auto twin = desk(4);
  twin.request.facts = b.request.facts;
  ask(twin);
  auto bare = desk(5);
  bare.request.facts = {};
  ask(bare);
  for (int i = 0; i < 3; ++i) ask(b);
  host->tick();
  clock.pass(days(40));
  host->tick();
  ask(b);
  ask(c);
  host->tick();
  count();
  const Body body(get_report(*host, with({{"from", "2024-09"}, {"to", "2024-12"}})));
  EXPECT_EQ(body.at("up_to"), fmt::format("1-{}", events().size()));
  EXPECT_EQ(body.at("products"), "[1]");
  EXPECT_EQ(body.at("products.0.product"), "acme-cad");
  EXPECT_EQ(body.at("products.0.customer"), "Example Ltd");
  EXPECT_EQ(body.at("products.0.licensed"), "3");
  EXPECT_EQ(body.at("products.0.months"), "[4]");
  EXPECT_EQ(body.at("products.0.months.0.month"), "2024-09");
  EXPECT_EQ(body.at("products.0.months.0.machines"), "0");
  EXPECT_EQ(body.at("products.0.months.0.peak"), "null");
  EXPECT_EQ(body.at("products.0.months.1.machines"), "4") << "the first was refused";
  EXPECT_EQ(body.at("products.0.months.1.by_fact"), "3") << "two share a fact, one gave none";
  EXPECT_EQ(body.at("products.0.months.2.machines"), "1") << "the roll was empty: one was refused";
  EXPECT_EQ(body.at("products.0.months.2.over"), "false");

  const auto text = whole(get_report(*host, with({{"format", "csv"}, {"to", "2024-12"}})));
  EXPECT_EQ(std::ranges::count(text, '\n'), 13);
  EXPECT_THAT(text, HasSubstr(",Example Ltd,3,2024-10,4,3,"));
  for (const Query& bad : {Query{{"from", "2024"}}, Query{{"from", "2024-13"}},
                           Query{{"from", "2024-02"}, {"to", "2024-01"}},
                           Query{{"from", "1990-01"}}, Query{{"format", "xml"}}}) {
    EXPECT_EQ(get_report(*host, with(bad)).status, 400) << bad.front().second;
  }
}

TEST_F(Counting, ThePeakOfAMonthIsKept) {
  std::vector<Desk> fleet;
  for (int n = 1; n <= 5; ++n) {
    fleet.push_back(desk(n));
    ask(fleet.back());
  }
  ask(fleet.front());
  clock.pass(seconds(20));
  host->tick();
  const auto at = format_time(clock.wall);
  ASSERT_TRUE(host->stop());
  open_host();
  const auto month = wire::format_month(month_of(clock.wall));
  const auto report = [&] {
    return Body(get_report(*host, with({{"from", month}, {"to", month}})));
  };
  EXPECT_EQ(report().at("products.0.months.0.peak"), "5");
  EXPECT_EQ(report().at("products.0.months.0.peak_at"), at);
  EXPECT_EQ(report().at("products.0.months.0.over"), "true");
  clock.pass(days(31));
  host->tick();
  EXPECT_EQ(report().at("products.0.months.0.peak"), "5") << "it does not fall";
}

TEST_F(Counting, ASignedReportIsTheHosts) {
  auto a = desk(1), b = desk(2);
  ask(a);
  ask(b);
  count();
  const auto reply = get_report(*host, with({{"format", "jws"}}));
  EXPECT_EQ(reply.content_type, "application/jose");
  const auto text = reply.body.substr(0, reply.body.size() - 1);
  const auto read = wire::verify_report(text, host_key.public_key());
  ASSERT_TRUE(read) << read.error().sentence();
  EXPECT_EQ(read->products.front().months.back().machines, 1U);
  EXPECT_EQ(read->log.seq, events().size());
  EXPECT_EQ(read->log.hash, first16(events().back().hash)) << "its place in the log";
  EXPECT_FALSE(wire::verify_report(text, root.public_key()));
}

TEST_F(Counting, TheChainIsCheckedAsItIsRead) {
  auto a = desk(1);
  for (int i = 0; i < 3'000; ++i) {
    if (i % 10 == 0) clock.pass(seconds(60));
    ask(a);
  }
  count();
  const auto status = [&] { return Body(get_status(*host, with({}))); };
  EXPECT_EQ(status().at("log.verified"), "1-3002");
  EXPECT_EQ(status().at("log.verified_at"), format_time(host->now()));
  EXPECT_EQ(status().at("log.broken"), "null");
  // Somebody writes into the database.
  auto forged = events().front();
  forged.place.seq = 3'003;
  auto unit = store.open({}).value();
  unit->append(forged);
  ASSERT_TRUE(unit->commit());
  unit.reset();
  open_host();
  count();
  EXPECT_EQ(status().at("log.broken"), "1-3003");
  EXPECT_EQ(status().at("log.verified"), "1-3004") << "the walk goes on";
  EXPECT_EQ(Body(get_events(*host, with({}))).at("log.broken"), "1-3003");
}

}  // namespace
}  // namespace muster::service::testing
