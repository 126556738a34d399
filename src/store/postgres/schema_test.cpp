// The schema and its steps, with hosts of several versions on one database.
#include "store/postgres/schema.h"

#include <gmock/gmock.h>

#include <thread>

#include "store/postgres/postgres_store.h"
#include "store/postgres/testing/postgres_server.h"

namespace muster::store::pg {
namespace {

using std::chrono::milliseconds;

class Schema : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::missing().empty()) GTEST_SKIP() << PostgresServer::missing();
    url_ = shared_server().make_database();
  }
  [[nodiscard]] Connection open() const {
    auto out = Connection::open(url_, milliseconds{10'000});
    if (!out) throw std::runtime_error(out.error().sentence());
    return std::move(*out);
  }
  [[nodiscard]] std::int64_t number(const char* sql) const { return open().ask(sql)->number(0, 0); }
  std::string url_;
};

std::vector<Migration> with(std::string_view sql, int works_since) {
  std::vector<Migration> out(migrations().begin(), migrations().end());
  out.push_back({sql, works_since});
  return out;
}

TEST_F(Schema, hosts_that_start_together_take_every_step_once) {
  std::vector<std::thread> hosts;
  std::array<ErrorCode, 6> codes{};
  const auto steps = with("CREATE TABLE once (n bigint);", 1);
  for (auto& code : codes) {
    hosts.emplace_back([&] {
      auto db = open();
      const auto done = migrate(db, steps);
      if (!done) code = done.error().code;
    });
  }
  for (auto& host : hosts) host.join();
  EXPECT_THAT(codes, testing::Each(ErrorCode{}));
  EXPECT_EQ(number("SELECT count(*) FROM muster_schema"), std::ssize(steps));
}

TEST_F(Schema, a_step_that_fails_leaves_the_version_before_it) {
  auto db = open();
  EXPECT_FALSE(migrate(db, with("CREATE TABLE half (n bigint); SELECT 1 / 0;", 1)));
  EXPECT_EQ(number("SELECT max(version) FROM muster_schema"), std::ssize(migrations()));
  EXPECT_EQ(number("SELECT count(*) FROM pg_tables WHERE tablename = 'half'"), 0);
  EXPECT_TRUE(migrate(db, with("CREATE TABLE half (n bigint);", 1)));
}

TEST_F(Schema, a_newer_one_that_this_version_works_with_is_left_as_it_is) {
  auto db = open();
  ASSERT_TRUE(migrate(db, with("ALTER TABLE machine ADD COLUMN more text;", 1)));
  auto store = open_postgres(url_, "a host", Bytes16{1});
  ASSERT_TRUE(store) << store.error().sentence();
  EXPECT_EQ(number("SELECT max(version) FROM muster_schema"), std::ssize(migrations()) + 1);
}

TEST_F(Schema, a_newer_one_that_this_version_cannot_live_with_is_refused) {
  auto db = open();
  ASSERT_TRUE(migrate(db, with("ALTER TABLE machine DROP COLUMN data;",
                               static_cast<int>(migrations().size()) + 1)));
  const auto store = open_postgres(url_, "a host", Bytes16{1});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::schema_newer);
  EXPECT_EQ(number("SELECT count(*) FROM host"), 0) << "nothing was changed";
}

TEST_F(Schema, another_programs_database_is_refused) {
  ASSERT_TRUE(open().run("CREATE TABLE count_group (n bigint)"));
  const auto store = open_postgres(url_, "a host", Bytes16{1});
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::store_corrupt);
  EXPECT_EQ(number("SELECT count(*) FROM pg_tables WHERE schemaname = 'public'"), 1);
}

