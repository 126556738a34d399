// The list of machines: filters, orders, pages and CSV; and the forecast with its due list.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include "service/admin_api.h"
#include "service/testing/admin_body.h"
#include "service/testing/host_fixture.h"
#include "wire/exchange.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::StartsWith;
using Query = std::vector<std::pair<std::string, std::string>>;

AdminRequest with(Query query, std::string id = {}) {
  return {.id = std::move(id), .query = std::move(query), .actor = "token:1", .version = "9"};
}

// Five machines of two products: desk-001 asked five days ago and has lost its state since,
// desk-002 to desk-004 asked a day later each, desk-005 has the other product.
struct AdminList : HostFixture {
  void SetUp() override {
    open_host();
    Policy policy;
    policy.threshold = 3;
    install({{"acme-cad", policy}, {"acme-cam", policy}});
    for (int n = 1; n <= 4; ++n) {
      machines.push_back(desk(n));
      ask(machines.back());
      clock.pass(days(1));
    }
    machines[0].request.ticket.reset();
    ask(machines[0]);
    clock.pass(days(1));
    machines.push_back(desk(5, "acme-cam"));
    machines.back().request.name = "Lab <b>5</b>";
    ask(machines.back());
  }
  // The names of the machines of every page.
  std::vector<std::string> names(Query query, std::size_t limit = 2) {
    std::vector<std::string> out;
    query.emplace_back("limit", fmt::format("{}", limit));
    for (auto page = query;;) {
      const auto reply = get_clients(*host, with(page));
      EXPECT_EQ(reply.status, 200) << reply.body;
      const Body body(reply);
      for (int i = 0; body.at(fmt::format("clients.{}", i)) != "absent"; ++i) {
        EXPECT_LT(i, static_cast<int>(limit));
        out.push_back(body.at(fmt::format("clients.{}.name", i)).substr(0, 8));
      }
      if (body.at("next") == "null" || body.at("next") == "absent") return out;
      page = query;
      page.emplace_back("after", body.at("next"));
    }
  }
  // So many machines more, of which nothing is known but that they asked.
  void fill_store(int count) {
    const GroupKey group{root.public_key().thumbprint(), "desktop"};
    auto unit = store.open(std::vector{group}).value();
    for (int i = 0; i < count; ++i) {
      core::Machine machine;
      machine.cmid = Cmid{random.bytes<16>()};
      machine.first_seen = machine.last_seen = clock.wall;
      unit->put_machine(group, machine);
    }
    ASSERT_TRUE(unit->commit());
  }
  std::vector<Desk> machines;
};

TEST_F(AdminList, MachinesStandInTheOrderThatIsAskedFor) {
  EXPECT_THAT(names({{"sort", "name"}}),
              ElementsAre("desk-001", "desk-002", "desk-003", "desk-004", "Lab <b>5"));
  EXPECT_THAT(names({{"sort", "-name"}}),
              ElementsAre("Lab <b>5", "desk-004", "desk-003", "desk-002", "desk-001"));
  EXPECT_THAT(names({{"sort", "last_seen"}}),
              ElementsAre("desk-002", "desk-003", "desk-004", "desk-001", "Lab <b>5"));
  EXPECT_THAT(names({{"sort", "-last_seen"}}, 1),
              ElementsAre("Lab <b>5", "desk-001", "desk-004", "desk-003", "desk-002"));
  EXPECT_EQ(names({{"sort", "cmid"}}).size(), 5U);
}

