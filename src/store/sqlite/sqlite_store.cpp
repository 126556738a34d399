#include "store/sqlite/sqlite_store.h"

#include <fmt/format.h>

#include <algorithm>

#include "store/machine_codec.h"
#include "store/sqlite/file_copy.h"
#include "store/sqlite/files.h"
#include "store/sqlite/ledger_rows.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/schema.h"
#include "store/sqlite/sqlite_unit.h"
#include "store/sqlite/tally_rows.h"

namespace muster::store {
namespace {

class SqliteStore final : public Store {
 public:
  SqliteStore(std::string path, OpenFile lock, std::unique_ptr<Writer> writer, std::size_t readers)
      : path_(std::move(path)),
        lock_(std::move(lock)),
        writer_(std::move(writer)),
        readers_(path_, readers) {}

  // One unit at a time, so keys need no lock of their own.
  Expected<std::unique_ptr<Unit>> open(std::span<const GroupKey> groups,
                                       std::span<const MakId>) override {
    return SqliteUnit::open(*writer_, groups);
  }
  Expected<bool> catch_up() override { return writer_->catch_up(); }
  Expected<ChainHead> chain_head() override { return writer_->head(); }
  Expected<std::vector<GroupKey>> groups() override { return writer_->book.groups(); }
  Expected<bool> look(const GroupKey& key,
                      const std::function<void(const core::Group&)>& look) override {
    return writer_->book.look(key, look);
  }
  Expected<std::optional<core::Machine>> machine(const GroupKey& key, const Cmid& cmid) override {
    using Out = std::optional<core::Machine>;
    const auto newest = newest_from_now();
    return in_group<Out>(key, [&](Database& db, std::int64_t group) -> Expected<Out> {
      auto query = machine_query(db);
      auto row = read_machine(query, group, cmid);
      if (!row) return std::unexpected(row.error());
      if (!*row) return std::nullopt;
      auto& machine = (*row)->machine;
      if (const auto done = newest(group, machine); !done) return std::unexpected(done.error());
      return Out(std::move(machine));
    });
  }
  Expected<std::vector<std::pair<GroupKey, core::Machine>>> machines_of(const Cmid& cmid) override {
    return read([&, newest = newest_from_now()](Database& db) {
      return read_machines_of(db, cmid, newest);
    });
  }
  Expected<std::vector<core::Machine>> machines_by_fact(const GroupKey& key,
                                                        const Bytes16& primary) override {
    return in_group<std::vector<core::Machine>>(
        key, [&, newest = newest_from_now()](Database& db, std::int64_t group) {
          return read_by_fact(db, group, primary, newest);
        });
  }
  Expected<MachinePage> machines(const GroupKey& key, std::optional<Cmid> after,
                                 std::size_t most) override {
    return in_group<MachinePage>(key,
                                 [&, newest = newest_from_now()](Database& db, std::int64_t group) {
                                   return read_machine_page(db, group, after, most, newest);
                                 });
  }
  Expected<ListPage> listed(const GroupKey& key, ListOrder order, std::string_view prefix,
                            const std::optional<ListPlace>& after, std::size_t most) override {
    return in_group<ListPage>(key,
                              [&, newest = newest_from_now()](Database& db, std::int64_t group) {
                                return read_listed(db, group, order, prefix, after, most, newest);
                              });
  }
  Expected<std::vector<EventRow>> events(EventPlace after, std::size_t most) override {
    return read([&](Database& db) { return read_events(db, after, most); });
  }
  Expected<std::vector<EventRow>> events_before(EventPlace before, std::size_t most) override {
    return read([&](Database& db) { return read_events_before(db, before, most); });
  }
  Expected<std::optional<EventRow>> event(EventPlace place) override {
    if (place.seq == 0) return std::nullopt;
    auto rows = events({place.epoch, place.seq - 1}, 1);
    if (!rows) return std::unexpected(rows.error());
    if (rows->empty() || rows->front().place != place) return std::nullopt;
    return std::move(rows->front());
  }
  Expected<std::vector<CheckpointRow>> checkpoints(EventPlace after, std::size_t most) override {
    return read([&](Database& db) { return read_checkpoints(db, after, most); });
  }
  Expected<std::optional<std::string>> name(const Bytes16& hash) override {
    return read([&](Database& db) { return read_name(db, hash); });
  }
  Expected<std::optional<std::string>> setting(std::string_view name) override {
    return read([&](Database& db) { return read_setting(db, name); });
  }
  Expected<Settings> settings(std::string_view prefix) override {
    return read([&](Database& db) { return read_settings(db, prefix); });
  }
  Expected<std::vector<std::pair<MakId, core::KeyRecord>>> keys() override {
    return read([&](Database& db) { return read_keys(db); });
  }
  Expected<std::vector<core::KeyPlace>> places(const MakId& key, std::uint32_t after) override {
    using Out = std::vector<core::KeyPlace>;
    return read([&](Database& db) -> Expected<Out> {
      const auto row = read_key(db, key);
      if (!row) return std::unexpected(row.error());
      return *row ? read_place_page(db, (*row)->id, after) : Out{};
    });
  }
  Expected<std::vector<PoolRow>> pools(const std::optional<PoolKey>& after,
                                       std::size_t most) override {
    return read([&](Database& db) { return read_pools(db, after, most); });
  }
  Expected<std::vector<UsageRow>> usage(std::int32_t from_month, std::int32_t to_month) override {
    return read([&](Database& db) { return read_usage(db, from_month, to_month); });
  }
  double free_part() override { return free_part_of_disk(path_); }
  Expected<std::unique_ptr<StoreCopy>> begin_copy(const Papers& papers) override {
    return begin_file_copy(writer_->db, copied_file(path_), papers);
  }