// The host that runs has its statements prepared on the tables as they were.
TEST_F(Schema, a_step_is_taken_under_a_host_that_runs) {
  const GroupKey group{"acme", "desktop"};
  auto store = open_postgres(url_, "the old host", Bytes16{1}).value();
  const auto work = [&](std::uint8_t number) {
    auto unit = store->open(std::vector{group}).value();
    core::Machine machine;
    machine.cmid.bytes[0] = number;
    machine.last_seen = machine.first_seen = Instant{seconds{1'767'614'400}};
    std::vector<std::optional<core::Machine>> known;
    ASSERT_TRUE(unit->read_machines(group, std::vector{machine.cmid}, known));
    unit->put_machine(group, machine);
    const auto done = unit->commit();
    ASSERT_TRUE(done) << done.error().sentence();
  };
  work(1);
  auto db = open();
  ASSERT_TRUE(migrate(db, with("ALTER TABLE machine ADD COLUMN more text;"
                               "ALTER TABLE count_group ADD COLUMN more bigint DEFAULT 0;",
                               1)));
  work(2);
  EXPECT_EQ(store->machines(group, std::nullopt, 9)->machines.size(), 2U);
}

TEST_F(Schema, months_are_made_once_and_the_next_with_them) {
  auto db = open();
  ASSERT_TRUE(migrate(db, migrations()));
  const auto december = month_of(Instant{seconds{1'798'675'199}});  // 2026-12-30
  EXPECT_EQ(december, 2026 * 12 + 11);
  ASSERT_TRUE(make_month(db, december));
  ASSERT_TRUE(make_month(db, december));
  ASSERT_TRUE(make_month(db, december + 1));
  EXPECT_EQ(number("SELECT count(*) FROM pg_inherits WHERE inhparent = 'event'::regclass"), 3);
  EXPECT_EQ(number("SELECT to_regclass('event_2027_02') IS NOT NULL"), 1);
}

// ---- months that leave

// Month 0 is January.
Instant middle_of(int month) {
  return Instant{std::chrono::sys_days{std::chrono::year{2026} /
                                       std::chrono::month{static_cast<unsigned>(month) + 1} / 15}};
}

class Months : public Schema {
 protected:
  void SetUp() override {
    Schema::SetUp();
    if (IsSkipped()) return;
    store_ = open_postgres(url_, "a host", Bytes16{1}).value();
    for (int month = 0; month < 5; ++month) append(*store_, month + 1, middle_of(month));
  }
  static void append(Store& store, int seq, Instant time) {
    const auto unit = store.open({}).value();
    EventRow row;
    row.place = {1, static_cast<std::uint64_t>(seq)};
    row.time = time;
    row.line = std::to_string(seq);
    unit->append(row);
    unit->append(CheckpointRow{row.place, "checkpoint"});
    const auto done = unit->commit();
    ASSERT_TRUE(done) << done.error().sentence();
  }
  static void forget(Store& store, int last) {
    const auto unit = store.open({}).value();
    ASSERT_FALSE(unit->forget_events({1, static_cast<std::uint64_t>(last)}, 100).value());
    ASSERT_TRUE(unit->commit());
  }
  [[nodiscard]] std::vector<std::string> months() const {
    auto db = open();
    const auto rows = db.ask(
        "SELECT c.relname::text FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
        " WHERE i.inhparent = 'event'::regclass ORDER BY 1");
    std::vector<std::string> out;
    for (int row = 0; row < rows->size(); ++row) out.emplace_back(rows->text(row, 0));
    return out;
  }
  std::unique_ptr<Store> store_;
};

TEST_F(Months, that_stand_empty_are_dropped_once_their_events_have_left) {
  EXPECT_EQ(months().size(), 6U);
  forget(*store_, 3);
  ASSERT_TRUE(store_->catch_up());
  EXPECT_THAT(months(), testing::ElementsAre("event_2026_04", "event_2026_05", "event_2026_06"));
  const auto left = store_->events({}, 10).value();
  ASSERT_EQ(left.size(), 2U);
  EXPECT_EQ(left.front().place.seq, 4U);
  EXPECT_EQ(store_->checkpoints({}, 10)->front().place.seq, 3U) << "it proves what is left";
  append(*store_, 6, middle_of(5));
  EXPECT_EQ(store_->events({}, 10)->size(), 3U);
}

TEST_F(Months, this_one_and_the_one_before_stay) {
  forget(*store_, 4);
  ASSERT_TRUE(store_->catch_up());
  EXPECT_THAT(months(), testing::ElementsAre("event_2026_04", "event_2026_05", "event_2026_06"));
}

TEST_F(Months, that_another_host_has_events_in_stay) {
  auto other = open_postgres(url_, "another host", Bytes16{2}).value();
  append(*other, 1, middle_of(1));
  forget(*store_, 3);
  ASSERT_TRUE(store_->catch_up());
  EXPECT_THAT(months(), testing::ElementsAre("event_2026_02", "event_2026_04", "event_2026_05",
                                             "event_2026_06"));
  EXPECT_EQ(other->events({}, 10)->size(), 1U);
}

TEST_F(Months, are_made_again_by_a_host_whose_clock_is_behind) {
  auto other = open_postgres(url_, "another host", Bytes16{2}).value();
  append(*other, 1, middle_of(1));
  forget(*store_, 3);
  {
    const auto unit = other->open({}).value();
    unit->append([] {
      EventRow row;
      row.place = {1, 2};
      row.time = middle_of(4);
      row.line = "2";
      return row;
    }());
    unit->append(CheckpointRow{{1, 2}, "checkpoint"});
    ASSERT_TRUE(unit->commit());
  }
  forget(*other, 1);
  ASSERT_TRUE(store_->catch_up());
  ASSERT_TRUE(other->catch_up());
  ASSERT_EQ(months().front(), "event_2026_04");
  append(*store_, 6, middle_of(2));
  EXPECT_EQ(months().front(), "event_2026_03");
}

TEST_F(Months, stay_while_somebody_is_in_the_log_and_leave_the_next_time) {
  forget(*store_, 2);
  {
    auto reader = open();
    ASSERT_TRUE(reader.run("BEGIN; SELECT count(*) FROM event"));
    ASSERT_TRUE(store_->catch_up()) << "the host is not worse for it";
    EXPECT_EQ(months().size(), 6U);
    append(*store_, 6, middle_of(5));
  }
  forget(*store_, 3);
  ASSERT_TRUE(store_->catch_up());
  EXPECT_EQ(months().front(), "event_2026_04");
  EXPECT_EQ(number("SELECT count(*) FROM pg_locks WHERE locktype = 'advisory'"), 1)
      << "of the host's session";
}

}  // namespace
}  // namespace muster::store::pg
