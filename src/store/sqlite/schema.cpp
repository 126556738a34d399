#include "store/sqlite/schema.h"

#include <fmt/format.h>

namespace muster::store {
namespace {

constexpr std::int64_t kApplicationId = 0x4d757374;  // "Must", as in 0001_first.sql

constexpr std::string_view kMigrations[] = {
#include "store/sqlite/migrations.inc"
};

Expected<void> apply(Database& db, int version, std::string_view sql) {
  const auto all =
      fmt::format("BEGIN IMMEDIATE;\n{}\nPRAGMA user_version = {};\nCOMMIT;", sql, version);
  auto done = db.run(all);
  if (!done) db.roll_back();
  return done;
}

// The version of a file; 0 of an empty one.
Expected<int> version_of(Database& db, int newest) {
  const auto application = db.number("PRAGMA application_id");
  if (!application) return std::unexpected(application.error());
  const auto version = db.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  const auto tables = db.number("SELECT count(*) FROM sqlite_schema");
  if (!tables) return std::unexpected(tables.error());
  if (*application != kApplicationId && (*tables != 0 || *version != 0)) {
    return fail(ErrorCode::store_corrupt, "this is another program's database");
  }
  if (*version > newest) {
    return fail(ErrorCode::schema_newer,
                fmt::format("its schema is {}, this version knows {}", *version, newest));
  }
  return static_cast<int>(*version);
}

}  // namespace

Migrations migrations() { return kMigrations; }

Expected<void> migrate(Database& db, Migrations migrations) {
  const auto version = version_of(db, static_cast<int>(migrations.size()));
  if (!version) return std::unexpected(version.error());
  for (int next = *version; next < static_cast<int>(migrations.size()); ++next) {
    const auto done = apply(db, next + 1, migrations[static_cast<std::size_t>(next)]);
    if (!done) return done;
  }
  return {};
}

}  // namespace muster::store
