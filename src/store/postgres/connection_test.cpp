// libpq behind owners, against a real server.
#include "store/postgres/connection.h"

#include <gmock/gmock.h>

#include <csignal>

#include "store/postgres/testing/postgres_server.h"

namespace muster::store::pg {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using testing::Not;

constexpr milliseconds kPatience{10'000};

class ConnectionTest : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::missing().empty()) GTEST_SKIP() << PostgresServer::missing();
    url_ = shared_server().make_database();
  }
  [[nodiscard]] Connection open() const {
    auto out = Connection::open(url_, kPatience);
    if (!out) throw std::runtime_error(out.error().sentence());
    return std::move(*out);
  }
  // Ends the session behind a connection, as an administrator does.
  void cut(const Connection& db) const {
    shared_server().run(url_,
                        "SELECT pg_terminate_backend(" + std::to_string(db.process()) + ", 5000)");
  }
  std::string url_;
};

TEST_F(ConnectionTest, values_go_there_and_back) {
  auto db = open();
  Column numbers(PgType::number), texts(PgType::text), bytes(PgType::bytes), ids(PgType::uuid);
  numbers.number(-1);
  numbers.number(std::int64_t{1} << 40);
  numbers.null();
  texts.text("");
  texts.text("caf\xc3\xa9");
  texts.null();
  for (const auto* text : {"a", "b", "c"}) bytes.text(text);
  for (std::uint8_t n = 1; n <= 3; ++n) ids.bytes(Bytes16{n});
  const auto rows = db.ask(
      "SELECT n, t, b, i, $5::bigint, $6::text, $7::bytea, $8::uuid, $9::boolean"
      " FROM unnest($1, $2, $3, $4) AS k(n, t, b, i)",
      Arguments()
          .column(numbers)
          .column(texts)
          .column(bytes)
          .column(ids)
          .number(-7)
          .text("x'y")
          .bytes(Bytes16{0, 1})
          .uuid(Bytes16{9})
          .truth(true));
  ASSERT_TRUE(rows) << rows.error().sentence();
  ASSERT_EQ(rows->size(), 3);
  EXPECT_EQ(rows->number(0, 0), -1);
  EXPECT_EQ(rows->number(1, 0), std::int64_t{1} << 40);
  EXPECT_TRUE(rows->is_null(2, 0));
  EXPECT_FALSE(rows->is_null(0, 1));
  EXPECT_EQ(rows->text(1, 1), "caf\xc3\xa9");
  EXPECT_TRUE(rows->is_null(2, 1));
  EXPECT_EQ(rows->text(2, 2), "c");
  Bytes16 id{};
  ASSERT_TRUE(rows->array(1, 3, id));
  EXPECT_EQ(id, Bytes16{2});
  EXPECT_EQ(rows->number(0, 4), -7);
  EXPECT_EQ(rows->text(0, 5), "x'y");
  ASSERT_TRUE(rows->array(0, 6, id));
  EXPECT_EQ(id, (Bytes16{0, 1}));
  Bytes32 longer{};
  EXPECT_FALSE(rows->array(0, 6, longer));
  EXPECT_EQ(rows->number(0, 8), 1);
  const auto none =
      db.ask("SELECT count(*) FROM unnest($1) AS k(n)", Arguments().column(Column(PgType::number)));
  EXPECT_EQ(none->number(0, 0), 0);
}

TEST_F(ConnectionTest, what_stands_behind_an_error_is_not_run_and_the_connection_goes_on) {
  auto db = open();
  ASSERT_TRUE(db.run("CREATE TABLE t (n bigint PRIMARY KEY)"));
  constexpr const char* kInsert = "INSERT INTO t VALUES ($1)";
  for (int round = 0; round < 2; ++round) {
    db.send("BEGIN");
    db.send(kInsert, Arguments().number(1));
    db.send(kInsert, Arguments().number(1));
    db.send("INSERT INTO t VALUES (7)");
    const auto done = db.ask("COMMIT");
    ASSERT_FALSE(done);
    EXPECT_EQ(done.error().code, ErrorCode::store_unavailable);
    EXPECT_THAT(done.error().detail, HasSubstr("duplicate key"));
    EXPECT_EQ(db.state(), "23505");
    EXPECT_FALSE(db.broken());
    db.roll_back();
    EXPECT_EQ(db.ask("SELECT count(*) FROM t")->number(0, 0), 0);
  }
  // A statement whose preparation was skipped is prepared again.
  ASSERT_TRUE(db.ask("INSERT INTO t VALUES (7)"));
}

TEST_F(ConnectionTest, a_transaction_that_has_failed_says_so_when_it_is_committed) {
  auto db = open();
  ASSERT_TRUE(db.ask("BEGIN"));
  ASSERT_FALSE(db.ask("SELECT 1 / 0"));
  EXPECT_EQ(db.ask("COMMIT")->tag(), "ROLLBACK");
}

TEST_F(ConnectionTest, very_many_statements_go_in_one_round_trip) {
  auto db = open();
  const std::string text(10'000, 'x');
  for (int n = 0; n < 3000; ++n) db.send("SELECT $1::text", Arguments().text(text));
  const auto all = db.receive();
  ASSERT_TRUE(all) << all.error().sentence();
  ASSERT_EQ(all->size(), 3000U);
  EXPECT_EQ(all->back().text(0, 0), text);
}

TEST_F(ConnectionTest, a_session_that_was_ended_is_found_broken) {
  auto db = open();
  ASSERT_TRUE(db.ask("SELECT 1"));
  cut(db);
  auto lost = db.ask("SELECT 1");
  if (!lost && !db.broken()) lost = db.ask("SELECT 1");
  ASSERT_FALSE(lost);
  EXPECT_TRUE(db.broken());
  EXPECT_EQ(lost.error().code, ErrorCode::store_unavailable);
  EXPECT_FALSE(lost.error().detail.empty());
  EXPECT_FALSE(db.ask("SELECT 1"));
  db.roll_back();
}

TEST_F(ConnectionTest, a_server_that_says_nothing_is_given_up) {
  auto db = Connection::open(url_, milliseconds{50}).value();
  const auto silent = db.ask("SELECT pg_sleep(60)");
  ASSERT_FALSE(silent);
  EXPECT_TRUE(db.broken());
}

TEST_F(ConnectionTest, a_commit_is_durable_whatever_the_databases_default_is) {
  const auto name = open().ask("SELECT current_database()");
  shared_server().run(
      url_, "ALTER DATABASE " + std::string(name->text(0, 0)) + " SET synchronous_commit = off");
  EXPECT_EQ(open().ask("SHOW synchronous_commit")->text(0, 0), "on");
}

TEST_F(ConnectionTest, no_error_holds_a_password) {
  for (const std::string url :
       {"postgres://u:hunter2@127.0.0.1:1/muster", "postgres://u:hunter2@127.0.0.1:x/muster",
        "postgres://u:hunter2@nowhere.invalid/muster"}) {
    const auto db = Connection::open(url, kPatience);
    ASSERT_FALSE(db) << url;
    EXPECT_THAT(db.error().sentence(), Not(HasSubstr("hunter2")));
  }
  EXPECT_EQ(Connection::open("postgres://[", kPatience).error().code, ErrorCode::config_invalid);
}

}  // namespace
}  // namespace muster::store::pg
