// What leaves while nobody asks: silent machines, old events.
#include "service/sweep.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include <sstream>

#include "service/admin_api.h"
#include "service/chain_patrol.h"
#include "service/testing/admin_body.h"
#include "service/testing/host_fixture.h"
#include "wire/log_export.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr int kDays = 60;

struct Sweeping : HostFixture {
  void SetUp() override { open({.machines = days{kDays}}); }
  void open(Keep keep) {
    limits.keep = std::move(keep);
    open_host();
    if (host->keys()->served().empty()) install({{"acme-cad", threshold_of(1)}});
  }
  // Nobody asks for a while: what can be done meanwhile is.
  void rest() {
    for (int again = 0; again < 2; ++again) {
      clock.pass(seconds(60));
      host->tick();
      while (host->catch_up()) {
      }
    }
  }
  void pass(days span) {
    for (auto day = days{0}; day < span; ++day) {
      clock.pass(days{1});
      host->tick();
    }
  }
  bool knows(const Desk& one) {
    return store.machine({product_vendor(), "desktop"}, one.request.cmid).value().has_value();
  }
  std::string product_vendor() { return host->keys()->served().front().key.vendor_id; }
  std::string detail_of(std::string_view type) {
    std::string out;
    for (const auto& row : events()) {
      const auto event = wire::parse_event_line(row.line);
      if (event->type == type) out += event->detail;
    }
    return out;
  }
  std::uint32_t count() {
    return static_cast<std::uint32_t>(
        std::stoul(Body(get_groups(*host, AdminRequest{})).at("groups.0.count")));
  }
  Reply export_log(std::string after = {}) {
    AdminRequest request{.query = {{"format", "ndjson"}}};
    if (!after.empty()) request.query.emplace_back("after", after);
    return get_events(*host, request);
  }
  Expected<wire::LogReport> verify(const std::string& text) {
    std::istringstream in(text);
    return wire::verify_log(in, host_key.public_key(), 0, {});
  }
};

TEST_F(Sweeping, MachinesThatStaySilentLeaveAndOneEventSaysHowMany) {
  auto old1 = desk(1), old2 = desk(2), young = desk(3);
  ask(old1);
  ask(old2);
  pass(days{1});
  ask(young);
  pass(days{kDays});
  rest();
  EXPECT_FALSE(knows(old1));
  EXPECT_FALSE(knows(old2));
  EXPECT_TRUE(knows(young)) << "silent for as long, and no longer";
  EXPECT_EQ(detail_of("machines_left"), R"({"rule":"keep_machines","keep_days":60,"machines":2})");
  EXPECT_EQ(store.setting("machines_left").value(), std::nullopt);
  // A sweep that finds nobody says nothing.
  pass(days{kDays - 1});
  rest();
  const auto before = events().size();
  pass(days{1});
  rest();
  EXPECT_EQ(events().size(), before);
}

TEST_F(Sweeping, WithoutKeepMachinesNobodyLeaves) {
  open({});
  auto old = desk(1);
  ask(old);
  pass(days{400});
  rest();
  EXPECT_TRUE(knows(old));
  EXPECT_THAT(types(), Not(Contains("machines_left")));
}

TEST_F(Sweeping, WhoMayStandOnARollStaysHoweverShortKeepMachinesIs) {
  open({.machines = days{5}});
  auto one = desk(1);
  ask(one);
  pass(days{29});
  rest();
  EXPECT_TRUE(knows(one)) << "the retention is 30 days";
  EXPECT_EQ(count(), 1u);
  pass(days{2});
  rest();
  EXPECT_FALSE(knows(one));
}

TEST_F(Sweeping, TheCountIsTheSameBeforeAndAfter) {
  clock.pass(seconds(1));
  install({{"acme-cad", threshold_of(10)}});  // room for all of them on the roll
  std::vector<Desk> desks;
  for (int n = 0; n < 10; ++n) desks.push_back(desk(n));
  for (auto& each : desks) ask(each);
  pass(days{kDays - 10});
  for (int n = 0; n < 4; ++n) ask(desks[static_cast<std::size_t>(n)]);
  pass(days{11});
  ASSERT_EQ(count(), 4u);
  rest();
  EXPECT_FALSE(knows(desks[9]));
  EXPECT_EQ(count(), 4u);
  EXPECT_EQ(Body(get_groups(*host, AdminRequest{})).at("groups.0.active_machines"), "4");
  auto next = desk(20);
  EXPECT_EQ(ask(next).count, 5u);
}

