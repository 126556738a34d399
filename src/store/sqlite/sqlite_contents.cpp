#include "store/sqlite/sqlite_contents.h"

#include <fmt/format.h>

#include <map>
#include <optional>
#include <utility>

#include "store/list_order.h"
#include "store/machine_codec.h"
#include "store/own_settings.h"
#include "store/sqlite/files.h"
#include "store/sqlite/readers.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/schema.h"

namespace muster::store {
namespace {

// Columns as table_forms() has them. Of the host there is no table; machines and their lists are
// made from the table machine, settings have one column more.
const char* statement_of(Table table) {
  switch (table) {
    case Table::count_group:
      return "SELECT vendor, name, highest_threshold, retention, requests, failed, unlicensed,"
             " licensed, initial_grace, additional_grace, non_genuine_grace, notification,"
             " extended_grace FROM count_group ORDER BY vendor, name";
    case Table::roll:
      return "SELECT g.vendor, g.name, r.key, r.last_seen, r.put FROM roll r"
             " JOIN count_group g ON g.id = r.group_id ORDER BY g.vendor, g.name, r.key";
    case Table::name: return "SELECT hash, value FROM name ORDER BY hash";
    case Table::event:
      return "SELECT e.place >> 40, e.place & 1099511627775, e.time, g.vendor, g.name, e.cmid,"
             " e.machine_prev >> 40, e.machine_prev & 1099511627775, e.hash, e.line"
             " FROM event e LEFT JOIN count_group g ON g.id = e.group_id ORDER BY e.place";
    case Table::checkpoint:
      return "SELECT place >> 40, place & 1099511627775, jws FROM checkpoint ORDER BY place";
    case Table::setting: return "SELECT 0, name, value FROM setting ORDER BY name";
    case Table::mak:
      return "SELECT vendor, name, sold, released, behind, blocked, reconciled FROM mak"
             " ORDER BY vendor, name";
    case Table::place:
      return "SELECT m.vendor, m.name, p.number, p.turn, p.cmid, p.facts, p.sold, p.asked,"
             " p.released, p.name_hash, p.last_event >> 40, p.last_event & 1099511627775"
             " FROM mak m JOIN place p ON p.mak_id = m.id ORDER BY m.vendor, m.name, p.number";
    case Table::place_fact:
      return "SELECT m.vendor, m.name, f.value, f.number FROM mak m"
             " JOIN place_fact f ON f.mak_id = m.id ORDER BY m.vendor, m.name, f.value, f.number";
    case Table::pool:
      return "SELECT id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
             " newest_event >> 40, newest_event & 1099511627775, days, examples,"
             " coalesce(marked_by, ''), marked_since, note FROM pool ORDER BY id, evidence";
    case Table::usage:
      return "SELECT vendor, product, month, by_fact, machines FROM usage"
             " ORDER BY vendor, product, month, by_fact";
    case Table::usage_member:
      return "SELECT u.vendor, u.product, u.month, u.by_fact, m.member FROM usage u"
             " JOIN usage_member m ON m.usage = u.id"
             " ORDER BY u.vendor, u.product, u.month, u.by_fact, m.member";
    default:
      return "SELECT m.id, g.vendor, g.name, m.cmid, m.data FROM machine m"
             " JOIN count_group g ON g.id = m.group_id ORDER BY g.vendor, g.name, m.id";
  }
}

std::string text_of(ByteView bytes) { return std::string(as_text(bytes)); }

class SqliteContents final : public Contents {
 public:
  SqliteContents(OpenFile lock, Database db) : lock_(std::move(lock)), db_(std::move(db)) {}

  // Everything is read as it is now.
  Expected<void> open() {
    if (auto begun = db_.run("BEGIN"); !begun) return begun;
    const auto version = db_.number("PRAGMA user_version");
    if (!version) return std::unexpected(version.error());
    const auto application = db_.number("PRAGMA application_id");
    if (!application) return std::unexpected(application.error());
    constexpr std::int64_t kApplicationId = 0x4d757374;
    if (*application != kApplicationId) {
      return fail(ErrorCode::store_corrupt, "this is another program's database");
    }
    const auto known = static_cast<std::int64_t>(migrations().size());
    if (*version != known) {
      return fail(ErrorCode::conflict,
                  fmt::format("its schema is {} and this version's is {}; start the host on it "
                              "once with this version",
                              *version, known));
    }
    return read_fresh();
  }

