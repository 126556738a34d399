// What a unit forgets.
#include <algorithm>
#include <cassert>

#include "store/list_order.h"
#include "store/machine_codec.h"
#include "store/sqlite/sqlite_unit.h"

namespace muster::store {
namespace {

Expected<std::size_t> changes_of(Database& db, Expected<void> done) {
  if (!done) return std::unexpected(done.error());
  return static_cast<std::size_t>(sqlite3_changes(db.handle()));
}

}  // namespace

// By the lists, so that none of those that stay is looked at.
Expected<std::vector<MachineRow>> SqliteUnit::silent_machines(const OfGroup& group,
                                                              std::int64_t before_day,
                                                              std::size_t most) {
  Query query(writer_.db,
              "SELECT m.id, m.cmid, m.data FROM listed l CROSS JOIN machine m ON m.id = l.machine"
              " WHERE l.group_id = ?1 AND l.day < ?2 ORDER BY l.day, l.machine LIMIT ?3");
  query.bind(1, group.id).bind(2, before_day).bind(3, static_cast<std::int64_t>(most));
  std::vector<MachineRow> out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    MachineRow found;
    found.id = query.number(0);
    if (!query.array(1, found.machine.cmid.bytes)) {
      return fail(ErrorCode::store_corrupt, "a machine's CMID cannot be read");
    }
    const auto* fresh = writer_.fresh.find(group.id, found.machine.cmid);
    auto read =
        decode_machine(fresh != nullptr ? as_bytes(fresh->data) : query.blob(2), found.machine);
    if (!read) return std::unexpected(read.error());
    if (listed_day(found.machine.last_seen) < before_day) out.push_back(std::move(found));
  }
}

// Only where the lists say everybody's day, and nothing is half settled.
Expected<std::size_t> SqliteUnit::forget_machines(const GroupKey& key, std::int64_t before_day,
                                                  std::size_t most) {
  auto& group = groups_.at(key);
  assert(group.slots.empty() && group.forgotten.empty());
  if (!writer_.caught_up()) return 0;
  auto silent = silent_machines(group, before_day, most);
  if (!silent) return std::unexpected(silent.error());
  Query machine(writer_.db, "DELETE FROM machine WHERE id = ?1");
  Query listed(writer_.db, "DELETE FROM listed WHERE machine = ?1");
  bool fresh = false;
  for (auto& row : *silent) {
    if (auto done = machine.bind(1, row.id).done(); !done) return std::unexpected(done.error());
    if (auto done = listed.bind(1, row.id).done(); !done) return std::unexpected(done.error());
    if (writer_.fresh.find(group.id, row.machine.cmid) != nullptr) {
      writer_.fresh.forget(group.id, row.machine.cmid);
      fresh = true;
    }
    writer_.book.forget(key, row.machine);
    group.forgotten.push_back(std::move(row.machine));
  }
  // The short table is short: it has caught up.
  if (fresh) {
    Query rows(writer_.db,
               "DELETE FROM fresh_machine WHERE NOT EXISTS"
               " (SELECT 1 FROM machine m WHERE m.id = fresh_machine.machine)");
    if (auto done = rows.done(); !done) return std::unexpected(done.error());
  }
  return group.forgotten.size();
}

Expected<bool> SqliteUnit::forget_events(EventPlace last, std::size_t most) {
  Query events(writer_.db,
               "DELETE FROM event WHERE place IN"
               " (SELECT place FROM event WHERE place <= ?1 ORDER BY place LIMIT ?2)");
  events.bind(1, pack(last)).bind(2, static_cast<std::int64_t>(most));
  const auto gone = changes_of(writer_.db, events.done());
  if (!gone) return std::unexpected(gone.error());
  // There are never more of them than of events.
  Query checkpoints(writer_.db,
                    "DELETE FROM checkpoint WHERE place IN"
                    " (SELECT place FROM checkpoint WHERE place < ?1 ORDER BY place LIMIT ?2)");
  checkpoints.bind(1, pack(last)).bind(2, static_cast<std::int64_t>(most));
  const auto with_them = changes_of(writer_.db, checkpoints.done());
  if (!with_them) return std::unexpected(with_them.error());
  return std::max(*gone, *with_them) == most;
}

Expected<bool> SqliteUnit::forget_name(const Bytes16& hash, std::string_view listed,
                                       std::size_t most) {
  names_.erase(hash);
  forgotten_names_.push_back(hash);
  Query value(writer_.db, "DELETE FROM name WHERE hash = ?1");
  if (auto done = value.bind(1, hash).done(); !done) return std::unexpected(done.error());
  if (listed.empty()) return false;
  Query rows(writer_.db,
             "UPDATE listed SET name = '' WHERE machine IN"
             " (SELECT l.machine FROM count_group g CROSS JOIN listed l"
             "  ON l.group_id = g.id AND l.name = ?1 LIMIT ?2)");
  rows.bind_text(1, listed).bind(2, static_cast<std::int64_t>(most));
  const auto changed = changes_of(writer_.db, rows.done());
  if (!changed) return std::unexpected(changed.error());
  return *changed == most;
}

}  // namespace muster::store
