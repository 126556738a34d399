// The log as people search it: filters, both orders, jumps to a time, pages.
#include "service/event_walk.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <rapidcheck/gtest.h>

#include "service/testing/admin_body.h"
#include "service/testing/mak_fixture.h"
#include "service/tokens.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;
using Query = std::vector<std::pair<std::string, std::string>>;

AdminRequest with(Query query) {
  return {.query = std::move(query), .actor = "token:1", .version = "9"};
}

// The places of the events of every page.
std::vector<std::string> places(HostService& host, const Query& query, std::size_t limit = 2) {
  std::vector<std::string> out;
  for (auto page = query;;) {
    page.emplace_back("limit", fmt::format("{}", limit));
    const auto reply = get_events(host, with(page));
    EXPECT_EQ(reply.status, 200) << reply.body;
    const Body body(reply);
    int shown = 0;
    for (; body.at(fmt::format("events.{}", shown)) != "absent"; ++shown) {
      out.push_back(body.at(fmt::format("events.{}.place", shown)));
    }
    const auto next = body.at("next");
    if (next == "null" || next == "absent") return out;
    if (out.size() > 100) return {"no end"};
    page = query;
    std::erase_if(page, [](const auto& pair) { return pair.first == "after"; });
    page.emplace_back("after", next);
  }
}

// 1 start, 2 key installed; day 0: 3 desk-001, 4 desk-002; day 1: 5 desk-001 which lost its state,
// 6 an unknown product; day 2: 7 desk-002, 8 a token, 9 a multiple activation key, 10 its sale.
struct EventWalkTest : MakFixture {
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(2)}});
    first = desk(1), second = desk(2);
    ask(first);
    ask(second);
    clock.pass(days(1));
    first.request.ticket.reset();
    ask(first);
    auto unknown = desk(3, "acme-unknown");
    ask(unknown);
    clock.pass(days(1));
    ask(second);
    ASSERT_TRUE(create_token(*host, "Grafana", Role::viewer, std::nullopt, "socket:0"));
    add(mak(5));
    sold = request(7);
    sell(sold);
  }
  Desk first, second;
  wire::MakRequest sold;
};

TEST_F(EventWalkTest, WhatIsFoundByWhat) {
  const auto yesterday = format_time(clock.wall - days(1));
  struct Row {
    Query query;
    std::vector<std::string> found;
  };
  const std::vector<Row> table = {
      {{}, {"1-1", "1-2", "1-3", "1-4", "1-5", "1-6", "1-7", "1-8", "1-9", "1-10"}},
      {{{"type", "activation"}}, {"1-3", "1-4", "1-5", "1-6", "1-7"}},
      {{{"type", "token_created"}}, {"1-8"}},
      {{{"type", "clock_suspect"}}, {}},
      {{{"group", "desktop"}}, {"1-3", "1-4", "1-5", "1-7"}},
      {{{"group", "server"}}, {}},
      {{{"vendor", root.public_key().thumbprint()}}, {"1-3", "1-4", "1-5", "1-7", "1-10"}},
      {{{"product", "acme-unknown"}}, {"1-6"}},
      {{{"product", "acme-cad"}}, {"1-3", "1-4", "1-5", "1-7", "1-10"}},
      {{{"error", "count_insufficient"}}, {"1-3"}},
      {{{"error", "product_not_served"}}, {"1-6"}},
      {{{"evidence", "state_lost"}}, {"1-5"}},
      {{{"evidence", "renewal"}}, {"1-7"}},
      {{{"cmid", first.request.cmid.text()}}, {"1-3", "1-5"}},
      {{{"cmid", sold.cmid.text()}}, {"1-10"}},
      {{{"text", "DESK-001"}}, {"1-3", "1-5"}},
      {{{"text", "10.0.0.7"}}, {"1-3", "1-4", "1-5", "1-6", "1-7", "1-10"}},
      {{{"text", first.request.cmid.text().substr(3, 9)}}, {"1-3", "1-5"}},
      {{{"text", "grafana"}}, {"1-8"}},
      {{{"text", "socket:0"}}, {"1-2", "1-8", "1-9"}},
      {{{"since", yesterday}}, {"1-5", "1-6", "1-7", "1-8", "1-9", "1-10"}},
      {{{"until", yesterday}}, {"1-1", "1-2", "1-3", "1-4"}},
      {{{"since", yesterday}, {"until", format_time(clock.wall)}}, {"1-5", "1-6"}},
      {{{"since", yesterday}, {"text", "desk-00"}, {"type", "activation"}}, {"1-5", "1-6", "1-7"}},
      {{{"since", format_time(clock.wall + days(1))}}, {}},
      {{{"until", "1980-01-01T00:00:00Z"}}, {}},
      {{{"after", "1-8"}}, {"1-9", "1-10"}},
  };
  for (const auto& row : table) {
    const auto name = row.query.empty()
                          ? "everything"
                          : fmt::format("{}={}", row.query[0].first, row.query[0].second);
    EXPECT_EQ(places(*host, row.query), row.found) << name;
    auto back = row.query;
    back.emplace_back("order", "newest");
    if (name.starts_with("after")) continue;  // is of one order
    std::vector<std::string> turned(row.found.rbegin(), row.found.rend());
    // A machine's own chain holds no request by a multiple activation key.
    if (name == "cmid=" + sold.cmid.text()) turned.clear();
    EXPECT_EQ(places(*host, back), turned) << name << ", the newest first";
  }
}

