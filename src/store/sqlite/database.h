// SQLite's C API with owners: a connection, and a query on one of its prepared statements.
// Not thread-safe: one thread uses a connection at a time.
#pragma once

#include <sqlite3.h>

#include <map>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/error.h"
#include "base/time.h"

namespace muster::store {

// Database files and rows that cannot be right are store_corrupt, everything else
// store_unavailable. The detail is what SQLite says.
[[nodiscard]] Error database_error(int code, std::string_view message);

class Database {
 public:
  // `flags` as sqlite3_open_v2 takes them. The file is not read yet.
  [[nodiscard]] static Expected<Database> open(const std::string& path, int flags);

  // Runs statements that give no rows, and are used too seldom to be kept.
  [[nodiscard]] Expected<void> run(const std::string& sql);
  // The first row's first column.
  [[nodiscard]] Expected<std::int64_t> number(const std::string& sql);
  [[nodiscard]] Expected<std::string> text(const std::string& sql);
  [[nodiscard]] bool in_transaction() const { return sqlite3_get_autocommit(handle_.get()) == 0; }
  // Leaves a transaction, if SQLite has not done so itself.
  void roll_back();
  [[nodiscard]] std::int64_t last_id() const { return sqlite3_last_insert_rowid(handle_.get()); }
  [[nodiscard]] sqlite3* handle() const { return handle_.get(); }
  [[nodiscard]] Error error() const;

 private:
  friend class Query;
  struct Close {
    void operator()(sqlite3* handle) const { sqlite3_close_v2(handle); }
    void operator()(sqlite3_stmt* statement) const { sqlite3_finalize(statement); }
  };
  Database() = default;
  // The statement of a text, prepared once; null, and error() says why. The key is the literal's
  // address.
  [[nodiscard]] sqlite3_stmt* statement(const char* sql);

  std::unique_ptr<sqlite3, Close> handle_;
  std::map<const char*, std::unique_ptr<sqlite3_stmt, Close>> statements_;  // closed before handle_
};

// One use of a statement. `sql` must be a literal (it is prepared once and kept by its address),
// and only one Query on it may live at a time. Views that are bound must live until the next step;
// columns are valid until the next step or reset.
class Query {
 public:
  Query(Database& database, const char* sql);
  ~Query();
  Query(const Query&) = delete;
  Query& operator=(const Query&) = delete;

  Query& bind(int index, std::int64_t value);
  Query& bind(int index, ByteView blob);
  Query& bind_text(int index, std::string_view text);
  Query& bind_null(int index);

  // True: a row is there. False: no more.
  [[nodiscard]] Expected<bool> step();
  // Runs to the end and makes it ready for the next values.
  [[nodiscard]] Expected<void> done();
  void reset() { sqlite3_reset(statement_); }

  [[nodiscard]] bool is_null(int column) const;
  [[nodiscard]] std::int64_t number(int column) const {
    return sqlite3_column_int64(statement_, column);
  }
  // Seconds since 1970.
  [[nodiscard]] Instant time(int column) const { return Instant{seconds{number(column)}}; }
  [[nodiscard]] ByteView blob(int column) const;
  [[nodiscard]] std::string_view text(int column) const { return as_text(blob(column)); }
  // False where the blob has another length.
  template <std::size_t N>
  [[nodiscard]] bool array(int column, std::array<std::uint8_t, N>& out) const {
    const auto bytes = blob(column);
    if (bytes.size() != N) return false;
    std::memcpy(out.data(), bytes.data(), N);
    return true;
  }

 private:
  Database& database_;
  sqlite3_stmt* statement_;  // null: it could not be prepared, which step() says
};

}  // namespace muster::store