  Expected<void> begin(Table table) override {
    query_.reset();
    table_ = table;
    made_ = 0;
    of_group_ = {};
    if (table != Table::host) query_.emplace(db_, statement_of(table));
    return {};
  }

  Expected<bool> next(Cells& row) override {
    if (table_ == Table::host) return next_host(row);
    const auto more = query_->step();
    if (!more || !*more) return more;
    if (table_ == Table::machine || table_ == Table::listed) return machine(row);
    const auto& columns = form_of(table_).columns;
    // Of names the last column is made here.
    const auto given = columns.size() - (table_ == Table::name ? 1 : 0);
    row.resize(given);
    for (std::size_t at = 0; at < given; ++at) {
      const auto column = static_cast<int>(at);
      const auto kind = columns[at].kind;
      if (query_->is_null(column)) {
        row[at] = std::monostate{};
      } else if (kind == CellKind::number || kind == CellKind::truth) {
        row[at] = query_->number(column);
      } else {
        row[at] = text_of(query_->blob(column));
      }
    }
    if (table_ == Table::setting) {
      row[0] = std::int64_t{is_own_setting(std::get<std::string>(row[1]))};
    }
    if (table_ == Table::name) row.emplace_back(listed_name(std::get<std::string>(row[1])));
    if (auto same = change_host(table_, row, 0, 0); !same) return std::unexpected(same.error());
    return true;
  }

 private:
  // Rows that the host had not brought to their place when it stopped; of one machine the last
  // holds.
  Expected<void> read_fresh() {
    Query rows(db_, "SELECT machine, data FROM fresh_machine ORDER BY seq");
    for (;;) {
      const auto more = rows.step();
      if (!more) return std::unexpected(more.error());
      if (!*more) return {};
      fresh_[rows.number(0)] = text_of(rows.blob(1));
    }
  }

  Expected<bool> next_host(Cells& row) {
    if (made_++ > 0) return false;
    const auto head = read_chain_head(db_);
    if (!head) return std::unexpected(head.error());
    row = {std::int64_t{head->epoch},
           static_cast<std::int64_t>(head->seq),
           std::int64_t{head->time.time_since_epoch().count()},
           text_of(head->hash),
           static_cast<std::int64_t>(head->checkpoint_seq),
           text_of(head->checkpoint_digest)};
    return true;
  }

  // A row of (id, vendor, group, cmid, data).
  Expected<bool> machine(Cells& row) {
    std::pair group(text_of(query_->blob(1)), text_of(query_->blob(2)));
    if (group != of_group_) {
      of_group_ = group;
      made_ = 0;
    }
    const auto fresh = fresh_.find(query_->number(0));
    auto data = fresh != fresh_.end() ? fresh->second : text_of(query_->blob(4));
    core::Machine machine;
    if (auto read = decode_machine(as_bytes(data), machine); !read) {
      return std::unexpected(read.error());
    }
    const auto cmid = text_of(query_->blob(3));
    row = {std::move(group.first), std::move(group.second), ++made_, cmid};
    if (table_ == Table::listed) {
      auto name = read_name(db_, machine.name_hash);
      if (!name) return std::unexpected(name.error());
      row.emplace_back(listed_day(machine.last_seen));
      row.emplace_back(listed_name(name->value_or("")));
      return true;
    }
    const auto fact = machine.facts.primary();
    row.push_back(fact ? Cell(text_of(*fact)) : Cell());
    row.emplace_back(std::move(data));
    if (auto same = change_host(table_, row, 0, 0); !same) return std::unexpected(same.error());
    return true;
  }

  OpenFile lock_;
  Database db_;
  std::optional<Query> query_;  // ends before its connection
  Table table_ = Table::host;
  std::int64_t made_ = 0;
  std::pair<std::string, std::string> of_group_;
  std::map<std::int64_t, std::string> fresh_;  // data by the machine's row
};

}  // namespace

Expected<std::unique_ptr<Contents>> read_sqlite(const std::string& path) {
  const auto in_file = [&](const Error& error) {
    return fail(error.code, path + ": " + error.detail);
  };
  // What is not there must not be made, neither it nor its lock.
  if (auto there = open_data_file(path); !there) return in_file(there.error());
  auto lock = lock_beside(path);
  if (!lock) return in_file(lock.error());
  auto db = open_reader(path);
  if (!db) return in_file(db.error());
  auto out = std::make_unique<SqliteContents>(std::move(*lock), std::move(*db));
  if (auto opened = out->open(); !opened) return in_file(opened.error());
  return out;
}

}  // namespace muster::store
