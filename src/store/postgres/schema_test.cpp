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

}  // namespace
}  // namespace muster::store::pg