TEST_F(AdminList, AFilterLeavesWhatFits) {
  const struct {
    Query query;
    std::vector<std::string> names;
  } rows[] = {
      {{{"name", "desk"}}, {"desk-001", "desk-002", "desk-003", "desk-004"}},
      {{{"name", "DESK-00"}, {"sort", "-name"}}, {"desk-004", "desk-003", "desk-002", "desk-001"}},
      {{{"name", "lab"}}, {"Lab <b>5"}},
      {{{"name", "lab"}, {"sort", "last_seen"}}, {"Lab <b>5"}},
      {{{"name", "esk"}}, {}},
      {{{"text", "SK-00"}, {"sort", "name"}}, {"desk-001", "desk-002", "desk-003", "desk-004"}},
      {{{"text", "10.0.0.7"}, {"sort", "name"}, {"name", "lab"}}, {"Lab <b>5"}},
      {{{"text", machines[2].request.cmid.text()}}, {"desk-003"}},
      {{{"product", "acme-cam"}}, {"Lab <b>5"}},
      {{{"product", "acme"}}, {}},
      {{{"evidence", "state_lost"}}, {"desk-001"}},
      {{{"evidence", "clone"}}, {}},
      {{{"state", "initial_grace"}, {"product", "acme-cam"}}, {"Lab <b>5"}},
      {{{"state", "licensed"}}, {}},
      {{{"silent_since", format_time(clock.wall - days(1))}, {"sort", "name"}},
       {"desk-002", "desk-003", "desk-004"}},
      {{{"silent_since", format_time(clock.wall - days(1))}, {"sort", "last_seen"}},
       {"desk-002", "desk-003", "desk-004"}},
      {{{"silent_since", format_time(clock.wall - days(1))}, {"sort", "-last_seen"}},
       {"desk-004", "desk-003", "desk-002"}},
      {{{"silent_since", format_time(clock.wall - days(3))}}, {"desk-002"}},
      {{{"silent_since", format_time(clock.wall - days(4))}}, {}},
      {{{"group", "desktop"}, {"name", "lab"}}, {"Lab <b>5"}},
  };
  for (const auto& row : rows) {
    EXPECT_EQ(names(row.query), row.names)
        << row.query.front().first << " " << row.query.front().second;
  }
}

TEST_F(AdminList, WhatIsNoFilterIsRefused) {
  const Query rows[] = {{{"state", "happy"}},
                        {{"evidence", "none"}},
                        {{"silent_since", "monday"}},
                        {{"sort", "age"}},
                        {{"name", ""}},
                        {{"text", std::string(256, 'x')}},
                        {{"product", ""}},
                        {{"format", "xml"}},
                        {{"sort", "name"}, {"after", "name.a.b.c"}},
                        {{"sort", "name"}, {"after", "name.a.b.1.2.*"}},
                        {{"after", "cmid.a.b.1.2.YQ"}}};
  for (const auto& query : rows) {
    const auto reply = get_clients(*host, with(query));
    EXPECT_EQ(reply.status, 400) << query.back().first << "=" << query.back().second;
    EXPECT_THAT(reply.body, HasSubstr(query.back().first + ": "));
  }
}

TEST_F(AdminList, WhatIsUnknownIsRefusedWithTheNamesThatAreKnown) {
  EXPECT_THAT(get_clients(*host, with({{"state", "happy"}})).body,
              HasSubstr("state: unlicensed, licensed, initial_grace, additional_grace, "
                        "non_genuine_grace, notification or extended_grace expected"));
  for (const auto& call : {get_clients, get_evidence}) {
    EXPECT_THAT(call(*host, with({{"evidence", "none"}})).body,
                HasSubstr("evidence: renewal, revert, state_lost, "));
  }
}

// A cursor says which list it goes on in: in another order or group it would leave machines out.
TEST_F(AdminList, ACursorGoesOnInItsOwnListAlone) {
  const std::string sorts[] = {"cmid", "name", "-name", "last_seen", "-last_seen"};
  for (const auto& of : sorts) {
    const auto next = Body(get_clients(*host, with({{"sort", of}, {"limit", "1"}}))).at("next");
    for (const auto& sort : sorts) {
      const auto reply = get_clients(*host, with({{"sort", sort}, {"after", next}}));
      EXPECT_EQ(reply.status, sort == of ? 200 : 400) << of << " as " << sort;
    }
    EXPECT_EQ(get_evidence(*host, with({{"after", next}})).status, 400);
    EXPECT_EQ(get_forecast(*host, with({{"after", next}}, "desktop")).status, 400);
  }
  const auto due = Body(get_forecast(*host, with({{"limit", "1"}}, "desktop"))).at("next");
  EXPECT_EQ(get_clients(*host, with({{"after", due}})).status, 400);
  EXPECT_EQ(get_evidence(*host, with({{"after", due}})).status, 400);
  const auto vendor = root.public_key().thumbprint();
  const auto at = [&](std::string_view group) {
    return fmt::format("cmid.{}.{}.{}", vendor, group, machines[0].request.cmid.text());
  };
  EXPECT_EQ(get_clients(*host, with({{"after", at("desktop")}})).status, 200);
  for (const Query& query :
       {Query{{"after", at("server")}}, Query{{"after", at("server")}, {"group", "desktop"}},
        Query{{"after", at("desktop")}, {"vendor", "another"}}}) {
    EXPECT_EQ(get_clients(*host, with(query)).status, 400);
  }
}

