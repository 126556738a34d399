#include "store/sqlite/sqlite_unit.h"

#include <algorithm>
#include <cassert>

#include "store/chain.h"
#include "store/machine_codec.h"

namespace muster::store {
namespace {

// Rows that are settled for one that is appended: the older half is done before the younger is
// full.
constexpr std::size_t kSettleFor = 2;

}  // namespace

Expected<std::unique_ptr<Unit>> SqliteUnit::open(Writer& writer, std::span<const GroupKey> keys) {
  assert(!writer.unit_lives);
  if (const auto gone = writer.checkpointer.go_on(); !gone) return std::unexpected(gone.error());
  const auto begun = Query(writer.db, "BEGIN IMMEDIATE").done();
  if (!begun) return std::unexpected(begun.error());
  std::unique_ptr<SqliteUnit> unit(new SqliteUnit(writer));
  writer.unit_lives = true;
  for (const auto& key : keys) {
    writer.book.make(key);
    unit->groups_.try_emplace(key, writer.group_id(key), writer.hash_key);
  }
  return unit;
}

SqliteUnit::~SqliteUnit() {
  writer_.db.roll_back();
  writer_.fresh.rolled_back();
  writer_.book.restore();
  writer_.unit_lives = false;
}

core::Group& SqliteUnit::group(const GroupKey& key) {
  assert(groups_.contains(key));
  return writer_.book.working(key);
}

void SqliteUnit::roll_changed(const GroupKey& key, const core::RollKey& entry) {
  assert(groups_.contains(key));
  writer_.book.roll_changed(key, entry);
}

Expected<void> SqliteUnit::fill(OfGroup& group, std::vector<std::pair<Cmid, Slot*>>& unread) {
  std::vector<std::pair<Cmid, Slot*>> of_table;
  for (auto& [cmid, slot] : unread) {
    const auto* fresh = writer_.fresh.find(group.id, cmid);
    if (fresh == nullptr) {
      of_table.emplace_back(cmid, slot);
      continue;
    }
    auto& machine = slot->committed.emplace();
    machine.cmid = cmid;
    if (auto read = decode_machine(as_bytes(fresh->data), machine); !read) return read;
    slot->read = true;
    slot->id = fresh->id;
    slot->stored_fact = machine.facts.primary();
  }
  return fill_from_table(group, of_table);
}

// In CMID order, which is the index's.
Expected<void> SqliteUnit::fill_from_table(OfGroup& group,
                                           std::vector<std::pair<Cmid, Slot*>>& unread) {
  std::ranges::sort(unread, {}, &std::pair<Cmid, Slot*>::first);
  auto query = machine_query(writer_.db);
  for (auto& [cmid, slot] : unread) {
    auto row = read_machine(query, group.id, cmid);
    if (!row) return std::unexpected(row.error());
    slot->read = true;
    if (!*row) continue;
    slot->id = (*row)->id;
    slot->stored_fact = (*row)->machine.facts.primary();
    slot->committed = std::move((*row)->machine);
  }
  return {};
}

Expected<void> SqliteUnit::read_machines(const GroupKey& key, std::span<const Cmid> cmids,
                                         std::vector<std::optional<core::Machine>>& out) {
  auto& group = groups_.at(key);
  std::vector<std::pair<Cmid, Slot*>> unread;
  std::vector<const Slot*> asked;
  for (const auto& cmid : cmids) {
    auto [at, is_new] = group.slots.try_emplace(cmid);
    if (is_new) unread.emplace_back(cmid, &at->second);
    asked.push_back(&at->second);
  }
  const auto filled = fill(group, unread);
  if (!filled) return filled;
  out.clear();
  for (const auto* slot : asked) out.push_back(slot->put ? slot->put : slot->committed);
  return {};
}

// Rows that wait and could be among the answer's are written first, so that one query sees
// everything.
Expected<void> SqliteUnit::read_by_fact(const GroupKey& key, const Bytes16& primary,
                                        std::vector<core::Machine>& out) {
  auto& group = groups_.at(key);
  const bool mine = std::ranges::any_of(group.waiting, [&](const Slot* slot) {
    return slot->put_fact == primary || !slot->read || slot->stored_fact == primary;
  });
  if (mine) {
    const auto flushed = flush(group);
    if (!flushed) return flushed;
  }
  const Newest newest = [&](std::int64_t, core::Machine& machine) -> Expected<void> {
    if (const auto at = group.slots.find(machine.cmid); at != group.slots.end() && at->second.put) {
      machine = *at->second.put;
      return {};
    }
    const auto* fresh = writer_.fresh.find(group.id, machine.cmid);
    return fresh == nullptr ? Expected<void>() : decode_machine(as_bytes(fresh->data), machine);
  };
  auto rows = store::read_by_fact(writer_.db, group.id, primary, newest);
  if (!rows) return std::unexpected(rows.error());
  out = std::move(*rows);
  return {};
}

void SqliteUnit::put_machine(const GroupKey& key, const core::Machine& machine) {
  auto& group = groups_.at(key);
  auto& slot = group.slots[machine.cmid];
  slot.put = machine;
  slot.put_fact = machine.facts.primary();
  if (!std::exchange(slot.waits, true)) group.waiting.push_back(&slot);
}

void SqliteUnit::append(EventRow row) {
  assert(!row.group || groups_.contains(*row.group));
  if (chain_) chain_ = follow(head_, row);
  events_.push_back(std::move(row));
}

void SqliteUnit::append(CheckpointRow row) {
  if (chain_) chain_ = follow(head_, row);
  checkpoints_.push_back(std::move(row));
}

void SqliteUnit::put_name(const Bytes16& hash, std::string_view value) {
  if (!writer_.names.has(hash)) names_.try_emplace(hash, value);
}

void SqliteUnit::put_setting(std::string_view name, std::string_view value) {
  settings_.insert_or_assign(std::string(name), std::string(value));
}

void SqliteUnit::keep_setting(std::string_view name, std::string_view value) {
  const auto put = settings_.find(name);
  if (put == settings_.end()) {
    kept_settings_.try_emplace(std::string(name), value);
  } else if (put->second.empty()) {
    put->second = value;
  }
}

// Rows that are there; then new ones in the order in which they were put, so that ids tell which
// was made first.
Expected<void> SqliteUnit::flush(OfGroup& group) {
  std::vector<std::pair<Cmid, Slot*>> unread;
  for (auto* slot : group.waiting) {
    if (!slot->read) unread.emplace_back(slot->put->cmid, slot);
  }
  if (const auto filled = fill(group, unread); !filled) return filled;

  for (auto* slot : group.waiting) {
    if (slot->id == 0) continue;
    if (const auto done = flush_known(group, *slot); !done) return done;
  }
  const auto done = flush_new(group);
  if (!done) return done;
  for (auto* slot : group.waiting) slot->waits = false;
  group.waiting.clear();
  return {};
}

// What is indexed changes at its place at once; the index is not touched where the fact is the
// same.
Expected<void> SqliteUnit::flush_known(const OfGroup& group, Slot& slot) {
  FreshRow row{.id = slot.id, .data = {}};
  encode_machine(row.data, *slot.put);
  if (slot.put_fact != slot.stored_fact) {
    Query update(writer_.db, "UPDATE machine SET data = ?2, primary_fact = ?3 WHERE id = ?1");
    update.bind(1, slot.id).bind(2, as_bytes(row.data));
    if (slot.put_fact) {
      update.bind(3, *slot.put_fact);
    } else {
      update.bind_null(3);
    }
    if (const auto done = update.done(); !done) return done;
    slot.stored_fact = slot.put_fact;
  }
  return writer_.fresh.append(writer_.db, group.id, slot.put->cmid, std::move(row));
}

Expected<void> SqliteUnit::flush_new(OfGroup& group) {
  Query insert(writer_.db,
               "INSERT INTO machine (group_id, cmid, primary_fact, data, id)"
               " VALUES (?1, ?2, ?3, ?4, ?5)");
  std::string data;
  for (auto* slot : group.waiting) {
    if (slot->id != 0) continue;
    const auto id = writer_.new_machine_id();
    encode_machine(data, *slot->put);
    insert.bind(1, group.id).bind(2, slot->put->cmid.bytes).bind(4, as_bytes(data)).bind(5, id);
    if (slot->put_fact) {
      insert.bind(3, *slot->put_fact);
    } else {
      insert.bind_null(3);
    }
    if (const auto done = insert.done(); !done) return done;
    slot->id = id;
    slot->stored_fact = slot->put_fact;
  }
  return {};
}

Expected<void> SqliteUnit::write_group(const GroupKey& key, std::int64_t id,
                                       const GroupDelta& delta) {
  if (delta.row) {
    const auto& group = writer_.book.working(key);
    Query query(
        writer_.db,
        "INSERT INTO count_group"
        " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)"
        " ON CONFLICT (id) DO UPDATE SET highest_threshold = ?4, requests = ?5, failed = ?6,"
        " unlicensed = ?7, licensed = ?8, initial_grace = ?9, additional_grace = ?10,"
        " non_genuine_grace = ?11, notification = ?12, extended_grace = ?13, retention = ?14");
    query.bind(1, id).bind_text(2, key.vendor).bind_text(3, key.group);
    query.bind(4, std::int64_t{group.roll.highest_threshold()});
    query.bind(5, static_cast<std::int64_t>(group.counters.requests));
    query.bind(6, static_cast<std::int64_t>(group.counters.failed));
    int index = 7;
    for (const auto requests : group.counters.by_state) {
      query.bind(index++, static_cast<std::int64_t>(requests));
    }
    query.bind(index, std::int64_t{group.retention.count()});
    if (const auto done = query.done(); !done) return done;
  }
  return write_roll(id, delta);
}

Expected<void> SqliteUnit::write_roll(std::int64_t id, const GroupDelta& delta) {
  Query left(writer_.db, "DELETE FROM roll WHERE group_id = ?1 AND key = ?2");
  for (const auto& key : delta.left) {
    if (const auto done = left.bind(1, id).bind(2, key).done(); !done) return done;
  }
  Query put(writer_.db,
            "INSERT INTO roll VALUES (?1, ?2, ?3, ?4)"
            " ON CONFLICT (group_id, key) DO UPDATE SET last_seen = ?3, put = ?4");
  for (const auto& entry : delta.put) {
    put.bind(1, id).bind(2, entry.key).bind(3, entry.last_seen.time_since_epoch().count());
    if (const auto done = put.bind(4, static_cast<std::int64_t>(entry.put)).done(); !done) {
      return done;
    }
  }
  return {};
}

Expected<void> SqliteUnit::write_events() {
  Query event(writer_.db, "INSERT INTO event VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
  for (const auto& row : events_) {
    event.bind(1, pack(row.place)).bind(2, row.time.time_since_epoch().count());
    event.bind_null(3).bind_null(4);
    if (row.group) event.bind(3, groups_.at(*row.group).id);
    if (row.cmid) event.bind(4, row.cmid->bytes);
    event.bind(5, pack(row.machine_prev)).bind(6, row.hash).bind_text(7, row.line);
    if (const auto done = event.done(); !done) return done;
  }
  Query checkpoint(writer_.db, "INSERT INTO checkpoint VALUES (?1, ?2)");
  for (const auto& row : checkpoints_) {
    const auto done = checkpoint.bind(1, pack(row.place)).bind_text(2, row.jws).done();
    if (!done) return done;
  }
  return {};
}

Expected<void> SqliteUnit::write_names() {
  Query query(writer_.db, "INSERT INTO name VALUES (?1, ?2) ON CONFLICT (hash) DO NOTHING");
  for (const auto& [hash, value] : names_) {
    if (const auto done = query.bind(1, hash).bind_text(2, value).done(); !done) return done;
  }
  return {};
}

Expected<void> SqliteUnit::write_settings() {
  Query put(writer_.db,
            "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO UPDATE SET value = ?2");
  Query remove(writer_.db, "DELETE FROM setting WHERE name = ?1");
  for (const auto& [name, value] : settings_) {
    auto& query = value.empty() ? remove : put;
    query.bind_text(1, name);
    if (!value.empty()) query.bind(2, as_bytes(value));
    if (const auto done = query.done(); !done) return done;
  }
  Query keep(writer_.db, "INSERT INTO setting VALUES (?1, ?2) ON CONFLICT (name) DO NOTHING");
  for (const auto& [name, value] : kept_settings_) {
    if (settings_.contains(name)) continue;
    if (const auto done = keep.bind_text(1, name).bind(2, as_bytes(value)).done(); !done) {
      return done;
    }
  }
  return {};
}

Expected<void> SqliteUnit::write() {
  if (auto entered = writer_.listing.enter(writer_.db); !entered) return entered;
  for (auto& [key, group] : groups_) {
    auto& delta = deltas_[key] = writer_.book.delta(key);
    if (const auto done = write_group(key, group.id, delta); !done) return done;
    if (const auto done = flush(group); !done) return done;
  }
  if (const auto done = write_events(); !done) return done;
  if (const auto done = write_names(); !done) return done;
  if (const auto done = write_settings(); !done) return done;
  auto& fresh = writer_.fresh;
  const auto settled = fresh.settle(writer_.db, kSettleFor * fresh.appended(), fresh.most());
  if (!settled) return settled;
  return fresh.commit(writer_.db);
}

void SqliteUnit::take_as_committed() {
  std::map<GroupKey, std::vector<MachineChange>> changes;
  for (const auto& [key, group] : groups_) {
    auto& of_group = changes[key];
    for (const auto& [cmid, slot] : group.slots) {
      if (!slot.put) continue;
      of_group.push_back({slot.committed ? &*slot.committed : nullptr, &*slot.put});
      if (slot.committed) {
        writer_.listing.changed(slot.id, *slot.committed, *slot.put);
      } else {
        writer_.listing.made(slot.id);
      }
    }
    for (const auto& machine : group.forgotten) of_group.push_back({&machine, nullptr});
  }
  writer_.book.commit(deltas_, changes);
  writer_.listing.entered();
  writer_.set_head(head_);
  for (const auto& hash : forgotten_names_) writer_.names.forget(hash);
  for (const auto& [hash, value] : names_) writer_.names.add(hash);
}

Expected<void> SqliteUnit::commit() {
  if (!chain_) return chain_;
  const auto written = write();
  if (!written) {
    writer_.db.roll_back();
    return written;
  }
  take_as_committed();
  return {};
}

}  // namespace muster::store
