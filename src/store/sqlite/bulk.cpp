#include "store/sqlite/bulk.h"

#include "store/list_order.h"
#include "store/machine_codec.h"
#include "store/sqlite/files.h"
#include "store/sqlite/listing.h"
#include "store/sqlite/rows.h"

namespace muster::store {
namespace {

Expected<std::int64_t> make_group(Database& db, const GroupKey& key) {
  Query insert(
      db,
      "INSERT INTO count_group SELECT coalesce(max(id), 0) + 1, ?1, ?2,"
      " 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0 FROM count_group WHERE true ON CONFLICT DO NOTHING");
  const auto made = insert.bind_text(1, key.vendor).bind_text(2, key.group).done();
  if (!made) return std::unexpected(made.error());
  const auto id = read_group_id(db, key);
  if (!id) return std::unexpected(id.error());
  Query any(db, "SELECT 1 FROM machine WHERE group_id = ?1 LIMIT 1");
  const auto there = any.bind(1, **id).step();
  if (!there) return std::unexpected(there.error());
  if (*there) return fail(ErrorCode::conflict, "the group has machines already");
  return **id;
}

// Puts the row into the lists under the name that the store knows of it. False: it knows none, and
// the machine has one.
Expected<bool> list_row(Database& db, Query& list, std::int64_t id, std::int64_t group,
                        const core::Machine& row) {
  std::optional<std::string> name;
  if (row.name_hash != Bytes16{}) {
    auto read = read_name(db, row.name_hash);
    if (!read) return std::unexpected(read.error());
    name = std::move(*read);
  }
  auto done =
      put_listed(list, id, group, listed_day(row.last_seen), listed_name(name.value_or("")));
  if (!done) return std::unexpected(done.error());
  return name || row.name_hash == Bytes16{};
}

// False: not every machine is listed under its name.
Expected<bool> insert_all(Database& db, std::int64_t group, std::uint64_t count,
                          const std::function<core::Machine(std::uint64_t)>& machine) {
  bool named = true;
  Query list(db, kPutListed);
  Query insert(db,
               "INSERT INTO machine (group_id, cmid, primary_fact, data) VALUES (?1, ?2, ?3, ?4)");
  std::string data;
  for (std::uint64_t i = 0; i < count; ++i) {
    const auto row = machine(i);
    encode_machine(data, row);
    insert.bind(1, group).bind(2, row.cmid.bytes).bind(4, as_bytes(data));
    const auto fact = row.facts.primary();
    if (fact) {
      insert.bind(3, *fact);
    } else {
      insert.bind_null(3);
    }
    if (const auto done = insert.done(); !done) return std::unexpected(done.error());
    const auto listed = list_row(db, list, db.last_id(), group, row);
    if (!listed) return std::unexpected(listed.error());
    named = named && *listed;
  }
  return named;
}

// The indexes' own texts, read from the schema, so that they are made again as they were.
Expected<std::string> take_indexes_away(Database& db) {
  const std::string of_tables =
      " FROM sqlite_schema WHERE tbl_name IN ('machine', 'listed') AND type = 'index'"
      " AND sql IS NOT NULL";
  auto make = db.text("SELECT group_concat(sql, ';')" + of_tables);
  if (!make) return make;
  const auto drop = db.text("SELECT group_concat('DROP INDEX ' || name, ';')" + of_tables);
  if (!drop) return drop;
  if (const auto done = db.run(*drop); !done) return std::unexpected(done.error());
  return make;
}

Expected<void> load(Database& db, const GroupKey& key, std::uint64_t count,
                    const std::function<core::Machine(std::uint64_t)>& machine) {
  // Without a journal there is no way back; what matters is that everything is on the disk at the
  // end.
  const auto quick = db.run("PRAGMA journal_mode = OFF; PRAGMA synchronous = OFF; BEGIN;");
  if (!quick) return quick;
  const auto group = make_group(db, key);
  if (!group) {
    if (const auto done = db.run("COMMIT"); !done) return done;
    return std::unexpected(group.error());
  }
  // What is whole stays whole where every row is put into the lists under its name; otherwise the
  // next start walks and finds the names that have come meanwhile.
  Listing listing(0);
  if (auto loaded = listing.load(db); !loaded) return loaded;
  const auto indexes = take_indexes_away(db);
  if (!indexes) return std::unexpected(indexes.error());
  const auto inserted = insert_all(db, *group, count, machine);
  if (!inserted) return std::unexpected(inserted.error());
  if (const auto done = db.run(*indexes); !done) return done;
  if (*inserted) {
    listing.leave(db);
  } else if (auto left = listing.enter(db); !left) {
    return left;
  }
  return db.run("COMMIT; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;");
}

}  // namespace

Expected<void> load_machines(const std::string& path, const GroupKey& key, std::uint64_t count,
                             const std::function<core::Machine(std::uint64_t)>& machine) {
  const auto lock = lock_beside(path);
  if (!lock) return std::unexpected(lock.error());
  if (const auto made = make_database(path); !made) return made;
  {
    auto db = open_writer(path, {.cache_bytes = std::int64_t{256} << 20});
    if (!db) return std::unexpected(db.error());
    if (const auto loaded = load(*db, key, count, machine); !loaded) return loaded;
  }
  return sync_file(path);
}

}  // namespace muster::store