// Documents are stateless: what a machine holds was never the table's.
TEST_F(Sweeping, WhoComesAgainIsNewAndGoesOnWithItsTicket) {
  auto one = desk(1), other = desk(2);
  const auto first = ask(one);
  ask(other);
  pass(days{kDays + 1});
  rest();
  ASSERT_FALSE(knows(one));
  EXPECT_TRUE(wire::verify_activation(*first.activation, product_file))
      << "what it was told stays good";
  const auto again = ask(one);
  EXPECT_TRUE(again.activated);
  EXPECT_EQ(again.count, 1u);
  EXPECT_TRUE(knows(one));
  EXPECT_GT(*one.request.ticket, *other.request.ticket) << "its tickets go on";
  EXPECT_EQ(wire::parse_event_line(events().back().line)->evidence, "new")
      << "it does not show that this host was restored";
  open_host();
  ask(other);
  EXPECT_EQ(wire::parse_event_line(events().back().line)->evidence, "new") << "after a start too";
}

TEST_F(Sweeping, ASweepThatIsCutOffGoesOnAndTellsOfAll) {
  constexpr int kMany = 600;  // more than two units
  for (int n = 0; n < kMany; ++n) {
    auto each = desk(n);
    ask(each);
  }
  pass(days{kDays + 1});
  clock.pass(seconds(60));
  while (host->catch_up()) {
    if (store.setting("machines_left").value()) break;
  }
  ASSERT_NE(store.setting("machines_left").value(), std::nullopt) << "in the middle";
  open_host();
  rest();
  EXPECT_THAT(detail_of("machines_left"), HasSubstr(fmt::format("\"machines\":{}", kMany)));
}

TEST_F(Sweeping, WhereThereIsNoRoomMachinesAreServedAndLeaveLater) {
  auto one = desk(1);
  ask(one);
  pass(days{kDays + 1});
  disk->disk_full = true;
  while (host->catch_up()) {
  }
  EXPECT_FALSE(host->not_ready());
  EXPECT_TRUE(knows(one));
  disk->disk_full = false;
  clock.pass(seconds(61));
  rest();
  EXPECT_FALSE(knows(one));
}

TEST_F(Sweeping, PoolsShowNobodyWhoHasLeft) {
  auto gone = desk(1), stays = desk(2);
  for (auto* one : {&gone, &stays}) {
    ask(*one);
    one->request.ticket.reset();  // its state was lost
    ask(*one);
  }
  rest();
  ASSERT_EQ(store.pools(std::nullopt, 10)->front().record.examples.size(), 2u);
  pass(days{kDays / 2});
  stays.request.ticket.reset();
  ask(stays);
  pass(days{kDays / 2 + 1});
  rest();
  const auto pools = store.pools(std::nullopt, 10).value();
  ASSERT_EQ(pools.size(), 1u);
  EXPECT_EQ(pools.front().record.count, 3u) << "what was seen was seen";
  ASSERT_EQ(pools.front().record.examples.size(), 1u);
  EXPECT_EQ(pools.front().record.examples.front().cmid, stays.request.cmid);
  pass(days{kDays + 1});
  rest();
  EXPECT_TRUE(store.pools(std::nullopt, 10)->empty()) << "nothing was seen there for as long";
}

// ---- events

