#include "store/sqlite/database.h"

#include <fmt/format.h>

#include <cassert>

namespace muster::store {

Error database_error(int code, std::string_view message) {
  const int kind = code & 0xff;
  const bool corrupt = kind == SQLITE_CORRUPT || kind == SQLITE_NOTADB;
  return {corrupt ? ErrorCode::store_corrupt : ErrorCode::store_unavailable,
          fmt::format("{} (SQLite {})", message, code)};
}

Expected<Database> Database::open(const std::string& path, int flags) {
  // Counting its memory costs SQLite a lock for each piece of it. To be said before the first is
  // opened; where another library was first, it counts.
  static const int uncounted = sqlite3_config(SQLITE_CONFIG_MEMSTATUS, 0);
  (void)uncounted;
  Database out;
  sqlite3* handle = nullptr;
  const int code = sqlite3_open_v2(path.c_str(), &handle, flags | SQLITE_OPEN_NOMUTEX, nullptr);
  out.handle_.reset(handle);
  if (handle == nullptr) return fail(ErrorCode::store_unavailable, path + ": out of memory");
  if (code != SQLITE_OK) {
    auto error = out.error();
    error.detail = path + ": " + error.detail;
    return std::unexpected(std::move(error));
  }
  sqlite3_extended_result_codes(handle, 1);
  return out;
}

Error Database::error() const {
  return database_error(sqlite3_extended_errcode(handle_.get()), sqlite3_errmsg(handle_.get()));
}

Expected<void> Database::run(const std::string& sql) {
  if (sqlite3_exec(handle_.get(), sql.c_str(), nullptr, nullptr, nullptr) != SQLITE_OK) {
    return std::unexpected(error());
  }
  return {};
}

Expected<std::string> Database::text(const std::string& sql) {
  sqlite3_stmt* raw = nullptr;
  if (sqlite3_prepare_v2(handle_.get(), sql.c_str(), -1, &raw, nullptr) != SQLITE_OK) {
    return std::unexpected(error());
  }
  const std::unique_ptr<sqlite3_stmt, Close> owner(raw);
  const int code = sqlite3_step(raw);
  if (code == SQLITE_DONE) return std::string();
  if (code != SQLITE_ROW) return std::unexpected(error());
  const auto* bytes = sqlite3_column_text(raw, 0);
  const auto size = static_cast<std::size_t>(sqlite3_column_bytes(raw, 0));
  return bytes == nullptr ? std::string() : std::string(as_text({bytes, size}));
}

Expected<std::int64_t> Database::number(const std::string& sql) {
  const auto found = text(sql);
  if (!found) return std::unexpected(found.error());
  return found->empty() ? 0 : std::strtoll(found->c_str(), nullptr, 10);
}

void Database::roll_back() {
  if (in_transaction()) sqlite3_exec(handle_.get(), "ROLLBACK", nullptr, nullptr, nullptr);
}

sqlite3_stmt* Database::statement(const char* sql) {
  auto& kept = statements_[sql];
  if (!kept) {
    sqlite3_stmt* raw = nullptr;
    sqlite3_prepare_v3(handle_.get(), sql, -1, SQLITE_PREPARE_PERSISTENT, &raw, nullptr);
    kept.reset(raw);
  }
  return kept.get();
}

Query::Query(Database& database, const char* sql)
    : database_(database), statement_(database.statement(sql)) {}

Query::~Query() {
  if (statement_ != nullptr) sqlite3_reset(statement_);
}

// A value that cannot be bound is a mistake in the text or the index, or longer than SQLite can
// hold; step() then meets it as a null, which the schema refuses.
Query& Query::bind(int index, std::int64_t value) {
  if (statement_ != nullptr) sqlite3_bind_int64(statement_, index, value);
  return *this;
}

Query& Query::bind(int index, ByteView blob) {
  if (statement_ != nullptr) {
    sqlite3_bind_blob64(statement_, index,
                        blob.empty() ? static_cast<const void*>("") : blob.data(), blob.size(),
                        SQLITE_STATIC);
  }
  return *this;
}

Query& Query::bind_text(int index, std::string_view text) {
  if (statement_ != nullptr) {
    sqlite3_bind_text64(statement_, index, text.empty() ? "" : text.data(), text.size(),
                        SQLITE_STATIC, SQLITE_UTF8);
  }
  return *this;
}

Query& Query::bind_null(int index) {
  if (statement_ != nullptr) sqlite3_bind_null(statement_, index);
  return *this;
}

Expected<bool> Query::step() {
  if (statement_ == nullptr) return std::unexpected(database_.error());
  const int code = sqlite3_step(statement_);
  if (code == SQLITE_ROW) return true;
  if (code == SQLITE_DONE) return false;
  return std::unexpected(database_.error());
}

Expected<void> Query::done() {
  const auto row = step();
  if (statement_ != nullptr) sqlite3_reset(statement_);
  if (!row) return std::unexpected(row.error());
  assert(!*row);
  return {};
}

bool Query::is_null(int column) const {
  return sqlite3_column_type(statement_, column) == SQLITE_NULL;
}

ByteView Query::blob(int column) const {
  const auto* bytes = static_cast<const std::uint8_t*>(sqlite3_column_blob(statement_, column));
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(statement_, column))};
}

}  // namespace muster::store