// A search that finds little ends all the same, and says where it goes on.
TEST_F(AdminList, ALongSearchStopsAndGoesOn) {
  fill_store(25'000);
  const Query query{{"evidence", "state_lost"}, {"limit", "10"}};
  auto page = query;
  std::size_t found = 0, pages = 0;
  for (;; ++pages) {
    ASSERT_LT(pages, 10U);
    const Body body(get_clients(*host, with(page)));
    if (body.at("clients.0") != "absent") ++found;
    if (body.at("next") == "null") break;
    page = query;
    page.emplace_back("after", body.at("next"));
  }
  EXPECT_EQ(found, 1U);
  EXPECT_EQ(pages, 6U) << "4,000 are looked at in one call";
}

TEST_F(AdminList, WhoIsSilentIsFoundWithoutLookingAtTheRest) {
  fill_store(25'000);
  for (const auto* sort : {"last_seen", "-last_seen"}) {
    const Body body(get_clients(
        *host, with({{"sort", sort}, {"silent_since", format_time(clock.wall - days(1))}})));
    EXPECT_EQ(body.at("clients"), "[3]") << sort;
    EXPECT_EQ(body.at("next"), "null") << sort;
  }
}

TEST_F(AdminList, CsvIsForSpreadsheetsAndRunsNothing) {
  auto evil = desk(6);
  evil.request.name = "=cmd|'/c calc'!A1";
  ask(evil);
  const auto reply = get_clients(*host, with({{"format", "csv"}, {"sort", "name"}}));
  EXPECT_THAT(reply.content_type, StartsWith("text/csv"));
  const auto text = whole(reply);
  EXPECT_THAT(text, StartsWith("vendor,group,cmid,name,address,first_seen,last_seen,requests,"
                               "state,evidence,evidence_seen,virtual,products,valid_until\r\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 7);
  EXPECT_THAT(text, HasSubstr(",'=cmd|'/c calc'!A1,"));
  EXPECT_THAT(text, HasSubstr(",state_lost,state_lost new,"));
  EXPECT_THAT(text, HasSubstr(",acme-cam,"));
  auto by_field = with({{"product", "acme-cam"}});
  by_field.accept = "text/csv,";
  EXPECT_EQ(std::ranges::count(whole(get_clients(*host, by_field)), '\n'), 2);
  EXPECT_EQ(std::ranges::count(whole(get_clients(*host, with({{"format", "csv"}, {"limit", "3"}}))),
                               '\n'),
            4);
}

// What is stored stays as it was sent; a spreadsheet shows what is hidden in it.
TEST_F(AdminList, CsvShowsWhatANameHides) {
  auto evil = desk(6);
  evil.request.name = "desk-6\u202Egpj.exe\u200B";
  ask(evil);
  const Query csv{{"format", "csv"}};
  for (const auto& call : {get_clients, get_events}) {
    EXPECT_THAT(whole(call(*host, with(csv))), HasSubstr(",desk-6\\u{202E}gpj.exe\\u{200B},"));
  }
  EXPECT_THAT(whole(get_forecast(*host, with(csv, "desktop"))),
              HasSubstr(",desk-6\\u{202E}gpj.exe\\u{200B},"));
  EXPECT_THAT(get_clients(*host, with({{"name", "desk-6"}})).body,
              HasSubstr("\"desk-6\u202Egpj.exe\u200B\""));
}

TEST_F(AdminList, TheRollIsThereForSpreadsheets) {
  const auto reply = get_roll(*host, with({{"format", "csv"}}, "desktop"));
  EXPECT_THAT(reply.content_type, StartsWith("text/csv"));
  const auto text = whole(reply);
  EXPECT_THAT(text, StartsWith("vendor,group,machine,last_seen,leaves\r\n"));
  EXPECT_EQ(std::ranges::count(text, '\n'), 6);
  EXPECT_THAT(text, HasSubstr(fmt::format("{},desktop,{},{},{}\r\n", root.public_key().thumbprint(),
                                          machines[4].request.cmid.text(), format_time(clock.wall),
                                          format_time(clock.wall + days(30)))));
  auto by_field = with({}, "desktop");
  by_field.accept = "text/csv,";
  EXPECT_EQ(get_roll(*host, by_field).body, reply.body);
  EXPECT_EQ(get_roll(*host, with({{"format", "xml"}}, "desktop")).status, 400);
}

TEST_F(AdminList, TheForecastSaysWhenTheCountFalls) {
  const auto start = clock.wall - days(5);
  const Body body(get_forecast(*host, with({}, "desktop")));
  EXPECT_EQ(body.at("count"), "5");
  EXPECT_EQ(body.at("threshold"), "3");
  EXPECT_EQ(body.at("under"), "false");
  // desk-002 and desk-003 may leave; with desk-004's leaving there are two left.
  EXPECT_EQ(body.at("falls_under"), format_time(start + days(3) + days(30)));
  EXPECT_EQ(body.at("products"), "[2]");
  EXPECT_EQ(body.at("products.0.product"), "acme-cad");
  EXPECT_EQ(body.at("products.0.falls_under"), body.at("falls_under"));
  EXPECT_EQ(body.at("if_silent"), "[6]");
  EXPECT_EQ(body.at("if_silent.0.count"), "5");
  EXPECT_EQ(body.at("if_silent.1.time"), format_time(start + days(31)));
  EXPECT_EQ(body.at("if_silent.5.count"), "0");
}

TEST_F(AdminList, TheDueListNamesWhoLeavesFirst) {
  clock.pass(days(4));
  host->tick();
  const Body body(get_forecast(*host, with({{"limit", "2"}}, "desktop")));
  EXPECT_EQ(body.at("due"), "[2]");
  EXPECT_EQ(body.at("due.0.cmid"), machines[1].request.cmid.text());
  EXPECT_THAT(body.at("due.0.name"), StartsWith("desk-002"));
  EXPECT_EQ(body.at("due.0.late"), "true") << "eight days silent, and to renew each seven";
  EXPECT_EQ(body.at("due.1.late"), "false");
  EXPECT_EQ(body.at("due.0.leaves"), format_time(clock.wall - days(8) + days(30)));
  EXPECT_EQ(body.at("due.0.due"), format_time(clock.wall - days(8) + days(7)));
  const Body rest(
      get_forecast(*host, with({{"limit", "3"}, {"after", body.at("next")}}, "desktop")));
  EXPECT_EQ(rest.at("due"), "[3]");
  EXPECT_EQ(rest.at("due.0.cmid"), machines[3].request.cmid.text());
  EXPECT_EQ(rest.at("next"), "null");
  const auto list = fmt::format("due.{}.desktop.", root.public_key().thumbprint());
  EXPECT_EQ(get_forecast(*host, with({{"after", list + "1-1"}}, "desktop")).status, 200);
  for (const auto* bad :
       {"", "1-1", "LIST", "LIST1", "LIST1-", "LIST-", "LISTx-1", "LIST1-x", "due.x.desktop.1-1"}) {
    std::string after = bad;
    if (after.starts_with("LIST")) after.replace(0, 4, list);
    EXPECT_EQ(get_forecast(*host, with({{"after", after}}, "desktop")).status, 400) << bad;
  }
  EXPECT_EQ(get_forecast(*host, with({}, "none")).status, 404);
}

TEST_F(AdminList, TheDueListSaysWhoHasToAskAndWhoMayStayAway) {
  const Body body(get_forecast(*host, with({}, "desktop")));
  EXPECT_EQ(body.at("keep.threshold"), "3");
  EXPECT_EQ(body.at("keep.spare"), "2");
  EXPECT_EQ(body.at("keep.missing"), "0");
  EXPECT_EQ(body.at("keep.falls_under"), "null");
  EXPECT_EQ(body.at("due.1.ask_before"), "null");
  EXPECT_EQ(body.at("due.2.ask_before"), body.at("due.2.leaves"));
  EXPECT_EQ(body.at("due.2.leaves"), body.at("falls_under"));
  EXPECT_EQ(body.at("due.2.count_after"), "2");

  const Body needed(get_forecast(*host, with({{"needed", "true"}, {"limit", "2"}}, "desktop")));
  EXPECT_EQ(needed.at("due"), "[2]");
  EXPECT_EQ(needed.at("due.0.cmid"), body.at("due.2.cmid"));
  const Body rest(
      get_forecast(*host, with({{"needed", "true"}, {"after", needed.at("next")}}, "desktop")));
  EXPECT_EQ(rest.at("due"), "[1]");
  EXPECT_EQ(get_forecast(*host, with({{"needed", "1"}}, "desktop")).status, 400);
  EXPECT_EQ(get_forecast(*host, with({{"product", "none"}}, "desktop")).status, 404);
}

TEST_F(AdminList, AMachineThatCameBackWithAnotherCmidIsGoneUnderTheOld) {
  clock.pass(days(1));
  auto rebuilt = machines[1];
  rebuilt.request.cmid = Cmid{Bytes16{9, 9}};
  rebuilt.request.ticket.reset();
  ask(rebuilt);
  const Body body(get_forecast(*host, with({}, "desktop")));
  EXPECT_EQ(body.at("count"), "6");
  EXPECT_EQ(body.at("due.0.cmid"), machines[1].request.cmid.text());
  EXPECT_EQ(body.at("due.0.gone"), "true");
  EXPECT_EQ(body.at("keep.spare"), "2") << "five machines, of which three hold the count";
}

TEST_F(AdminList, TheDueListAsCsvIsForAnyPowerOnAutomation) {
  const auto reply = get_forecast(*host, with({{"needed", "true"}, {"format", "csv"}}, "desktop"));
  EXPECT_THAT(reply.content_type, StartsWith("text/csv"));
  EXPECT_THAT(reply.body, StartsWith("ask_before,machine,name,last_seen,renews,late,leaves,gone,"
                                     "count_after\r\n"));
  EXPECT_EQ(std::ranges::count(reply.body, '\n'), 4);
  EXPECT_THAT(reply.body, HasSubstr(machines[3].request.cmid.text()));
}

TEST_F(AdminList, TheForecastGivesWhatIsToBeExpectedWithItsRange) {
  const Body body(get_forecast(*host, with({}, "desktop")));
  EXPECT_EQ(body.at("ahead"), "[181]");
  EXPECT_EQ(body.at("ahead.0.expected"), "5");
  EXPECT_EQ(body.at("ahead.1.time"), format_time(clock.wall + days(1)));
  EXPECT_EQ(body.at("rests_on.machines"), "5");
  EXPECT_EQ(body.at("rests_on.whole"), "true");
  EXPECT_EQ(body.at("rests_on.departures"), "0");
  EXPECT_EQ(body.at("capacity"), "6");
}

// Machines that renew each week are expected to go on; the events tell their rhythm.
TEST_F(AdminList, AFleetThatRenewsIsNotExpectedToFall) {
  for (int week = 0; week < 8; ++week) {
    for (auto& machine : machines) {
      clock.pass(std::chrono::hours(12));
      host->tick();
      ask(machine);
    }
    clock.pass(days(7) - std::chrono::hours(12) * static_cast<int>(machines.size()));
    host->tick();
  }
  const Body body(get_forecast(*host, with({}, "desktop")));
  EXPECT_EQ(body.at("rests_on.rhythm_min"), "10080");
  EXPECT_EQ(body.at("rests_on.returns"), "20") << "the last five contacts of each are read";
  EXPECT_EQ(body.at("expected"), "null");
  EXPECT_NE(body.at("falls_under"), "null");
}

TEST_F(AdminList, UnderTheThresholdThereIsNothingToForetell) {
  clock.pass(days(28));
  host->tick();
  const Body body(get_forecast(*host, with({}, "desktop")));
  EXPECT_EQ(body.at("count"), "2");
  EXPECT_EQ(body.at("under"), "true");
  EXPECT_EQ(body.at("falls_under"), "null");
}

}  // namespace
}  // namespace muster::service::testing