struct Pruning : Sweeping {
  void SetUp() override {
    open({.events = days{10}});
    for (int day = 0; day < 20; ++day) {
      for (int n = 0; n < 3; ++n) {
        auto each = desk(n + 10 * day);
        ask(each);
      }
      clock.pass(seconds(120));
      host->tick();
      clock.pass(seconds(120));
      host->tick();
      clock.pass(days{1} - seconds(240));
    }
  }
  [[nodiscard]] Instant oldest() { return events().front().time; }
  std::vector<std::string> types_that_parse() {
    std::vector<std::string> out;
    for (const auto& row : events()) {
      if (const auto event = wire::parse_event_line(row.line)) out.push_back(event->type);
    }
    return out;
  }
  std::optional<std::string> found_wrong() {
    ChainPatrol patrol(store, host->host_public_key());
    EXPECT_TRUE(patrol.walk(100'000));
    return patrol.standing().wrong;
  }
};

TEST_F(Pruning, OldEventsLeaveUpToACheckpointAndTheRestVerifies) {
  const auto before = whole(export_log());
  const auto last = events().back().place.seq;
  rest();
  EXPECT_GT(oldest(), clock.wall - days{11});
  EXPECT_LT(oldest(), clock.wall - days{8}) << "and no more than is too old";
  const auto begins = log_begins(store).value();
  EXPECT_EQ(events().front().place.seq, begins.seq + 1);
  EXPECT_EQ(detail_of("events_pruned"),
            fmt::format(R"({{"rule":"keep_events","keep_days":10,"first":"1-1","last":"1-{}"}})",
                        begins.seq));
  const auto after = whole(export_log());
  const auto report = verify(after);
  ASSERT_TRUE(report) << report.error().detail;
  EXPECT_EQ(report->first, begins.seq + 1);
  EXPECT_GT(report->last, last);
  EXPECT_EQ(found_wrong(), std::nullopt);
  // The export from before joins: its events up to the cut, then those that are left.
  const auto second = after.find('\n') + 1;
  const auto checkpoint = after.substr(second, after.find('\n', second) - second);
  const auto joint = before.find(checkpoint);
  ASSERT_NE(joint, std::string::npos) << "the checkpoint at the beginning is one of those before";
  const auto rest_of = after.substr(after.find(checkpoint));
  const auto joined = verify(before.substr(0, joint) + rest_of);
  ASSERT_TRUE(joined) << joined.error().detail;
  EXPECT_EQ(joined->first, 1u);
  EXPECT_EQ(joined->last, report->last);
}

TEST_F(Pruning, WhatHasLeftIsNotExportedAndSaysSo) {
  rest();
  const auto begins = log_begins(store).value();
  const auto refused = export_log("1-1");
  EXPECT_EQ(refused.status, 404);
  EXPECT_THAT(refused.body, HasSubstr(fmt::format("1-{} were pruned", begins.seq)));
  EXPECT_EQ(whole(export_log(fmt::format("1-{}", begins.seq))), whole(export_log()));
  EXPECT_EQ(whole(export_log("1-0")), whole(export_log()));
  const auto later = whole(export_log(fmt::format("1-{}", begins.seq + 2)));
  EXPECT_TRUE(verify(later));
}

TEST_F(Pruning, ALogThatWasCutByAnotherHandIsFound) {
  rest();
  const auto begins = log_begins(store).value();
  {
    auto unit = *store.open({});
    ASSERT_TRUE(unit->forget_events({1, begins.seq + 2}, 100));
    ASSERT_TRUE(unit->commit());
  }
  EXPECT_THAT(found_wrong().value_or(""), HasSubstr("no checkpoint of this host proves it"));
  // And where it says that it begins there, nothing that is signed proves it.
  ASSERT_TRUE(host->put_settings({{std::string(kLogBegins), fmt::format("1-{}", begins.seq + 2)}}));
  EXPECT_THAT(found_wrong().value_or(""), HasSubstr("no checkpoint of this host proves it"));
  EXPECT_EQ(export_log().status, 400);
}

TEST_F(Pruning, PruningThatIsCutOffGoesOn) {
  clock.pass(seconds(60));
  for (bool more = true; more && log_begins(store)->seq == 0;) more = host->catch_up();
  const auto begins = log_begins(store).value();
  ASSERT_GT(begins.seq, 0u);
  ASSERT_EQ(events().front().place.seq, 1u) << "they are there still";
  EXPECT_TRUE(verify(whole(export_log()))) << "the export begins where it says";
  EXPECT_EQ(found_wrong(), std::nullopt);
  open_host();
  rest();
  EXPECT_GT(events().front().place.seq, begins.seq);
  EXPECT_EQ(events().front().place.seq, log_begins(store)->seq + 1);
}

TEST_F(Pruning, ALogThatDoesNotVerifyStaysWhole) {
  put_behind("{}", Bytes32{1});
  open_host();
  rest();
  EXPECT_EQ(events().front().place.seq, 1u);
  EXPECT_THAT(types_that_parse(), Not(Contains("events_pruned")));
}

TEST_F(Pruning, WhatSomebodyWaitsForStays) {
  limits.keep.events_held_by = "syslog_cursor";
  open_host();
  rest();
  EXPECT_EQ(events().front().place.seq, 1u) << "nothing was taken yet";
  ASSERT_TRUE(host->put_settings({{"syslog_cursor", "1-20"}}));
  clock.pass(days{1});
  rest();
  EXPECT_GT(events().front().place.seq, 1u);
  EXPECT_LE(events().front().place.seq, 21u);
}

}  // namespace
}  // namespace muster::service::testing
