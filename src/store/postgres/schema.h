// The database's schema: which version it has, how it gets to this one's, and the months of its
// log.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>

#include "base/time.h"
#include "store/postgres/connection.h"

namespace muster::store::pg {

// One step forward. A step that an older host on the same database cannot live with says since
// which version a host can; all others are additions, and a host that is behind goes on.
struct Migration {
  std::string_view sql;
  int works_since = 1;  // hosts that know this version work with it
};
using Migrations = std::span<const Migration>;
// The files in migrations/, in their order.
[[nodiscard]] Migrations migrations();

// Brings the database to the version that is the number of migrations, each in a transaction of its
// own, under a lock that one host at a time takes. A database that is newer, but that this version
// still works with, is left as it is. schema_newer where it does not; store_corrupt where its
// tables are another program's.
[[nodiscard]] Expected<void> migrate(Connection& db, Migrations migrations);

// Begins a transaction under that lock: nobody else migrates, opens the database for a host or
// makes a month until it ends.
[[nodiscard]] Expected<void> begin_locked(Connection& db);

// A month by its number, year * 12 + month - 1, UTC.
[[nodiscard]] std::int64_t month_of(Instant time);
// Statements that make the partition of a month's events where it is not there.
[[nodiscard]] std::string sql_of_month(std::int64_t month);
// Makes the partition of a month's events where it is not there yet, and the next month's with it.
// REQUIRES: no transaction of this connection, nor one that it waits for, has touched the log.
[[nodiscard]] Expected<void> make_month(Connection& db, std::int64_t month);
// Drops the partitions of months before this one in which no host has an event any more; how many.
// They are looked at once more while nobody can write. A log that is in use for longer than a
// moment is an error, and nothing was dropped. REQUIRES: no transaction of this connection.
[[nodiscard]] Expected<std::size_t> drop_empty_months(Connection& db, std::int64_t before);

}  // namespace muster::store::pg
