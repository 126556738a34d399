#include "store/sqlite/listing.h"

#include <algorithm>
#include <vector>

#include "store/chain.h"
#include "store/list_order.h"
#include "store/machine_codec.h"

namespace muster::store {
namespace {

// Behind every name that begins with what stands before it: no byte of UTF-8.
constexpr char kLast = '\xff';

Expected<std::string> name_of(Database& db, const Bytes16& hash) {
  if (hash == Bytes16{}) return std::string();
  const auto value = read_name(db, hash);
  if (!value) return std::unexpected(value.error());
  return listed_name(value->value_or(""));
}

// A row as the walk finds it, and what the lists hold of it.
struct Found {
  std::int64_t id = 0, group = 0;
  core::Machine machine;
  std::optional<std::int64_t> day;  // none: it is in no list yet
  std::string name;
};

Expected<std::vector<Found>> find_behind(Database& db, const FreshRows& fresh, std::int64_t id,
                                         std::size_t rows) {
  Query query(db,
              "SELECT m.id, m.group_id, m.cmid, m.data, l.day, l.name FROM machine m"
              " LEFT JOIN listed l ON l.machine = m.id WHERE m.id > ?1 ORDER BY m.id LIMIT ?2");
  query.bind(1, id).bind(2, static_cast<std::int64_t>(rows));
  std::vector<Found> out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    auto& found = out.emplace_back();
    found.id = query.number(0);
    found.group = query.number(1);
    if (!query.array(2, found.machine.cmid.bytes)) {
      return fail(ErrorCode::store_corrupt, "a machine's CMID cannot be read");
    }
    const auto* newer = fresh.find(found.group, found.machine.cmid);
    auto read =
        decode_machine(newer != nullptr ? as_bytes(newer->data) : query.blob(3), found.machine);
    if (!read) return std::unexpected(read.error());
    if (query.is_null(4)) continue;
    found.day = query.number(4);
    found.name = query.text(5);
  }
}

// A page's rows; one more says that there is a next page.
Expected<ListPage> page_of(Query& query, std::int64_t group, ListOrder order, std::size_t most,
                           const Newest& newest) {
  ListPage out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    if (out.machines.size() == page_size(most)) {
      out.more = true;
      return out;
    }
    auto& [machine, place] = out.machines.emplace_back();
    if (!query.array(1, machine.cmid.bytes)) {
      return fail(ErrorCode::store_corrupt, "a machine's CMID cannot be read");
    }
    if (auto read = decode_machine(query.blob(2), machine); !read) {
      return std::unexpected(read.error());
    }
    place.made = static_cast<std::uint64_t>(query.number(0));
    if (is_by_name(order)) {
      place.name = query.text(3);
    } else {
      place.day = query.number(3);
    }
    if (auto done = newest(group, machine); !done) return std::unexpected(done.error());
  }
}

const char* statement_of(ListOrder order) {
  switch (order) {
    case ListOrder::name:
      return "SELECT m.id, m.cmid, m.data, l.name FROM listed l CROSS JOIN machine m"
             " ON m.id = l.machine WHERE l.group_id = ?1 AND (l.name, l.machine) > (?2, ?3)"
             " AND l.name < ?4 ORDER BY l.name, l.machine LIMIT ?5";
    case ListOrder::name_down:
      return "SELECT m.id, m.cmid, m.data, l.name FROM listed l CROSS JOIN machine m"
             " ON m.id = l.machine WHERE l.group_id = ?1 AND (l.name, l.machine) < (?2, ?3)"
             " AND l.name >= ?4 ORDER BY l.name DESC, l.machine DESC LIMIT ?5";
    case ListOrder::contact:
      return "SELECT m.id, m.cmid, m.data, l.day FROM listed l CROSS JOIN machine m"
             " ON m.id = l.machine WHERE l.group_id = ?1 AND (l.day, l.machine) > (?2, ?3)"
             " ORDER BY l.day, l.machine LIMIT ?5";
    default:
      return "SELECT m.id, m.cmid, m.data, l.day FROM listed l CROSS JOIN machine m"
             " ON m.id = l.machine WHERE l.group_id = ?1 AND (l.day, l.machine) < (?2, ?3)"
             " ORDER BY l.day DESC, l.machine DESC LIMIT ?5";
  }
}

}  // namespace