 private:
  [[nodiscard]] Newest newest_from_now() const {
    return [view = writer_->fresh.view()](std::int64_t group,
                                          core::Machine& machine) -> Expected<void> {
      const auto data = view.find(group, machine.cmid);
      return data ? decode_machine(as_bytes(*data), machine) : Expected<void>();
    };
  }
  template <class Read>
  auto read(const Read& body) -> decltype(body(std::declval<Database&>())) {
    auto lease = readers_.take();
    if (!lease) return std::unexpected(lease.error());
    return body(**lease);
  }
  // Nothing (a default Out) where there is no such group. Its id never changes, so two statements
  // may see two committed states.
  template <class Out, class Read>
  Expected<Out> in_group(const GroupKey& key, const Read& body) {
    return read([&](Database& db) -> Expected<Out> {
      const auto group = read_group_id(db, key);
      if (!group) return std::unexpected(group.error());
      if (!*group) return Out{};
      return body(db, **group);
    });
  }

  const std::string path_;
  OpenFile lock_;  // given back last
  std::unique_ptr<Writer> writer_;
  Readers readers_;  // closed first: the writer's close ends the WAL
};

}  // namespace

Expected<Database> open_writer(const std::string& path, const SqliteOptions& options) {
  auto db = Database::open(path, SQLITE_OPEN_READWRITE);
  if (!db) return db;
  sqlite3_busy_timeout(db->handle(), 1000);  // for readers that a restart of the WAL waits for
  sqlite3_wal_autocheckpoint(db->handle(), 0);
  auto set = db->run(
      fmt::format("PRAGMA trusted_schema = 0; PRAGMA cache_size = -{}; PRAGMA synchronous = FULL;",
                  options.cache_bytes / 1024));
  if (!set) return std::unexpected(set.error());
  if (options.most_pages > 0) {
    set = db->run(fmt::format("PRAGMA max_page_count = {}", options.most_pages));
    if (!set) return std::unexpected(set.error());
  }
  const auto migrated = migrate(*db, migrations());
  if (!migrated) return std::unexpected(migrated.error());
  const auto mode = db->text("PRAGMA journal_mode = WAL");
  if (!mode) return std::unexpected(mode.error());
  if (*mode != "wal") return fail(ErrorCode::store_unavailable, "the file system allows no WAL");
  return db;
}

Expected<std::unique_ptr<Store>> open_sqlite(const std::string& path, const Bytes16& hash_key,
                                             const SqliteOptions& options) {
  const auto named = [&](Error error) {
    error.detail = path + ": " + error.detail;
    return std::unexpected(std::move(error));
  };
  auto lock = lock_beside(path);
  if (!lock) return named(lock.error());
  // Of a backup that nobody has fetched.
  remove_copy(copied_file(path));
  if (const auto made = make_database(path); !made) return named(made.error());
  auto writer = Writer::load(path, hash_key, options);
  if (!writer) return named(writer.error());
  return std::make_unique<SqliteStore>(path, std::move(*lock), std::move(*writer),
                                       std::max<std::size_t>(options.readers, 1));
}

}  // namespace muster::store