TEST_F(EventWalkTest, WhatMakesNoSenseIsRefused) {
  for (const Query& bad :
       {Query{{"order", "up"}}, Query{{"since", "yesterday"}}, Query{{"until", ""}},
        Query{{"cmid", "x"}}, Query{{"evidence", "proof"}}, Query{{"text", ""}},
        Query{{"type", std::string(256, 'x')}}, Query{{"after", "7"}}}) {
    EXPECT_EQ(get_events(*host, with(bad)).status, 400) << bad.front().first;
  }
  // What is unknown would find nothing, for ever: whoever asks is told what there is.
  const struct {
    const char *name, *value, *said;
  } unknown[] = {
      {"type", "activations", "type: activation, mak_activation, start, stop, "},
      {"error", "count_low", "error: count_insufficient, clock_skew, product_not_served, "},
      {"error", "malformed_request", "limit_reached, mak_unknown, mak_expired, ledger_behind or"},
      {"evidence", "cloned", "evidence: renewal, revert, "},
  };
  for (const auto& row : unknown) {
    for (const auto& call : {get_events, get_event_stream}) {
      const auto reply = call(*host, with({{row.name, row.value}}));
      EXPECT_EQ(reply.status, 400) << row.value;
      EXPECT_THAT(reply.body, HasSubstr(row.said));
    }
  }
  for (const auto* name : {"type", "since", "order"}) {
    const auto value = std::string_view(name) == "order"  ? "newest"
                       : std::string_view(name) == "type" ? "start"
                                                          : format_time(clock.wall);
    const auto reply = get_events(*host, with({{"format", "ndjson"}, {name, value}}));
    EXPECT_EQ(reply.status, 400) << name;
    EXPECT_THAT(reply.body, HasSubstr("does not verify"));
  }
}

// A log that was restored is behind those who followed it.
TEST_F(EventWalkTest, APlaceThatTheLogHasNotReachedIsAConflict) {
  for (const auto* order : {"oldest", "newest"}) {
    for (const auto* format : {"json", "csv"}) {
      for (const auto* after : {"1-11", "2-0", "2-1"}) {
        const auto reply =
            get_events(*host, with({{"after", after}, {"order", order}, {"format", format}}));
        EXPECT_EQ(reply.status, 409) << order << " " << after;
        EXPECT_THAT(reply.body, HasSubstr("the log ends at 1-10"));
      }
      EXPECT_EQ(
          get_events(*host, with({{"after", "1-10"}, {"order", order}, {"format", format}})).status,
          200);
    }
  }
}

