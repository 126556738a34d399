// A host moves from SQLite to PostgreSQL: everything that the contract shows is there afterwards,
// and what is not equal, or not empty, is not taken.
#include "store/transfer.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/digest.h"
#include "base/testing/temporary_directory.h"
#include "store/list_order.h"
#include "store/postgres/connection.h"
#include "store/postgres/postgres_contents.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/testing/postgres_server.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_contents.h"
#include "store/sqlite/sqlite_store.h"
#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAreArray;
using testing::HasSubstr;

constexpr Bytes16 kHashKey{7};
constexpr std::string_view kHost = "a host";
const MakId kKey{"acme", "key-1"}, kOther{"acme", "key-2"};

template <class Value>
Value taken(Expected<Value> of) {
  if (!of) throw std::runtime_error(of.error().sentence());
  return std::move(*of);
}

core::KeyPlace place(std::uint32_t number) {
  core::KeyPlace out;
  out.number = number;
  out.cmid = cmid(number);
  out.facts.add("machine_id", fact(number));
  out.facts.add("set", fact(7));
  out.sold = out.asked = kNoon;
  out.name_hash = fact(3);
  out.last_event = {1, number};
  if (number == 2) out.released = kNoon + seconds{5};
  return out;
}

PoolRow pool(std::uint8_t id, bool marked) {
  PoolRow out;
  out.key = {{id}, core::Evidence::clone};
  out.vendor = "acme";
  out.group = "desktop";
  out.pattern = "caf\xc3\xa9-#";
  out.record.add({.cmid = cmid(4), .name_hash = {}, .time = kNoon, .event = {2, 3}});
  if (marked) out.record.expected = core::PoolMark{"token:1", kNoon, "nightly"};
  return out;
}

// A chain of events, in which machines 1 to 40 ask, over an end of a year and in two epochs.
class Filled {
 public:
  Filled() { fill(); }
  [[nodiscard]] std::string file() const { return directory_ / "muster.db"; }
  [[nodiscard]] std::unique_ptr<Store> open() const { return taken(open_sqlite(file(), kHashKey)); }
  [[nodiscard]] std::unique_ptr<Contents> read() const { return taken(read_sqlite(file())); }
  void run(const char* sql) const {
    auto db = taken(Database::open(file(), SQLITE_OPEN_READWRITE));
    if (auto done = db.run(sql); !done) throw std::runtime_error(done.error().sentence());
  }

 private:
  void add_event(Unit& unit, EventPlace at, unsigned of) {
    if (at.seq == 1) hash_ = {};
    EventRow row;
    row.place = at;
    row.time = kNoon + std::chrono::days(20) * static_cast<int>(at.seq + at.epoch);
    row.group = of % 3 == 0 ? kServers : kDesktops;
    row.cmid = cmid(of);
    row.machine_prev = at.seq > 2 ? EventPlace{at.epoch, at.seq - 2} : EventPlace{};
    row.line = "{\"seq\":" + std::to_string(at.seq) + ",\"of\":" + std::to_string(of) + "}";
    hash_ = row.hash = Sha256().add(hash_).add(as_bytes(row.line)).digest();
    unit.append(std::move(row));
    if (at.seq == 3) unit.append(CheckpointRow{at, "signed " + std::to_string(at.epoch)});
  }
  void ask_all(Store& store, std::uint32_t epoch) {
    in_unit(store, [&](Unit& unit) {
      std::vector<std::optional<core::Machine>> rows;
      for (unsigned n = 1; n <= 40; ++n) {
        const auto& group = n % 3 == 0 ? kServers : kDesktops;
        ask(unit, group, n, kNoon + seconds{100 * epoch + n}, 5);
        ASSERT_TRUE(unit.read_machines(group, std::vector{cmid(n)}, rows));
        auto row = *rows.front();
        if (n % 2 == 0) row.facts.add("set", fact(n / 4));
        row.name_hash = n % 5 == 0 ? fact(n) : Bytes16{};
        row.last_event = {epoch, n};
        unit.put_machine(group, row);
        if (n % 5 == 0) unit.put_name(fact(n), "Caf\xc3\xa9-" + std::to_string(n));
        add_event(unit, {epoch, n}, n);
      }
    });
  }
  void fill() {
    const auto store = open();
    ask_all(*store, 1);
    in_unit(*store, [](Unit& unit) {
      unit.put_setting("ticket_key", "shared");
      unit.put_setting("host_key/acme-cad", "own");
      unit.put_setting("token/Z", "z");
      unit.put_setting("token/a", std::string("\0\xff", 2));
      ASSERT_TRUE(unit.put_pool(pool(1, true)));
      ASSERT_TRUE(unit.put_pool(pool(2, false)));
      for (std::uint8_t n = 0; n < 9; ++n) {
        ASSERT_TRUE(unit.count_once({"acme", "cad", 600 + n % 2, n % 3 == 0}, Bytes16{n}));
      }
    });
    auto unit = taken(store->open({}, std::vector{kKey, kOther}));
    ASSERT_TRUE(unit->put_key(kOther, {.reconciled = kNoon}));
    ASSERT_TRUE(unit->put_key(kKey, {.sold = 3, .released = 1, .behind = true}));
    for (std::uint32_t n = 1; n <= 3; ++n) ASSERT_TRUE(unit->put_place(kKey, place(n)));
    ASSERT_TRUE(unit->commit());
    unit.reset();
    ask_all(*store, 2);
  }
  TemporaryDirectory directory_;
  Bytes32 hash_{};
};

