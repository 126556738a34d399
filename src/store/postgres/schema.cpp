#include "store/postgres/schema.h"

#include <fmt/format.h>

#include <chrono>
#include <string>
#include <vector>

namespace muster::store::pg {
namespace {

// "Must". Hosts that migrate, or make a month, wait for one another.
constexpr std::int64_t kSchemaLock = 0x4d757374;

constexpr Migration kMigrations[] = {
#include "store/postgres/migrations.inc"
};

struct Version {
  int version = 0;      // 0: an empty database
  int works_since = 0;  // of the hosts that work with it
};

Expected<Version> version_of(Connection& db) {
  // Where there is no table of versions there must be none of ours either.
  const auto tables = db.ask(
      "SELECT to_regclass('muster_schema') IS NOT NULL, to_regclass('count_group') IS NOT NULL");
  if (!tables) return std::unexpected(tables.error());
  if (tables->number(0, 0) == 0) {
    if (tables->number(0, 1) == 0) return Version{};
    return fail(ErrorCode::store_corrupt, "this is another program's database");
  }
  const auto rows = db.ask("SELECT max(version), max(works_since) FROM muster_schema");
  if (!rows) return std::unexpected(rows.error());
  return Version{static_cast<int>(rows->number(0, 0)), static_cast<int>(rows->number(0, 1))};
}

Expected<void> step(Connection& db, int version, const Migration& migration) {
  return db.run(fmt::format("{}\nINSERT INTO muster_schema VALUES ({}, {});\nCOMMIT;",
                            migration.sql, version, migration.works_since));
}

// One step; true: there may be more. The lock ends with the transaction, so the version is read
// under it.
Expected<bool> migrate_one(Connection& db, Migrations migrations) {
  if (auto begun = begin_locked(db); !begun) return std::unexpected(begun.error());
  const auto at = version_of(db);
  if (!at) return std::unexpected(at.error());
  const auto known = static_cast<int>(migrations.size());
  if (at->works_since > known) {
    return fail(ErrorCode::schema_newer,
                fmt::format("its schema is {}, which hosts work with since {}; this one knows {}",
                            at->version, at->works_since, known));
  }
  if (at->version >= known) return false;
  if (at->version == 0) {
    auto made = db.run(
        "CREATE TABLE muster_schema (version integer PRIMARY KEY, works_since integer NOT NULL)");
    if (!made) return std::unexpected(made.error());
  }
  auto done = step(db, at->version + 1, migrations[static_cast<std::size_t>(at->version)]);
  if (!done) return std::unexpected(done.error());
  return true;
}

std::string name_of_month(std::int64_t month) {
  return fmt::format("event_{:04}_{:02}", month / 12, month % 12 + 1);
}

Instant begin_of(std::int64_t month) {
  namespace calendar = std::chrono;
  const calendar::year_month_day first{calendar::year{static_cast<int>(month / 12)},
                                       calendar::month{static_cast<unsigned>(month % 12) + 1},
                                       calendar::day{1}};
  return Instant{calendar::sys_days{first}};
}

}  // namespace

Migrations migrations() { return kMigrations; }

Expected<void> begin_locked(Connection& db) {
  db.send("BEGIN");
  db.send("SELECT pg_advisory_xact_lock($1)", Arguments().number(kSchemaLock));
  const auto done = db.receive();
  return done ? Expected<void>() : std::unexpected(done.error());
}

Expected<void> migrate(Connection& db, Migrations migrations) {
  for (;;) {
    const auto more = migrate_one(db, migrations);
    db.roll_back();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
  }
}

std::int64_t month_of(Instant time) {
  const std::chrono::year_month_day day{std::chrono::floor<std::chrono::days>(time)};
  return std::int64_t{static_cast<int>(day.year())} * 12 + static_cast<unsigned>(day.month()) - 1;
}

std::string sql_of_month(std::int64_t month) {
  return fmt::format(
      "CREATE TABLE IF NOT EXISTS {} PARTITION OF event FOR VALUES FROM ({}) TO ({});",
      name_of_month(month), begin_of(month).time_since_epoch().count(),
      begin_of(month + 1).time_since_epoch().count());
}

Expected<void> make_month(Connection& db, std::int64_t month) {
  auto done = begin_locked(db);
  if (done) done = db.run(sql_of_month(month) + sql_of_month(month + 1) + "COMMIT");
  db.roll_back();
  return done;
}

namespace {

// Partitions that sql_of_month() has made.
Expected<std::vector<std::int64_t>> empty_months(Connection& db, std::int64_t before) {
  const auto rows = db.ask(
      "SELECT substr(c.relname, 7, 4)::bigint * 12 + substr(c.relname, 12, 2)::bigint - 1"
      " FROM pg_inherits i JOIN pg_class c ON c.oid = i.inhrelid"
      " WHERE i.inhparent = 'event'::regclass AND c.relname ~ '^event_[0-9]{4}_[0-9]{2}$'"
      " ORDER BY 1");
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::int64_t> out;
  for (int row = 0; row < rows->size(); ++row) {
    const auto month = rows->number(row, 0);
    if (month >= before) break;
    const auto used = db.ask("SELECT EXISTS (SELECT 1 FROM event WHERE time >= $1 AND time < $2)",
                             Arguments().time(begin_of(month)).time(begin_of(month + 1)));
    if (!used) return std::unexpected(used.error());
    if (used->number(0, 0) == 0) out.push_back(month);
  }
  return out;
}

Expected<std::size_t> drop_under_lock(Connection& db, std::int64_t before) {
  // Whoever writes meanwhile waits behind this one, which gives up soon.
  auto locked =
      db.run("SET LOCAL lock_timeout = '200ms'; LOCK TABLE ONLY event IN ACCESS EXCLUSIVE MODE");
  if (!locked) return std::unexpected(locked.error());
  const auto months = empty_months(db, before);
  if (!months) return std::unexpected(months.error());
  std::string all;
  for (const auto month : *months) all += fmt::format("DROP TABLE {};", name_of_month(month));
  if (auto done = db.run(all + "COMMIT"); !done) return std::unexpected(done.error());
  return months->size();
}

}  // namespace

Expected<std::size_t> drop_empty_months(Connection& db, std::int64_t before) {
  const auto seen = empty_months(db, before);
  if (!seen) return std::unexpected(seen.error());
  if (seen->empty()) return 0;
  auto begun = begin_locked(db);
  auto dropped = begun ? drop_under_lock(db, before) : std::unexpected(begun.error());
  db.roll_back();
  return dropped;
}

}  // namespace muster::store::pg