// `next` ends, so that a script which pages until it is null ends; `resume` is always there.
TEST_F(EventWalkTest, WhoFollowsGoesOnFromWhereAPageHasEnded) {
  const struct {
    Query query;
    std::string next, resume;
  } rows[] = {
      {{}, "null", "1-10"},
      {{{"limit", "10"}}, "null", "1-10"},
      {{{"limit", "9"}}, "1-9", "1-9"},
      {{{"after", "1-10"}}, "null", "1-10"},
      {{{"type", "start"}}, "null", "1-10"},
      {{{"until", "1980-01-01T00:00:00Z"}}, "null", "1-0"},
      {{{"order", "newest"}, {"limit", "3"}}, "1-8", "1-10"},
      {{{"order", "newest"}, {"after", "1-3"}}, "null", "1-10"},
      {{{"order", "newest"}, {"cmid", first.request.cmid.text()}}, "null", "1-10"},
  };
  for (const auto& row : rows) {
    const Body page(get_events(*host, with(row.query)));
    const auto asked = row.query.empty() ? "all" : row.query.back().second;
    EXPECT_EQ(page.at("next"), row.next) << asked;
    EXPECT_EQ(page.at("resume"), row.resume) << asked;
  }
  const auto resume = Body(get_events(*host, with({}))).at("resume");
  ask(first);
  EXPECT_THAT(places(*host, {{"after", resume}}), ElementsAre("1-11"));
}

TEST_F(EventWalkTest, ASearchEndsForNowAfterSomeThousandEvents) {
  for (int i = 0; i < 4'500; ++i) {
    ASSERT_TRUE(host->act("nothing", "", "host", {}));
  }
  ask(first);
  const Body page(get_events(*host, with({{"cmid", first.request.cmid.text()}})));
  EXPECT_EQ(page.at("events"), "[2]") << "the last one is too far away";
  EXPECT_EQ(page.at("next"), "1-4000");
  const Query rest{{"cmid", first.request.cmid.text()}, {"after", "1-4000"}};
  EXPECT_EQ(places(*host, rest), std::vector<std::string>{"1-4511"});
  const Body chain(
      get_events(*host, with({{"cmid", first.request.cmid.text()}, {"order", "newest"}})));
  EXPECT_EQ(chain.at("events"), "[3]") << "its own chain is followed";
  EXPECT_EQ(chain.at("events.2.place"), "1-3");
  EXPECT_EQ(chain.at("next"), "null");
}

TEST_F(EventWalkTest, CsvHeedsTheFilter) {
  const auto text = whole(get_events(*host, with({{"format", "csv"}, {"text", "desk-001"}})));
  EXPECT_EQ(std::ranges::count(text, '\n'), 3) << text;
  EXPECT_THAT(text, Not(HasSubstr("desk-002")));
  const auto newest =
      whole(get_events(*host, with({{"format", "csv"}, {"order", "newest"}, {"limit", "1"}})));
  EXPECT_THAT(newest, HasSubstr("\r\n1,10,"));
  EXPECT_EQ(std::ranges::count(newest, '\n'), 2) << newest;
}

TEST_F(EventWalkTest, APageSaysHowFarTheLogGoes) {
  const Body body(get_events(*host, with({{"limit", "1"}})));
  EXPECT_EQ(body.at("log.newest"), "1-10");
  EXPECT_EQ(body.at("log.checkpoint"), "null");
  ASSERT_TRUE(host->stop());
  EXPECT_EQ(Body(get_events(*host, with({}))).at("log.checkpoint"), "1-11");
}