class Transfer : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::missing().empty()) GTEST_SKIP() << PostgresServer::missing();
    url_ = shared_server().make_database();
  }
  void TearDown() override {
    if (!url_.empty()) shared_server().drop_database(url_);
  }
  [[nodiscard]] Expected<Moved> move(const Filled& filled) const {
    auto from = read_sqlite(filled.file());
    if (!from) return std::unexpected(from.error());
    auto to = open_target(url_, kHost);
    if (!to) return std::unexpected(to.error());
    return move_tables(**from, *to->receiver, to->empty);
  }
  [[nodiscard]] std::string refusal(const Filled& filled) const {
    const auto moved = move(filled);
    return moved ? "moved" : moved.error().sentence();
  }
  [[nodiscard]] std::int64_t count(const char* sql) const {
    auto db = taken(pg::Connection::open(url_, std::chrono::seconds(10)));
    return taken(db.ask(sql)).number(0, 0);
  }
  std::string url_;
};

template <class Page>
auto listed(Store& store, ListOrder order) {
  std::vector<std::pair<Cmid, std::string>> out;
  const Page page = taken(store.listed(kDesktops, order, "", std::nullopt, 1000));
  for (const auto& [machine, place] : page.machines) out.emplace_back(machine.cmid, place.name);
  return out;
}

void expect_same(Store& one, Store& other) {
  for (const auto& key : {kDesktops, kServers}) {
    EXPECT_EQ(seen(one, key), seen(other, key));
    EXPECT_EQ(all_machines(one, key), all_machines(other, key));
    for (unsigned n = 1; n <= 10; ++n) {
      EXPECT_EQ(taken(one.machines_by_fact(key, fact(n))),
                taken(other.machines_by_fact(key, fact(n))));
    }
  }
  EXPECT_EQ(all_events(one), all_events(other));
  EXPECT_EQ(taken(one.checkpoints({}, 100)), taken(other.checkpoints({}, 100)));
  EXPECT_EQ(taken(one.settings("")), taken(other.settings("")));
  EXPECT_EQ(taken(one.keys()), taken(other.keys()));
  EXPECT_EQ(taken(one.places(kKey, 0)), taken(other.places(kKey, 0)));
  EXPECT_EQ(taken(one.pools(std::nullopt, 100)), taken(other.pools(std::nullopt, 100)));
  EXPECT_EQ(taken(one.usage(0, 9999)), taken(other.usage(0, 9999)));
  EXPECT_EQ(taken(one.name(fact(5))), taken(other.name(fact(5))));
  const auto head = taken(one.chain_head()), moved = taken(other.chain_head());
  EXPECT_EQ(std::tie(head.epoch, head.seq, head.hash, head.time, head.checkpoint_seq,
                     head.checkpoint_digest),
            std::tie(moved.epoch, moved.seq, moved.hash, moved.time, moved.checkpoint_seq,
                     moved.checkpoint_digest));
}

TEST_F(Transfer, everything_that_the_contract_shows_is_there_afterwards) {
  const Filled filled;
  const auto moved = move(filled);
  ASSERT_TRUE(moved) << moved.error().sentence();
  EXPECT_FALSE(moved->found);
  std::map<std::string_view, std::uint64_t> rows;
  for (const auto& sum : moved->tables) rows[form_of(sum.table).name] = sum.rows;
  EXPECT_EQ(rows, (std::map<std::string_view, std::uint64_t>{{"host", 1},
                                                             {"count_group", 2},
                                                             {"roll", 20},
                                                             {"name", 8},
                                                             {"machine", 40},
                                                             {"listed", 40},
                                                             {"event", 80},
                                                             {"checkpoint", 2},
                                                             {"setting", 4},
                                                             {"mak", 2},
                                                             {"place", 3},
                                                             {"place_fact", 4},
                                                             {"pool", 2},
                                                             {"usage", 4},
                                                             {"usage_member", 9}}));
  const auto before = filled.open();
  while (taken(before->catch_up())) {
  }
  const auto after = taken(open_postgres(url_, kHost, kHashKey));
  expect_same(*before, *after);
  for (const auto order : {ListOrder::name, ListOrder::contact_down}) {
    EXPECT_EQ(listed<ListPage>(*before, order), listed<ListPage>(*after, order));
  }
  // And goes on: the next event follows, the next machine is the 28th of its group.
  in_unit(*after, [&](Unit& unit) {
    ask(unit, kDesktops, 77, kNoon + std::chrono::hours(1), 5);
    auto row = all_events(*after).back();
    row.place.seq = 41;
    row.time += std::chrono::days(40);
    unit.append(row);
  });
  EXPECT_EQ(count("SELECT made FROM count_group WHERE name = 'desktop'"), 28);
}

