// What only SQLite can meet: files that are damaged, newer, held, or on a full disk; upgrades.
#include "store/sqlite/sqlite_store.h"

#include <gmock/gmock.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>

#include "base/testing/temporary_directory.h"
#include "store/list_order.h"
#include "store/machine_codec.h"
#include "store/sqlite/bulk.h"
#include "store/sqlite/database.h"
#include "store/sqlite/schema.h"

namespace muster::store {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
namespace fs = std::filesystem;

constexpr Bytes16 kHashKey{1};
const GroupKey kDesktops{"acme", "desktop"};

core::Machine machine_of(std::uint64_t number) {
  core::Machine out;
  out.cmid.bytes[0] = static_cast<std::uint8_t>(number * 37);
  out.cmid.bytes[7] = static_cast<std::uint8_t>(number);
  out.cmid.bytes[6] = static_cast<std::uint8_t>(number >> 8);
  out.cmid.bytes[15] = 1;
  Bytes16 fact{};
  fact[0] = static_cast<std::uint8_t>(number % 100);
  out.facts.add("machine_id", fact);
  out.first_seen = out.last_seen = Instant{seconds{1'767'614'400}};
  return out;
}

class SqliteFile : public testing::Test {
 public:
  ~SqliteFile() override { fs::permissions(directory_.path(), fs::perms::owner_all); }

 protected:
  [[nodiscard]] Expected<std::unique_ptr<Store>> open(const SqliteOptions& options = {}) const {
    return open_sqlite(path_, kHashKey, options);
  }
  [[nodiscard]] std::optional<ErrorCode> error() const {
    const auto store = open();
    return store ? std::nullopt : std::optional(store.error().code);
  }
  // Some machines and a setting, in a file that is closed.
  void make() const {
    const auto store = open();
    ASSERT_TRUE(store) << store.error().sentence();
    const auto unit = (*store)->open({&kDesktops, 1}).value();
    for (std::uint64_t i = 1; i <= 2000; ++i) unit->put_machine(kDesktops, machine_of(i));
    unit->put_setting("kept", "yes");
    ASSERT_TRUE(unit->commit());
  }
  // Changes the closed file as another program would.
  void run_sql(const std::string& sql) const {
    auto db = Database::open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(db);
    const auto done = db->run(sql);
    ASSERT_TRUE(done) << done.error().sentence();
  }
  TemporaryDirectory directory_;
  fs::path path_ = directory_ / "muster.db";
};

TEST_F(SqliteFile, belongs_to_its_owner_alone) {
  const auto old = ::umask(0);
  {
    const auto store = open();
    const auto unit = (*store)->open({}).value();
    unit->put_setting("a", "b");
    ASSERT_TRUE(unit->commit());
    for (const auto& file : fs::directory_iterator(directory_.path())) {
      EXPECT_EQ(file.status().permissions(), fs::perms::owner_read | fs::perms::owner_write)
          << file.path();
    }
    EXPECT_TRUE(fs::exists(path_.string() + "-wal"));
  }
  ::umask(old);
  EXPECT_FALSE(fs::exists(path_.string() + "-wal")) << "what is closed is one file";
}

TEST_F(SqliteFile, is_open_in_one_place_at_a_time) {
  auto first = open();
  ASSERT_TRUE(first);
  EXPECT_EQ(error(), ErrorCode::host_is_running);
  first->reset();
  EXPECT_EQ(error(), std::nullopt);
}

TEST_F(SqliteFile, is_durable_before_commit_returns) {
  const auto store = open();
  auto db = Database::open(path_, SQLITE_OPEN_READONLY);
  ASSERT_TRUE(db);
  EXPECT_EQ(db->text("PRAGMA journal_mode").value(), "wal");
  {
    const auto unit = (*store)->open({}).value();
    unit->put_setting("a", "b");
    ASSERT_TRUE(unit->commit());
  }
  // As a crash leaves it: the file and its WAL, copied while the store is open.
  const auto copy = directory_ / "copy.db";
  fs::copy_file(path_, copy);
  fs::copy_file(path_.string() + "-wal", copy.string() + "-wal");
  const auto after = open_sqlite(copy, kHashKey);
  ASSERT_TRUE(after) << after.error().sentence();
  EXPECT_EQ((*after)->setting("a").value(), "b");
}

TEST_F(SqliteFile, of_a_newer_version_is_refused_and_not_touched) {
  make();
  run_sql("PRAGMA user_version = 999");
  const auto changed = fs::last_write_time(path_);
  const auto store = open();
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::schema_newer);
  EXPECT_THAT(store.error().detail, HasSubstr("999"));
  EXPECT_EQ(fs::last_write_time(path_), changed);
}

TEST_F(SqliteFile, of_another_program_is_refused) {
  run_sql("CREATE TABLE cats (name TEXT)");
  EXPECT_EQ(error(), ErrorCode::store_corrupt);
  run_sql("SELECT name FROM cats");  // and not touched
}

struct Damage {
  const char* what;
  std::function<void(const fs::path&)> damage;
};

TEST_F(SqliteFile, that_is_damaged_is_refused) {
  const auto cut = [](std::uintmax_t size) {
    return [size](const fs::path& path) { fs::resize_file(path, size); };
  };
  const auto write = [](std::streamoff at, std::size_t count) {
    return [=](const fs::path& path) {
      std::fstream file(path, std::ios::in | std::ios::out | std::ios::binary);
      file.seekp(at);
      file << std::string(count, '\x5a');
    };
  };
  const std::vector<Damage> table{
      {"cut to nothing", cut(0)},
      {"cut inside the header", cut(50)},
      {"cut after some pages", cut(std::uintmax_t{10} * 4096)},
      {"another header", write(0, 16)},
      {"a schema that is none", write(100, 3000)},
      {"pages of machines that are none", write(std::streamoff{20} * 4096, 16 * 4096)},
      {"not a database", [](const fs::path& path) { std::ofstream(path) << "key = value\n"; }},
  };
  for (const auto& each : table) {
    fs::remove(path_);
    make();
    each.damage(path_);
    const auto store = open();
    ASSERT_FALSE(store) << each.what;
    EXPECT_EQ(store.error().code, ErrorCode::store_corrupt)
        << each.what << ": " << store.error().sentence();
    EXPECT_THAT(store.error().detail, HasSubstr(path_.string()));
  }
}

TEST_F(SqliteFile, with_a_machine_that_cannot_be_read_is_refused) {
  make();
  run_sql("UPDATE machine SET data = x'01ff' WHERE id = 7");
  EXPECT_EQ(error(), ErrorCode::store_corrupt);
}

TEST_F(SqliteFile, that_cannot_be_made_is_unavailable) {
  path_ = directory_ / "nowhere" / "muster.db";
  EXPECT_EQ(error(), ErrorCode::store_unavailable);
  path_ = directory_.path();
  EXPECT_EQ(error(), ErrorCode::store_unavailable);
}

// Root may write everywhere, so the test is somebody else for a while.
class AsNobody {
 public:
  explicit AsNobody(const fs::path& owned) {
    if (::geteuid() != 0) return;
    for (const auto& path : {owned, owned / "muster.db"}) {
      if (fs::exists(path) && ::chown(path.c_str(), kNobody, kNobody) != 0) ADD_FAILURE();
    }
    was_root_ = ::seteuid(kNobody) == 0;
  }
  ~AsNobody() {
    if (was_root_ && ::seteuid(0) != 0) ADD_FAILURE() << "cannot be root again";
  }
  AsNobody(const AsNobody&) = delete;
  AsNobody& operator=(const AsNobody&) = delete;

 private:
  static constexpr unsigned kNobody = 65534;
  bool was_root_ = false;
};

TEST_F(SqliteFile, in_a_directory_that_cannot_be_written_is_unavailable) {
  fs::permissions(directory_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  {
    const AsNobody nobody(directory_.path());
    EXPECT_EQ(error(), ErrorCode::store_unavailable);
  }
  fs::permissions(directory_.path(), fs::perms::owner_all);
  make();
  fs::permissions(directory_.path(), fs::perms::owner_read | fs::perms::owner_exec);
  fs::permissions(path_, fs::perms::owner_read);
  const AsNobody nobody(directory_.path());
  EXPECT_EQ(error(), ErrorCode::store_unavailable);
}

TEST_F(SqliteFile, on_a_full_disk_takes_up_again_when_there_is_room) {
  const auto store = open({.most_pages = 60});
  ASSERT_TRUE(store);
  const auto put = [&](const std::string& value) {
    const auto unit = (*store)->open({}).value();
    unit->put_setting("a", value);
    return unit->commit();
  };
  ASSERT_TRUE(put("first"));
  for (int time = 0; time < 3; ++time) {
    const auto full = put(std::string(1'000'000, 'x'));
    ASSERT_FALSE(full);
    EXPECT_EQ(full.error().code, ErrorCode::store_unavailable);
    EXPECT_THAT(full.error().detail, HasSubstr("full"));
    EXPECT_EQ((*store)->setting("a").value(), time == 0 ? "first" : "again");
    ASSERT_TRUE(put("again"));
  }
  EXPECT_EQ((*store)->setting("a").value(), "again");
}

TEST_F(SqliteFile, is_copied_out_of_its_wal_between_units) {
  constexpr std::uint32_t kPages = 50;
  const auto store = open({.checkpoint_pages = kPages});
  ASSERT_TRUE(store);
  std::uintmax_t longest = 0;
  for (std::uint64_t n = 1; n <= 300; ++n) {
    const auto unit = (*store)->open({&kDesktops, 1}).value();
    for (std::uint64_t i = 0; i < 20; ++i) unit->put_machine(kDesktops, machine_of(n * 20 + i));
    ASSERT_TRUE(unit->commit());
    longest = std::max(longest, fs::file_size(path_.string() + "-wal"));
  }
  // A slow disk holds a sync up: units go on until four times the pages, and then each of at most
  // four rounds adds what one unit of about 25 pages wrote.
  EXPECT_LT(longest, (4 * kPages + 8 * 25) * 4096);
  EXPECT_GT(fs::file_size(path_), 100U * 4096);
}

// What a version of the schema was like, with one group of two machines in it.
void make_version_1(const fs::path& path) {
  auto db = Database::open(path, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  ASSERT_TRUE(db);
  ASSERT_TRUE(migrate(*db, migrations().first(1)));
  ASSERT_TRUE(
      db->run("INSERT INTO count_group VALUES (1, 'acme', 'desktop', 25, 7, 3,"
              " 0, 0, 7, 0, 0, 0, 0)"));
  for (const std::uint64_t number : {1, 2}) {
    const auto machine = machine_of(number);
    std::string data;
    encode_machine(data, machine);
    Query insert(*db, "INSERT INTO machine (group_id, cmid, data) VALUES (1, ?1, ?2)");
    ASSERT_TRUE(insert.bind(1, machine.cmid.bytes).bind(2, as_bytes(data)).done());
  }
}

TEST_F(SqliteFile, of_version_1_is_upgraded_by_itself_and_keeps_everything) {
  make_version_1(path_);
  {
    const auto store = open();
    ASSERT_TRUE(store) << store.error().sentence();
    EXPECT_EQ((*store)->groups().value(), std::vector{kDesktops});
    EXPECT_TRUE((*store)->look(kDesktops, [](const core::Group& group) {
      EXPECT_EQ(group.counters.requests, 7u);
      EXPECT_EQ(group.counters.failed, 3u);
      EXPECT_EQ(group.roll.highest_threshold(), 25u);
      EXPECT_EQ(group.retention, minutes{0}) << "not known";
      EXPECT_EQ(group.active.count(machine_of(1).last_seen, minutes{1}), 2u);
    }));
    EXPECT_EQ((*store)->machines(kDesktops, {}, 10)->machines.size(), 2u);
  }
  auto db = Database::open(path_, SQLITE_OPEN_READONLY);
  EXPECT_EQ(db->number("PRAGMA user_version").value(),
            static_cast<std::int64_t>(migrations().size()));
}

TEST_F(SqliteFile, of_version_4_lists_the_machines_that_it_knew) {
  make();
  run_sql(
      "DROP TABLE listed; DROP TABLE listed_whole; DROP TABLE pool; DROP TABLE usage;"
      "DROP TABLE usage_member; PRAGMA user_version = 4");
  const auto store = open();
  ASSERT_TRUE(store) << store.error().sentence();
  EXPECT_THAT((*store)->listed(kDesktops, ListOrder::contact, {}, {}, 10)->machines, IsEmpty());
  while ((*store)->catch_up().value()) {
  }
  std::size_t listed = 0;
  std::optional<ListPlace> after;
  for (bool more = true; more;) {
    const auto page = (*store)->listed(kDesktops, ListOrder::contact, {}, after, 1000).value();
    listed += page.machines.size();
    after = page.machines.back().place;
    more = page.more;
  }
  EXPECT_EQ(listed, 2000U);
}

TEST_F(SqliteFile, whose_lists_were_whole_is_not_walked_again) {
  const auto put = [&](Store& store, std::uint64_t number) {
    const auto unit = store.open({&kDesktops, 1}).value();
    unit->put_machine(kDesktops, machine_of(number));
    return unit->commit();
  };
  const auto copy = directory_ / "copy.db";
  {
    const auto store = open();
    ASSERT_TRUE(put(**store, 1));
    EXPECT_TRUE((*store)->catch_up().value()) << "the machine comes into the lists";
    EXPECT_FALSE((*store)->catch_up().value());
  }
  {
    const auto store = open();
    EXPECT_FALSE((*store)->catch_up().value()) << "closed while they were whole";
    ASSERT_TRUE(put(**store, 2));
    for (const auto* end : {"", "-wal"}) {
      fs::copy_file(path_.string() + end, copy.string() + end);
    }
  }
  const auto killed = open_sqlite(copy, Bytes16{1}, {});
  ASSERT_TRUE(killed);
  EXPECT_TRUE((*killed)->catch_up().value()) << "a machine has come since then";
  EXPECT_EQ((*killed)->listed(kDesktops, ListOrder::contact, {}, {}, 10)->machines.size(), 2U);
  const auto store = open();
  EXPECT_TRUE((*store)->catch_up().value()) << "closed while they were not";
}

TEST_F(SqliteFile, of_version_2_gets_a_ledger_and_keeps_everything) {
  {
    auto db = Database::open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(db);
    ASSERT_TRUE(migrate(*db, migrations().first(2)));
    ASSERT_TRUE(db->run("INSERT INTO setting VALUES ('kept', x'796573')"));
  }
  const MakId key{"acme", "kkkkkkkkkkkkkkkkkkkkkk"};
  core::KeyPlace place;
  place.number = 1;
  place.cmid = machine_of(1).cmid;
  place.facts = machine_of(1).facts;
  {
    const auto store = open();
    ASSERT_TRUE(store) << store.error().sentence();
    EXPECT_EQ((*store)->setting("kept").value(), "yes");
    EXPECT_THAT((*store)->keys().value(), IsEmpty());
    const auto unit = (*store)->open({}, {&key, 1}).value();
    ASSERT_TRUE(unit->put_key(key, {.sold = 1}));
    ASSERT_TRUE(unit->put_place(key, place));
    ASSERT_TRUE(unit->commit());
  }
  const auto store = open();
  EXPECT_THAT((*store)->places(key, 0).value(), ElementsAre(place));
}

TEST_F(SqliteFile, with_a_place_that_cannot_be_read_says_so) {
  const MakId key{"acme", "kkkkkkkkkkkkkkkkkkkkkk"};
  core::KeyPlace place;
  place.number = 1;
  place.facts = machine_of(1).facts;
  {
    const auto store = open();
    const auto unit = (*store)->open({}, {&key, 1}).value();
    ASSERT_TRUE(unit->put_key(key, {.sold = 1}));
    ASSERT_TRUE(unit->put_place(key, place));
    ASSERT_TRUE(unit->commit());
  }
  for (const auto* facts : {"x'01'", "x'05616263'", "x'0000'"}) {
    run_sql(std::string("UPDATE place SET facts = ") + facts);
    const auto store = open();
    ASSERT_TRUE(store);
    const auto places = (*store)->places(key, 0);
    ASSERT_FALSE(places) << facts;
    EXPECT_EQ(places.error().code, ErrorCode::store_corrupt);
  }
}

TEST_F(SqliteFile, sells_no_place_of_a_key_that_is_not_there) {
  const MakId key{"acme", "kkkkkkkkkkkkkkkkkkkkkk"};
  const auto store = open();
  const auto unit = (*store)->open({}, {&key, 1}).value();
  EXPECT_FALSE(unit->put_place(key, {}));
}

TEST_F(SqliteFile, does_not_remember_whom_the_rules_have_forgotten) {
  const Instant first{seconds{1'767'614'400}};
  const auto retention = minutes{60};
  {
    const auto store = open();
    const auto unit = (*store)->open({&kDesktops, 1}).value();
    unit->group(kDesktops).retention = retention;
    for (std::uint64_t hours = 0; hours < 100; ++hours) {
      auto machine = machine_of(hours + 1);
      machine.last_seen = first + std::chrono::hours(hours);
      machine.uses = {{.product = "cad", .heard = machine.last_seen, .active_since = first}};
      unit->put_machine(kDesktops, machine);
    }
    EventRow event;
    event.place = {1, 1};
    event.time = first + std::chrono::hours(99);
    unit->append(event);
    ASSERT_TRUE(unit->commit());
  }
  const auto store = open();
  ASSERT_TRUE(store);
  EXPECT_TRUE((*store)->look(kDesktops, [&](const core::Group& group) {
    EXPECT_EQ(group.retention, retention);
    // Who was heard an hour before the newest event is gone, to the second.
    EXPECT_EQ(group.active.oldest(), first + std::chrono::hours(99));
    EXPECT_EQ(group.by_product.at("cad").oldest(), first + std::chrono::hours(99));
  }));
  EXPECT_EQ((*store)->machines(kDesktops, {}, 1000)->machines.size(), 100u) << "all are kept";
}

// ---- migrations

TEST_F(SqliteFile, goes_from_every_version_to_the_newest) {
  const std::string_view first = "PRAGMA application_id = 0x4d757374; CREATE TABLE a (x);";
  const std::string_view second = "ALTER TABLE a ADD COLUMN y; INSERT INTO a VALUES (1, 2);";
  const std::string_view third = "CREATE TABLE b AS SELECT y FROM a;";
  const std::string_view all[] = {first, second, third};
  for (std::size_t from = 0; from <= 3; ++from) {
    fs::remove(path_);
    auto db = Database::open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
    ASSERT_TRUE(db);
    ASSERT_TRUE(migrate(*db, Migrations(all).first(from)));
    ASSERT_TRUE(migrate(*db, all));
    EXPECT_EQ(db->number("PRAGMA user_version").value(), 3);
    EXPECT_EQ(db->number("SELECT y FROM b").value(), 2) << "from " << from;
    ASSERT_TRUE(migrate(*db, all));
    EXPECT_EQ(db->number("SELECT count(*) FROM a").value(), 1) << "nothing is done twice";
    const auto older = migrate(*db, Migrations(all).first(2));
    ASSERT_FALSE(older);
    EXPECT_EQ(older.error().code, ErrorCode::schema_newer);
  }
}

TEST_F(SqliteFile, stays_at_its_version_where_a_migration_fails) {
  const std::string_view good = "PRAGMA application_id = 0x4d757374; CREATE TABLE a (x);";
  const std::string_view all[] = {good, "CREATE TABLE b (x); INSERT INTO nowhere VALUES (1);"};
  auto db = Database::open(path_, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE);
  ASSERT_TRUE(db);
  EXPECT_FALSE(migrate(*db, all));
  EXPECT_FALSE(db->in_transaction());
  EXPECT_EQ(db->number("PRAGMA user_version").value(), 1);
  EXPECT_EQ(db->text("SELECT group_concat(name) FROM sqlite_schema").value(), "a");
}

TEST_F(SqliteFile, has_no_index_on_its_hot_tables_but_two) {
  make();
  auto db = Database::open(path_, SQLITE_OPEN_READONLY);
  ASSERT_TRUE(db);
  EXPECT_EQ(db->text("SELECT group_concat(name) FROM (SELECT name FROM sqlite_schema WHERE type ="
                     " 'index' AND tbl_name IN ('machine', 'event') ORDER BY name)")
                .value(),
            "machine_cmid,machine_fact");
}

// ---- bulk loading

TEST_F(SqliteFile, takes_very_many_machines_at_once) {
  make();
  const GroupKey servers{"acme", "server"};
  ASSERT_TRUE(load_machines(path_, servers, 500, machine_of));
  const auto again = load_machines(path_, servers, 5, machine_of);
  ASSERT_FALSE(again);
  EXPECT_EQ(again.error().code, ErrorCode::conflict);

  const auto store = open();
  ASSERT_TRUE(store) << store.error().sentence();
  EXPECT_THAT((*store)->groups().value(), ElementsAre(kDesktops, servers));
  EXPECT_EQ((*store)->machine(servers, machine_of(77).cmid).value(), machine_of(77));
  EXPECT_EQ((*store)->machines_by_fact(servers, *machine_of(77).facts.primary())->size(), 5U);
  EXPECT_EQ((*store)->setting("kept").value(), "yes");
  const auto at = machine_of(1).last_seen;
  ASSERT_TRUE((*store)->look(servers, [&](const core::Group& group) {
    EXPECT_EQ(group.active.count(at, minutes{43'200}), 500U);
    EXPECT_THAT(group.roll.entries(), IsEmpty());
  }));
  auto db = Database::open(path_, SQLITE_OPEN_READONLY);
  EXPECT_EQ(db->text("PRAGMA journal_mode").value(), "wal");
  EXPECT_EQ(db->text("PRAGMA integrity_check").value(), "ok");
}

core::Machine named_machine(std::uint64_t number) {
  auto out = machine_of(number);
  out.name_hash = {7, static_cast<std::uint8_t>(number)};
  return out;
}

// Puts the names Desk-0 to Desk-9, by the hashes of named_machine().
void put_names(Store& store) {
  const auto unit = store.open({}).value();
  for (std::uint64_t i = 0; i < 10; ++i) {
    unit->put_name(named_machine(i).name_hash, "Desk-" + std::to_string(i));
  }
  ASSERT_TRUE(unit->commit());
}

std::vector<Cmid> found_by(Store& store, std::string_view name) {
  std::vector<Cmid> out;
  const auto page = store.listed(kDesktops, ListOrder::name, name, std::nullopt, 100);
  for (const auto& one : page.value().machines) out.push_back(one.machine.cmid);
  return out;
}

TEST_F(SqliteFile, machines_that_are_loaded_are_found_by_the_names_that_it_knows) {
  put_names(*open().value());
  ASSERT_TRUE(load_machines(path_, kDesktops, 10, named_machine));
  const auto store = open().value();
  EXPECT_EQ(found_by(*store, "desk-").size(), 10U);
  EXPECT_THAT(found_by(*store, "desk-7"), ElementsAre(named_machine(7).cmid));
}

TEST_F(SqliteFile, machines_that_are_loaded_are_found_by_names_that_come_later) {
  {
    const auto store = open();
  }  // whole lists, of nobody
  ASSERT_TRUE(load_machines(path_, kDesktops, 10, named_machine));
  put_names(*open().value());
  const auto store = open().value();
  while (store->catch_up().value()) {
  }
  EXPECT_THAT(found_by(*store, "desk-7"), ElementsAre(named_machine(7).cmid));
  EXPECT_EQ(found_by(*store, "").size(), 10U);
}

// Puts the machine, and what commits put off is done.
void put_settled(Store& store, std::uint64_t number) {
  const auto unit = store.open({&kDesktops, 1}).value();
  unit->put_machine(kDesktops, machine_of(number));
  ASSERT_TRUE(unit->commit());
  while (store.catch_up().value()) {
  }
}

// How many of those heard up to the day of the first machine are forgotten by one unit.
std::size_t forget_silent(Store& store, std::size_t most) {
  const auto unit = store.open({&kDesktops, 1}).value();
  const auto day = listed_day(machine_of(1).last_seen);
  const auto gone = unit->forget_machines(kDesktops, day + 1, most).value();
  EXPECT_TRUE(unit->commit());
  return gone;
}

TEST_F(SqliteFile, who_was_forgotten_is_gone_after_a_crash_too) {
  const auto store = open().value();
  // Of 1 a row waits to be settled.
  for (const std::uint64_t number : {1, 2, 3, 1}) put_settled(*store, number);
  EXPECT_EQ(forget_silent(*store, 2), 2U);
  const auto copy = directory_ / "copy.db";
  fs::copy_file(path_, copy);
  fs::copy_file(path_.string() + "-wal", copy.string() + "-wal");
  const auto again = open_sqlite(copy, kHashKey);
  ASSERT_TRUE(again) << again.error().sentence();
  EXPECT_EQ((*again)->machine(kDesktops, machine_of(1).cmid).value(), std::nullopt);
  EXPECT_EQ((*again)->machines(kDesktops, std::nullopt, 10)->machines.size(), 1U);
  while ((*again)->catch_up().value()) {
  }
  EXPECT_THAT(found_by(**again, ""), ElementsAre(machine_of(3).cmid));
}

TEST_F(SqliteFile, no_new_machine_takes_the_place_of_one_that_was_forgotten) {
  const auto store = open().value();
  put_settled(*store, 1);
  EXPECT_EQ(forget_silent(*store, 10), 1U);
  put_settled(*store, 2);
  EXPECT_THAT(found_by(*store, ""), ElementsAre(machine_of(2).cmid)) << "it would be in no list";
}

}  // namespace
}  // namespace muster::store