// Whoever shows a page and follows the log from where it ended misses nothing, and sees nothing
// twice.
TEST_F(EventWalkTest, WhatComesWhileAPageIsReadIsBehindIt) {
  for (const auto* order : {"newest", "oldest"}) {
    for (const Query& filter : {Query{}, Query{{"cmid", first.request.cmid.text()}}}) {
      const auto before = events().back().place;
      bool came = false;
      disk->before_events = [&] {
        if (!std::exchange(came, true)) ask(first);
      };
      auto query = filter;
      query.emplace_back("order", order);
      const Body page(get_events(*host, with(query)));
      disk->before_events = {};
      if (!came) ask(first);  // a machine's own chain is read by number
      const auto newest = fmt::format("{}-{}", before.epoch, before.seq);
      EXPECT_EQ(page.at("log.newest"), newest) << order;
      Query rest = filter;
      rest.emplace_back("after", newest);
      EXPECT_THAT(places(*host, rest), ElementsAre(fmt::format("1-{}", before.seq + 1))) << order;
      for (int i = 0; page.at(fmt::format("events.{}", i)) != "absent"; ++i) {
        EXPECT_NE(page.at(fmt::format("events.{}.place", i)), fmt::format("1-{}", before.seq + 1))
            << order;
      }
    }
  }
}

// Two machines of one CMID in groups of two vendors: two chains.
TEST_F(EventWalkTest, TheChainsOfTwoGroupsAreOneHistory) {
  const auto other = wire::PrivateKey::generate().value();
  wire::HostKey theirs;
  theirs.vendor = "Other";
  theirs.vendor_id = other.public_key().thumbprint();
  theirs.id = "BBBBBBBBBBBBBBBBBBBBBB";
  theirs.host = host_key.public_key();
  theirs.customer = "Example Ltd";
  theirs.product = "other-cad";
  theirs.name = "Other CAD";
  theirs.group = "desktop";
  theirs.issued = clock.wall;
  theirs.expires = clock.wall + days(700);
  ASSERT_TRUE(host->install_keys(wire::sign_host_key(theirs, *other.signer()).value(), "host"));
  auto twin = first;
  twin.request.product = "other-cad";
  twin.request.ticket.reset();
  ask(twin);   // 12
  ask(first);  // 13
  ask(twin);   // 14
  const Query query{{"cmid", first.request.cmid.text()}, {"order", "newest"}};
  EXPECT_THAT(places(*host, query), ElementsAre("1-14", "1-13", "1-12", "1-5", "1-3"));
}

// A log whose times stand still and jump, and where a time belongs in it.
RC_GTEST_PROP(PlaceBefore, IsTheLastEventBeforeTheTime, ()) {
  const auto kept = store::make_memory_store(Bytes16{1});
  const auto steps = *rc::gen::container<std::vector<int>>(rc::gen::inRange(0, 4));
  const auto epochs =
      *rc::gen::container<std::vector<bool>>(steps.size(), rc::gen::arbitrary<bool>());
  std::vector<std::pair<core::EventPlace, Instant>> log;
  core::EventPlace place{1, 0};
  Instant time{seconds{1'000}};
  auto unit = kept->open({}).value();
  for (std::size_t i = 0; i < steps.size(); ++i) {
    place = epochs[i] && place.seq > 0 ? core::EventPlace{place.epoch + 1, 1}
                                       : core::EventPlace{place.epoch, place.seq + 1};
    time += seconds{steps[i]};
    store::EventRow row;
    row.place = place;
    row.time = time;
    unit->append(std::move(row));
    log.emplace_back(place, time);
  }
  RC_ASSERT(unit->commit().has_value());
  unit.reset();
  const Instant asked{seconds{*rc::gen::inRange<std::int64_t>(998, 1'060)}};
  core::EventPlace expected;
  for (const auto& [at, when] : log) {
    if (when < asked) expected = at;
  }
  RC_ASSERT(place_before(*kept, asked).value() == expected);
}

}  // namespace
}  // namespace muster::service::testing
