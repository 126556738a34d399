// The unit's end: what it has put goes to the database in one round trip, the commit with it.
#include <algorithm>
#include <set>

#include "store/list_order.h"
#include "store/machine_codec.h"
#include "store/own_settings.h"
#include "store/postgres/moves.h"
#include "store/postgres/postgres_unit.h"
#include "store/postgres/schema.h"

namespace muster::store::pg {
namespace {

// Numbers of machines of one group, whose rows are sorted by CMID: hosts that lock rows in the same
// order do not wait for one another in a circle.
struct MachineColumns {
  Column cmids{PgType::uuid}, made{PgType::number}, facts{PgType::bytes}, data{PgType::bytes};
};

std::int64_t host_of(OwnHost own, std::string_view setting) {
  return is_own_setting(setting) ? own.id : 0;
}

}  // namespace

// New rows are numbered in the order in which they were put.
Expected<void> PostgresUnit::send_machines(OfGroup& group) {
  std::vector<Cmid> cmids;
  for (const auto* slot : group.waiting) cmids.push_back(slot->put->cmid);
  if (auto filled = fill(group, cmids); !filled) return filled;
  for (auto* slot : group.waiting) {
    if (slot->made == 0) slot->made = ++group.row.made;
  }
  std::ranges::sort(group.waiting, {}, [](const Slot* slot) { return slot->put->cmid; });
  MachineColumns columns;
  std::string data;
  for (auto* slot : group.waiting) {
    auto& machine = *slot->put;
    const auto shown = std::exchange(machine.last_event, writer_.own.stored(machine.last_event));
    encode_machine(data, machine);
    machine.last_event = shown;
    columns.cmids.bytes(machine.cmid.bytes);
    columns.made.number(slot->made);
    columns.data.text(data);
    if (slot->stored_fact) group.by_fact.erase(*slot->stored_fact);
    slot->stored_fact = machine.facts.primary();
    if (slot->stored_fact) group.by_fact.erase(*slot->stored_fact);
    slot->stored_fact ? columns.facts.bytes(*slot->stored_fact) : columns.facts.null();
    slot->waits = false;
  }
  group.waiting.clear();
  if (columns.cmids.empty()) return {};
  writer_.db.send(
      "INSERT INTO machine (group_id, cmid, made, primary_fact, data)"
      " SELECT $1, cmid, made, primary_fact, data"
      " FROM unnest($2, $3, $4, $5) AS k(cmid, made, primary_fact, data)"
      " ON CONFLICT (group_id, cmid) DO UPDATE"
      " SET primary_fact = excluded.primary_fact, data = excluded.data",
      Arguments()
          .number(group.row.id)
          .column(columns.cmids)
          .column(columns.made)
          .column(columns.facts)
          .column(columns.data));
  return {};
}

std::vector<MachineChange> PostgresUnit::changes_of(const OfGroup& group) const {
  std::vector<MachineChange> out;
  for (const auto& [cmid, slot] : group.slots) {
    if (slot.put) out.push_back({slot.committed ? &*slot.committed : nullptr, &*slot.put});
  }
  for (const auto& machine : group.forgotten) out.push_back({&machine, nullptr});
  return out;
}

void PostgresUnit::send_row(const GroupKey& key, const OfGroup& group) {
  const auto& now = writer_.book.working(key);
  Arguments arguments;
  arguments.number(group.row.id).number(group.row.version).time(newest_).number(group.row.made);
  arguments.number(now.roll.highest_threshold()).number(now.retention.count());
  arguments.number(number_of(now.counters.requests)).number(number_of(now.counters.failed));
  for (const auto requests : now.counters.by_state) arguments.number(number_of(requests));
  writer_.db.send(
      "UPDATE count_group SET version = $2, newest = $3, made = $4, highest_threshold = $5,"
      " retention = $6, requests = $7, failed = $8, unlicensed = $9, licensed = $10,"
      " initial_grace = $11, additional_grace = $12, non_genuine_grace = $13, notification = $14,"
      " extended_grace = $15 WHERE id = $1",
      arguments);
  writer_.db.send("INSERT INTO group_change (group_id, version, moves) VALUES ($1, $2, $3)",
                  Arguments()
                      .number(group.row.id)
                      .number(group.row.version)
                      .bytes(as_bytes(encode_moves(moves_of(changes_of(group))))));
  const auto oldest = group.row.version - writer_.options.changes_kept;
  if (oldest > 0) {
    writer_.db.send("DELETE FROM group_change WHERE group_id = $1 AND version <= $2",
                    Arguments().number(group.row.id).number(oldest));
  }
}

void PostgresUnit::send_roll(const OfGroup& group, const GroupDelta& delta) {
  if (!delta.left.empty()) {
    Column keys(PgType::bytes);
    for (const auto& key : delta.left) keys.bytes(key);
    writer_.db.send("DELETE FROM roll WHERE group_id = $1 AND key = ANY ($2)",
                    Arguments().number(group.row.id).column(keys));
  }
  if (delta.put.empty()) return;
  Column keys(PgType::bytes), last_seen(PgType::number), put(PgType::number);
  for (const auto& entry : delta.put) {
    keys.bytes(entry.key);
    last_seen.time(entry.last_seen);
    put.number(number_of(entry.put));
  }
  writer_.db.send(
      "INSERT INTO roll (group_id, key, last_seen, put) SELECT $1, key, last_seen, put"
      " FROM unnest($2, $3, $4) AS k(key, last_seen, put)"
      " ON CONFLICT (group_id, key) DO UPDATE SET last_seen = excluded.last_seen,"
      " put = excluded.put",
      Arguments().number(group.row.id).column(keys).column(last_seen).column(put));
}

// Only those that have another day or name now.
void PostgresUnit::send_listed(const OfGroup& group) {
  Column made(PgType::number), cmids(PgType::uuid), days(PgType::number), names(PgType::bytes);
  for (const auto& [cmid, slot] : group.slots) {
    if (!slot.put) continue;
    const auto day = listed_day(slot.put->last_seen);
    if (slot.committed && listed_day(slot.committed->last_seen) == day &&
        slot.committed->name_hash == slot.put->name_hash) {
      continue;
    }
    made.number(slot.made);
    cmids.bytes(cmid.bytes);
    days.number(day);
    names.bytes(slot.put->name_hash);
  }
  if (made.empty()) return;
  writer_.db.send(
      "INSERT INTO listed (group_id, made, cmid, day, name)"
      " SELECT $1, k.made, k.cmid, k.day,"
      " coalesce((SELECT n.listed FROM name n WHERE n.hash = k.name_hash), '')"
      " FROM unnest($2, $3, $4, $5) AS k(made, cmid, day, name_hash)"
      " ON CONFLICT (group_id, made) DO UPDATE SET day = excluded.day, name = excluded.name",
      Arguments().number(group.row.id).column(made).column(cmids).column(days).column(names));
}

// True: the unit has changed the group, which has a new version then.
bool PostgresUnit::send_group(const GroupKey& key, OfGroup& group) {
  const auto& delta = deltas_[key] = writer_.book.delta(key);
  const bool put = std::ranges::any_of(
      group.slots, [](const auto& item) { return item.second.put.has_value(); });
  if (!delta.row && !put && group.forgotten.empty() && delta.put.empty() && delta.left.empty())
    return false;
  ++group.row.version;
  send_row(key, group);
  send_roll(group, delta);
  send_listed(group);
  return true;
}

void PostgresUnit::send_events() {
  Column epochs(PgType::number), seqs(PgType::number), times(PgType::number),
      groups(PgType::number), cmids(PgType::uuid), prev_hosts(PgType::number),
      prev_epochs(PgType::number), prev_seqs(PgType::number), hashes(PgType::bytes),
      lines(PgType::bytes);
  for (const auto& row : events_) {
    epochs.number(row.place.epoch);
    seqs.number(number_of(row.place.seq));
    times.time(row.time);
    row.group ? groups.number(groups_.at(*row.group).row.id) : groups.null();
    row.cmid ? cmids.bytes(row.cmid->bytes) : cmids.null();
    const auto before = writer_.own.stored(row.machine_prev);
    prev_hosts.number(before.host);
    prev_epochs.number(before.epoch);
    prev_seqs.number(number_of(before.seq));
    hashes.bytes(row.hash);
    lines.text(row.line);
  }
  if (!events_.empty()) {
    writer_.db.send(
        "INSERT INTO event (host_id, epoch, seq, time, group_id, cmid, prev_host, prev_epoch,"
        " prev_seq, hash, line) SELECT $1, * FROM unnest($2, $3, $4, $5, $6, $7, $8, $9, $10, $11)",
        Arguments()
            .number(writer_.own.id)
            .column(epochs)
            .column(seqs)
            .column(times)
            .column(groups)
            .column(cmids)
            .column(prev_hosts)
            .column(prev_epochs)
            .column(prev_seqs)
            .column(hashes)
            .column(lines));
  }
  for (const auto& row : checkpoints_) {
    writer_.db.send("INSERT INTO checkpoint (host_id, epoch, seq, jws) VALUES ($1, $2, $3, $4)",
                    Arguments()
                        .number(writer_.own.id)
                        .number(row.place.epoch)
                        .number(number_of(row.place.seq))
                        .text(row.jws));
  }
}

void PostgresUnit::send_names() {
  if (names_.empty()) return;
  Column hashes(PgType::bytes), values(PgType::bytes), listed(PgType::bytes);
  for (const auto& [hash, value] : names_) {
    hashes.bytes(hash);
    values.text(value);
    listed.text(listed_name(value));
  }
  writer_.db.send(
      "INSERT INTO name (hash, value, listed) SELECT * FROM unnest($1, $2, $3)"
      " ON CONFLICT (hash) DO NOTHING",
      Arguments().column(hashes).column(values).column(listed));
}

void PostgresUnit::send_settings() {
  const auto of = [&](std::string_view name) {
    Arguments out;
    out.number(host_of(writer_.own, name)).text(name);
    return out;
  };
  for (const auto& [name, value] : settings_) {
    if (value.empty()) {
      writer_.db.send("DELETE FROM setting WHERE host_id = $1 AND name = $2", of(name));
      continue;
    }
    writer_.db.send(
        "INSERT INTO setting (host_id, name, value) VALUES ($1, $2, $3)"
        " ON CONFLICT (host_id, name) DO UPDATE SET value = excluded.value",
        of(name).bytes(as_bytes(value)));
  }
  for (const auto& [name, value] : kept_settings_) {
    if (settings_.contains(name)) continue;
    writer_.db.send(
        "INSERT INTO setting (host_id, name, value) VALUES ($1, $2, $3)"
        " ON CONFLICT (host_id, name) DO NOTHING",
        of(name).bytes(as_bytes(value)));
  }
}

// A row that was made to be locked goes again where no key came of it.
void PostgresUnit::send_keys() {
  Column kept(PgType::number), others(PgType::number);
  for (const auto& [key, row] : keys_) (row.kept ? kept : others).number(row.id);
  if (!kept.empty() && !events_.empty()) {
    writer_.db.send("UPDATE mak SET newest = $2 WHERE id = ANY ($1)",
                    Arguments().column(kept).time(newest_));
  }
  if (!others.empty()) {
    writer_.db.send("DELETE FROM mak WHERE id = ANY ($1) AND NOT kept", Arguments().column(others));
  }
}

void PostgresUnit::send_head() {
  writer_.db.send(
      "UPDATE host SET epoch = $2, seq = $3, time = $4, hash = $5, checkpoint_seq = $6,"
      " checkpoint_digest = $7, units = $8 WHERE id = $1",
      Arguments()
          .number(writer_.own.id)
          .number(head_.epoch)
          .number(number_of(head_.seq))
          .time(head_.time)
          .bytes(head_.hash)
          .number(number_of(head_.checkpoint_seq))
          .bytes(head_.checkpoint_digest)
          .number(units_ + 1));
}

Expected<void> PostgresUnit::write() {
  std::set<std::int64_t> months;
  for (const auto& row : events_) {
    newest_ = std::max(newest_, row.time);
    months.insert(month_of(row.time));
  }
  if (auto made = writer_.make_months(months); !made) return made;
  send_names();
  for (auto& [key, group] : groups_) {
    if (auto sent = send_machines(group); !sent) return sent;
    if (!send_group(key, group)) deltas_.erase(key);
  }
  send_events();
  send_settings();
  send_keys();
  send_members();
  send_head();
  return end();
}

// A commit whose answer does not come may have been done all the same.
Expected<void> PostgresUnit::end() {
  const auto done = writer_.db.ask("COMMIT");
  // A transaction that had failed before is rolled back by a COMMIT that says so.
  if (done && done->tag() == "COMMIT") {
    return writer_.db.warned() ? writer_.wait_for_standby() : Expected<void>();
  }
  if (done) return fail(ErrorCode::store_unavailable, "the database has taken the unit back");
  if (!writer_.db.broken()) return std::unexpected(done.error());
  const auto settled = writer_.settled(units_ + 1);
  return settled.value_or(false) ? Expected<void>() : std::unexpected(done.error());
}

void PostgresUnit::take_as_committed() {
  std::map<GroupKey, std::vector<MachineChange>> changes;
  for (const auto& [key, delta] : deltas_) {
    const auto& group = groups_.at(key);
    changes[key] = changes_of(group);
    writer_.committed(key, group.row.version);
  }
  writer_.book.commit(deltas_, changes);
  writer_.set_head(head_);
}

Expected<void> PostgresUnit::commit() {
  if (!chain_) return chain_;
  auto written = write();
  if (!written) {
    in_the_way_ = in_the_way(writer_.db.state());
    writer_.db.roll_back();
    writer_.forget_months();
    return written;
  }
  take_as_committed();
  return {};
}

}  // namespace muster::store::pg