TEST_F(Transfer, a_move_that_was_not_committed_leaves_an_empty_database) {
  const Filled filled;
  {
    const auto from = filled.read();
    const auto to = taken(open_target(url_, kHost));
    ASSERT_TRUE(to.empty);
    ASSERT_TRUE(copy_tables(*from, *to.receiver));
    EXPECT_TRUE(compare_tables(*from, *to.receiver));
  }
  EXPECT_EQ(count("SELECT count(*) FROM host"), 0);
  EXPECT_TRUE(move(filled));
}

TEST_F(Transfer, a_second_move_finds_the_first_and_a_difference_by_its_name) {
  const Filled filled;
  const auto first = taken(move(filled));
  const auto again = taken(move(filled));
  EXPECT_TRUE(again.found);
  for (std::size_t table = 0; table < kTables; ++table) {
    EXPECT_EQ(first.tables[table].digest, again.tables[table].digest);
  }
  struct Case {
    const char *change, *back, *said;
  };
  for (const auto& [change, back, said] :
       {Case{"UPDATE roll SET put = put + 1 WHERE put = (SELECT max(put) FROM roll)",
             "UPDATE roll SET put = put - 1 WHERE put = (SELECT max(put) FROM roll)",
             "of the table roll differs in put"},
        Case{"DELETE FROM usage_member WHERE get_byte(member, 0) = 3", "",
             "the table usage_member ends after"}}) {
    shared_server().run(url_, change);
    EXPECT_THAT(refusal(filled), HasSubstr(said));
    if (*back != '\0') shared_server().run(url_, back);
  }
}

TEST_F(Transfer, a_database_that_is_not_empty_is_refused) {
  const Filled filled;
  {
    const auto other = taken(open_postgres(url_, "another host", kHashKey));
  }
  EXPECT_THAT(refusal(filled), HasSubstr("the database is not empty: it holds 1 host;"));
  {
    const auto own = taken(open_postgres(url_, kHost, kHashKey));
  }
  EXPECT_THAT(refusal(filled), HasSubstr("it holds 2 hosts, and this one"));
}

TEST_F(Transfer, a_log_that_is_not_chained_is_not_moved) {
  struct Case {
    const char *damage, *said;
  };
  for (const auto& [damage, said] :
       {Case{"UPDATE event SET line = line || ' ' WHERE place = (1 << 40) + 7",
             "event 1-7: its line was changed"},
        Case{"DELETE FROM event WHERE place = (2 << 40) + 9", "event 2-9 is missing"}}) {
    const Filled filled;
    filled.run(damage);
    EXPECT_THAT(refusal(filled), HasSubstr(said));
    EXPECT_EQ(count("SELECT count(*) FROM host"), 0);
  }
}

TEST_F(Transfer, a_file_of_another_version_or_in_use_is_refused) {
  const Filled filled;
  {
    const auto store = filled.open();
    EXPECT_THAT(refusal(filled), HasSubstr("its lock is held"));
  }
  filled.run("PRAGMA user_version = 1");
  EXPECT_THAT(refusal(filled), HasSubstr("its schema is 1 and this version's is"));
  std::filesystem::remove(filled.file());
  EXPECT_THAT(refusal(filled), HasSubstr("muster.db: No such file"));
  EXPECT_FALSE(std::filesystem::exists(filled.file()));
}

// Whoever adds a table or a column says here how it is moved, or why it is not.
TEST_F(Transfer, no_table_is_forgotten) {
  ASSERT_TRUE(taken(open_target(url_, kHost)).empty);
  // Of the versions, of what other hosts read, of locks; the log's months are the table event.
  EXPECT_EQ(count("SELECT count(*) FROM information_schema.columns WHERE table_schema = 'public'"
                  " AND table_name IN ('muster_schema', 'group_change', 'tally')"),
            6);
  std::int64_t columns = 0, tables = 0;
  auto db = taken(pg::Connection::open(url_, std::chrono::seconds(10)));
  const auto rows = taken(db.ask(
      "SELECT table_name::text, count(*) FROM information_schema.columns"
      " WHERE table_schema = 'public' AND table_name NOT IN ('muster_schema', 'group_change',"
      " 'tally') AND table_name !~ '^event_[0-9]' GROUP BY 1 ORDER BY 1"));
  for (int row = 0; row < rows.size(); ++row) {
    columns += rows.number(row, 1);
    ++tables;
    EXPECT_TRUE(std::ranges::any_of(table_forms(), [&](const TableForm& form) {
      return form.name == rows.text(row, 0);
    })) << rows.text(row, 0);
  }
  EXPECT_EQ(tables, static_cast<std::int64_t>(kTables));
  EXPECT_EQ(columns, 111);
  const Filled filled;
  auto file = taken(Database::open(filled.file(), SQLITE_OPEN_READONLY));
  EXPECT_EQ(taken(file.number("SELECT count(*) FROM sqlite_schema s, pragma_table_info(s.name) c"
                              " WHERE s.type = 'table'")),
            88);
}

}  // namespace
}  // namespace muster::store::conformance