Expected<void> put_listed(Query& put, std::int64_t id, std::int64_t group, std::int64_t day,
                          std::string_view name) {
  put.bind(1, id).bind(2, group).bind(3, day).bind_text(4, name);
  return put.done();
}

Expected<void> Listing::load(Database& db) {
  const auto newest = db.number("SELECT coalesce(max(id), 0) FROM machine");
  if (!newest) return std::unexpected(newest.error());
  newest_ = *newest;
  const auto whole = db.number("SELECT count(*) FROM listed_whole");
  if (!whole) return std::unexpected(whole.error());
  said_whole_ = *whole > 0;
  if (said_whole_) walked_ = walking_ = newest_;
  return {};
}

void Listing::leave(Database& db) const {
  if (!has_more() && !said_whole_) (void)db.run("INSERT INTO listed_whole VALUES (1)");
}

Expected<void> Listing::enter(Database& db) const {
  return said_whole_ ? db.run("DELETE FROM listed_whole") : Expected<void>();
}

void Listing::changed(std::int64_t id, const core::Machine& before, const core::Machine& after) {
  if (id > walked_) return;  // the walk will see it
  const auto day = listed_day(after.last_seen);
  if (day == listed_day(before.last_seen) && before.name_hash == after.name_hash) return;
  if (notes_.size() < notes_most_) {
    notes_.push_back({id, day, after.name_hash});
    return;
  }
  notes_.clear();
  walked_ = walking_ = 0;
}

Expected<void> Listing::walk(Database& db, const FreshRows& fresh, std::size_t rows) {
  const auto found = find_behind(db, fresh, walking_, rows);
  if (!found) return std::unexpected(found.error());
  Query put(db, kPutListed);
  for (const auto& row : *found) {
    const auto name = name_of(db, row.machine.name_hash);
    if (!name) return std::unexpected(name.error());
    const auto day = listed_day(row.machine.last_seen);
    if (row.day == day && row.name == *name) continue;
    if (auto done = put_listed(put, row.id, row.group, day, *name); !done) return done;
  }
  walking_ = found->empty() ? newest_ : found->back().id;
  return {};
}

Expected<void> Listing::step(Database& db, const FreshRows& fresh, std::size_t rows) {
  // An index is not touched where its column is not set.
  Query day(db, "UPDATE listed SET day = ?2 WHERE machine = ?1 AND day <> ?2");
  Query name(db, "UPDATE listed SET name = ?2 WHERE machine = ?1 AND name <> ?2");
  for (; rows > 0 && taken_ < notes_.size(); --rows, ++taken_) {
    const auto& note = notes_[taken_];
    if (const auto done = day.bind(1, note.id).bind(2, note.day).done(); !done) return done;
    const auto value = name_of(db, note.name_hash);
    if (!value) return std::unexpected(value.error());
    if (const auto done = name.bind(1, note.id).bind_text(2, *value).done(); !done) return done;
  }
  if (rows == 0 || walking_ >= newest_) return {};
  return walk(db, fresh, rows);
}

void Listing::committed() {
  notes_.erase(notes_.begin(), notes_.begin() + static_cast<std::ptrdiff_t>(taken_));
  taken_ = 0;
  walked_ = walking_;
}

Expected<ListPage> read_listed(Database& db, std::int64_t group, ListOrder order,
                               std::string_view prefix, const std::optional<ListPlace>& after,
                               std::size_t most, const Newest& newest) {
  const std::string from(prefix);
  const auto behind = from + kLast;
  Query query(db, statement_of(order));
  query.bind(1, group).bind(5, static_cast<std::int64_t>(page_size(most)) + 1);
  // No row has the id 0, nor a day that is the least or the greatest number.
  query.bind(3, after ? static_cast<std::int64_t>(after->made) : 0);
  if (is_by_name(order)) {
    const auto& first = is_down(order) ? behind : from;
    query.bind_text(2, after ? std::string_view(after->name) : first);
    query.bind_text(4, is_down(order) ? from : behind);
    return page_of(query, group, order, most, newest);
  }
  query.bind(2, after ? after->day : is_down(order) ? INT64_MAX : INT64_MIN);
  return page_of(query, group, order, most, newest);
}

}  // namespace muster::store
