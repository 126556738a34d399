#include "store/postgres/postgres_contents.h"

#include <fmt/format.h>

#include <set>
#include <utility>
#include <vector>

#include "store/postgres/connection.h"
#include "store/postgres/schema.h"
#include "store/postgres/transfer_sql.h"

namespace muster::store {
namespace {

using pg::Arguments;
using pg::Column;
using pg::Connection;
using pg::PgType;

// Rows that go to the server together.
constexpr std::size_t kRowsMost = 5000;
constexpr std::size_t kBytesMost = std::size_t{4} << 20;

PgType type_of(CellKind kind) {
  switch (kind) {
    case CellKind::text: return PgType::text;
    case CellKind::bytes: return PgType::bytes;
    case CellKind::uuid: return PgType::uuid;
    case CellKind::truth: return PgType::truth;
    default: return PgType::number;
  }
}

class PostgresContents final : public Receiver {
 public:
  explicit PostgresContents(Connection db) : db_(std::move(db)) {}

  // Everything that changes the database from here on is one transaction. True: it is empty.
  Expected<bool> open(std::string_view host) {
    // One that was interrupted may still hold the lock while the server takes back what it did.
    auto done =
        db_.run("SET lock_timeout = '60s'; SET idle_in_transaction_session_timeout = '30min'");
    if (done) done = pg::migrate(db_, pg::migrations());
    if (done) done = pg::begin_locked(db_);
    if (!done) return std::unexpected(done.error());
    const auto hosts = db_.ask(
        "SELECT count(*), count(*) FILTER (WHERE thumbprint = $1),"
        " (SELECT count(*) FROM count_group) + (SELECT count(*) FROM setting) FROM host",
        Arguments().text(host));
    if (!hosts) return std::unexpected(hosts.error());
    const auto all = hosts->number(0, 0), own = hosts->number(0, 1);
    if (all == 1 && own == 1) return read_own();
    if (all != 0 || hosts->number(0, 2) != 0) {
      return fail(ErrorCode::conflict,
                  fmt::format("the database is not empty: it holds {} host{}{}; name an empty one",
                              all, all == 1 ? "" : "s", own == 1 ? ", and this one" : ""));
    }
    db_.send("INSERT INTO host (thumbprint, hash, checkpoint_digest) VALUES ($1, '', '')",
             Arguments().text(host));
    const auto made = read_own();
    return made ? Expected<bool>(true) : made;
  }

  Expected<void> put(Table table, const Cells& row) override {
    if (table != putting_) {
      if (auto sent = flush(); !sent) return sent;
      putting_ = table;
    }
    if (columns_.empty()) {
      for (const auto& column : form_of(table).columns) columns_.emplace_back(type_of(column.kind));
    }
    Cells stored = row;
    if (auto done = change_host(table, stored, 0, own_); !done) return done;
    if (table == Table::event) months_.insert(month_of(stored));
    const auto& columns = form_of(table).columns;
    for (std::size_t at = 0; at < stored.size(); ++at) {
      append(columns_[at], columns[at].kind, stored[at]);
    }
    if (columns_.front().size() < kRowsMost && bytes_ < kBytesMost) return {};
    return flush();
  }

  Expected<void> finish() override {
    if (auto sent = flush(); !sent) return sent;
    // The first unit of any host on them is their next version.
    db_.send(
        "UPDATE count_group g SET made = coalesce("
        "(SELECT max(m.made) FROM listed m WHERE m.group_id = g.id), 0)");
    const auto done = db_.receive();
    if (!done) return std::unexpected(done.error());
    return db_.run("ANALYZE");
  }

  Expected<void> begin(Table table) override {
    table_ = table;
    at_ = 0;
    rows_.reset();
    db_.send(pg::select_of(table));
    return fetch();
  }

  Expected<bool> next(Cells& row) override {
    if (at_ == rows_->size()) {
      if (at_ == 0) return close();
      if (auto fetched = fetch(); !fetched) return std::unexpected(fetched.error());
      if (rows_->size() == 0) return close();
    }
    const auto& columns = form_of(table_).columns;
    row.resize(columns.size());
    for (std::size_t at = 0; at < columns.size(); ++at) {
      const auto column = static_cast<int>(at);
      const auto kind = columns[at].kind;
      if (rows_->is_null(at_, column)) {
        row[at] = std::monostate{};
      } else if (kind == CellKind::number || kind == CellKind::truth) {
        row[at] = rows_->number(at_, column);
      } else {
        row[at] = std::string(rows_->text(at_, column));
      }
    }
    ++at_;
    if (auto shown = change_host(table_, row, own_, 0); !shown) {
      return std::unexpected(shown.error());
    }
    return true;
  }

  Expected<void> commit() override {
    const auto done = db_.ask("COMMIT");
    if (!done) return std::unexpected(done.error());
    if (done->tag() == "COMMIT") return {};
    return fail(ErrorCode::store_unavailable, "the database has taken the move back");
  }

 private:
  Expected<bool> read_own() {
    const auto id = db_.ask("SELECT id FROM host");
    if (!id) return std::unexpected(id.error());
    own_ = static_cast<std::uint32_t>(id->number(0, 0));
    return false;
  }

  static std::int64_t month_of(const Cells& event) {
    return pg::month_of(Instant{seconds{std::get<std::int64_t>(event[2])}});
  }

  void append(Column& column, CellKind kind, const Cell& cell) {
    bytes_ += sizeof(std::int64_t);
    if (const auto* number = std::get_if<std::int64_t>(&cell)) {
      kind == CellKind::truth ? column.truth(*number != 0) : column.number(*number);
    } else if (const auto* text = std::get_if<std::string>(&cell)) {
      column.text(*text);
      bytes_ += text->size();
    } else {
      column.null();
    }
  }

  Expected<void> flush() {
    if (columns_.empty()) return {};
    for (const auto month : std::exchange(months_, {})) {
      if (!made_months_.insert(month).second) continue;
      if (auto made = db_.run(pg::sql_of_month(month)); !made) return made;
    }
    Arguments arguments;
    for (const auto& column : columns_) arguments.column(column);
    columns_.clear();
    bytes_ = 0;
    const auto done = db_.ask(pg::insert_of(putting_), arguments);
    return done ? Expected<void>() : std::unexpected(done.error());
  }

  Expected<void> fetch() {
    auto rows = db_.ask(pg::fetch_of(table_));
    if (!rows) return std::unexpected(rows.error());
    rows_ = std::move(*rows);
    at_ = 0;
    return {};
  }

  Expected<bool> close() {
    const auto closed = db_.ask(pg::close_of(table_));
    if (!closed) return std::unexpected(closed.error());
    return false;
  }

  Connection db_;
  std::uint32_t own_ = 0;  // the host's row
  Table putting_ = Table::host;
  std::vector<Column> columns_;  // of the rows that are not sent yet
  std::size_t bytes_ = 0;
  std::set<std::int64_t> months_, made_months_;
  Table table_ = Table::host;
  std::optional<pg::Rows> rows_;
  int at_ = 0;
};

}  // namespace

Expected<Target> open_target(const std::string& url, std::string_view host,
                             std::chrono::milliseconds patience) {
  auto db = Connection::open(url, patience);
  if (!db) return std::unexpected(db.error());
  auto out = std::make_unique<PostgresContents>(std::move(*db));
  const auto empty = out->open(host);
  if (!empty) return std::unexpected(empty.error());
  return Target{std::move(out), *empty};
}

}  // namespace muster::store
