// What hosts of one database share, and what each has of its own.
#include <gmock/gmock.h>

#include "world.h"

namespace muster::hosts {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

const GroupKey kGroup{"acme", "desktop"};
constexpr Instant kNoon{seconds{1'767'614'400}};

class Shared : public testing::Test {
 protected:
  void SetUp() override {
    const auto missing = store::PostgresServer::missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
    url_ = store::shared_server().make_database();
    a_ = open("host a");
    b_ = open("host b");
  }
  [[nodiscard]] std::unique_ptr<store::Store> open(const std::string& host) const {
    auto out = store::open_postgres(url_, host, Bytes16{7});
    EXPECT_TRUE(out) << out.error().sentence();
    return std::move(*out);
  }
  static store::EventRow event(std::uint64_t seq, core::EventPlace prev = {}) {
    store::EventRow out;
    out.place = {1, seq};
    out.time = kNoon + seconds{static_cast<std::int64_t>(seq)};
    out.machine_prev = prev;
    out.line = "line";
    return out;
  }
  // One event of a machine, whose row names it.
  static void hear(store::Store& store, std::uint64_t seq) {
    auto unit = store.open(std::vector{kGroup}).value();
    std::vector<std::optional<core::Machine>> known;
    const Cmid cmid{Bytes16{1}};
    ASSERT_TRUE(unit->read_machines(kGroup, std::vector{cmid}, known));
    auto machine = known.front().value_or(core::Machine{});
    machine.cmid = cmid;
    auto row = event(seq, machine.last_event);
    row.group = kGroup;
    row.cmid = cmid;
    unit->append(row);
    unit->group(kGroup).active.move(machine.last_seen, row.time);
    machine.last_seen = row.time;
    machine.last_event = row.place;
    unit->put_machine(kGroup, machine);
    const auto done = unit->commit();
    ASSERT_TRUE(done) << done.error().sentence();
  }
  static void put(store::Store& store, std::string_view name, std::string_view value) {
    auto unit = store.open({}).value();
    unit->put_setting(name, value);
    ASSERT_TRUE(unit->commit());
  }
  static std::uint64_t active(store::Store& store) {
    std::uint64_t out = 0;
    EXPECT_TRUE(store.look(
        kGroup, [&](const core::Group& group) { out = group.active.count(kNoon, minutes{60}); }));
    return out;
  }

  std::string url_;
  std::unique_ptr<store::Store> a_, b_;
};

TEST_F(Shared, a_machine_that_goes_from_host_to_host_has_one_history) {
  hear(*a_, 1);
  hear(*b_, 1);
  hear(*b_, 2);
  hear(*a_, 2);
  for (auto* store : {a_.get(), b_.get()}) {
    auto at = store->machine(kGroup, Cmid{Bytes16{1}}).value()->last_event;
    std::vector<std::pair<bool, std::uint64_t>> walked;  // in this host's log, and seq
    while (at.seq != 0) {
      const auto row = store->event(at).value();
      ASSERT_TRUE(row);
      EXPECT_EQ(row->place, at);
      walked.emplace_back(at.host == 0, at.seq);
      at = row->machine_prev;
    }
    const bool is_a = store == a_.get();
    EXPECT_THAT(walked, ElementsAre(std::pair(is_a, 2), std::pair(!is_a, 2), std::pair(!is_a, 1),
                                    std::pair(is_a, 1)));
  }
}

TEST_F(Shared, each_host_has_its_own_log) {
  hear(*a_, 1);
  hear(*a_, 2);
  hear(*b_, 1);
  EXPECT_EQ(a_->events({}, 9)->size(), 2U);
  EXPECT_EQ(b_->events({}, 9)->size(), 1U);
  EXPECT_EQ(a_->chain_head()->seq, 2U);
  EXPECT_EQ(b_->chain_head()->seq, 1U);
  // Another's can be read where its number is known.
  hear(*a_, 3);
  const auto last = b_->machine(kGroup, Cmid{Bytes16{1}}).value()->last_event;
  EXPECT_NE(last.host, 0U);
  EXPECT_EQ(b_->events({0, 0, last.host}, 9)->size(), 3U);
}

TEST_F(Shared, what_another_host_has_committed_is_seen_after_a_catch_up) {
  hear(*a_, 1);
  EXPECT_EQ(active(*a_), 1U);
  EXPECT_THAT(b_->groups().value(), IsEmpty());
  EXPECT_FALSE(b_->catch_up().value());
  EXPECT_THAT(b_->groups().value(), ElementsAre(kGroup));
  EXPECT_EQ(active(*b_), 1U);
}

TEST_F(Shared, a_unit_may_not_decide_earlier_than_another_hosts) {
  hear(*a_, 1);
  EXPECT_EQ(b_->open(std::vector{kGroup}).value()->newest(), kNoon + seconds{1});
  EXPECT_EQ(b_->open({}).value()->newest(), Instant{}) << "its own log is empty";
}

TEST_F(Shared, keys_and_the_clock_are_a_hosts_own_and_the_rest_is_one) {
  for (const auto* own : {"host_key/acme/cad", "clock_suspect", "unserved_requests"}) {
    put(*a_, own, "of a");
    EXPECT_EQ(b_->setting(own).value(), std::nullopt) << own;
    put(*b_, own, "of b");
    EXPECT_EQ(a_->setting(own).value(), "of a") << own;
  }
  for (const auto* shared : {"token/x", "mak/acme/k", "name_salt"}) {
    put(*a_, shared, "of a");
    put(*b_, shared, "of b");
    EXPECT_EQ(a_->setting(shared).value(), "of b") << shared;
  }
  EXPECT_EQ(a_->settings("host_key/")->size(), 1U);
}

TEST_F(Shared, of_a_secret_that_two_hosts_make_the_first_stays) {
  for (auto* store : {a_.get(), b_.get()}) {
    auto unit = store->open({}).value();
    unit->keep_setting("ticket_key", store == a_.get() ? "first" : "second");
    ASSERT_TRUE(unit->commit());
  }
  EXPECT_EQ(b_->setting("ticket_key").value(), "first");
}

TEST_F(Shared, one_host_has_the_database_open_once) {
  const auto twin = store::open_postgres(url_, "host a", Bytes16{7});
  ASSERT_FALSE(twin);
  EXPECT_EQ(twin.error().code, ErrorCode::host_is_running);
  a_.reset();
  EXPECT_TRUE(store::open_postgres(url_, "host a", Bytes16{7}));
}

TEST_F(Shared, a_host_that_was_away_for_long_reads_the_machines_anew) {
  auto away = store::open_postgres(url_, "host c", Bytes16{7}, {.changes_kept = 2}).value();
  auto busy = store::open_postgres(url_, "host d", Bytes16{7}, {.changes_kept = 2}).value();
  for (std::uint64_t seq = 1; seq <= 9; ++seq) hear(*busy, seq);
  hear(*away, 1);
  hear(*busy, 10);
  EXPECT_FALSE(away->catch_up().value());
  for (auto* store : {away.get(), busy.get()}) EXPECT_EQ(active(*store), 1U);
}

}  // namespace
}  // namespace muster::hosts
