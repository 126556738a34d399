#include "store/postgres/postgres_unit.h"

#include <algorithm>
#include <cassert>
#include <set>
#include <utility>

#include "store/chain.h"
#include "store/machine_codec.h"
#include "store/postgres/tally_rows.h"

namespace muster::store::pg {

Expected<std::unique_ptr<Unit>> PostgresUnit::open(Writer& writer, std::span<const GroupKey> groups,
                                                   std::span<const MakId> keys) {
  assert(!writer.unit_lives);
  auto locked = writer.begin(groups, keys);
  if (!locked) return std::unexpected(locked.error());
  return std::unique_ptr<Unit>(new PostgresUnit(writer, std::move(*locked)));
}

PostgresUnit::PostgresUnit(Writer& writer, Locked locked)
    : writer_(writer),
      keys_(std::move(locked.keys)),
      head_(locked.head),
      units_(locked.units),
      newest_(locked.head.time) {
  writer_.unit_lives = true;
  for (auto& [key, row] : locked.groups) {
    newest_ = std::max(newest_, row.newest);
    writer_.book.make(key);
    groups_.try_emplace(key, std::move(row), writer_.hash_key);
  }
  for (const auto& [key, row] : keys_) newest_ = std::max(newest_, row.newest);
}

PostgresUnit::~PostgresUnit() {
  writer_.db.roll_back();
  writer_.book.restore();
  writer_.unit_lives = false;
}

core::Group& PostgresUnit::group(const GroupKey& key) {
  assert(groups_.contains(key));
  return writer_.book.working(key);
}

void PostgresUnit::roll_changed(const GroupKey& key, const core::RollKey& entry) {
  assert(groups_.contains(key));
  writer_.book.roll_changed(key, entry);
}

// Rows of these CMIDs that were not read yet. Where that fails the unit has failed.
Expected<void> PostgresUnit::fill(OfGroup& group, std::span<const Cmid> cmids) {
  Column unread(PgType::uuid);
  for (const auto& cmid : cmids) {
    if (!std::exchange(group.slots[cmid].read, true)) unread.bytes(cmid.bytes);
  }
  if (unread.empty()) return {};
  auto rows = store::pg::read_machines(writer_.db, writer_.own, group.row.id, unread);
  if (!rows) return std::unexpected(rows.error());
  for (auto& row : *rows) {
    auto& slot = group.slots.at(row.machine.cmid);
    slot.made = row.made;
    slot.stored_fact = row.machine.facts.primary();
    slot.committed = std::move(row.machine);
  }
  return {};
}

Expected<void> PostgresUnit::read_machines(const GroupKey& key, std::span<const Cmid> cmids,
                                           std::vector<std::optional<core::Machine>>& out) {
  auto& group = groups_.at(key);
  if (auto filled = fill(group, cmids); !filled) return filled;
  out.clear();
  for (const auto& cmid : cmids) {
    const auto& slot = group.slots.at(cmid);
    out.push_back(slot.put ? slot.put : slot.committed);
  }
  return {};
}

// Rows that wait and could be among the answer's are written first, so that one query sees
// everything.
Expected<void> PostgresUnit::read_by_fact(const GroupKey& key, const Bytes16& primary,
                                          std::vector<core::Machine>& out) {
  auto& group = groups_.at(key);
  const bool mine = std::ranges::any_of(group.waiting, [&](const Slot* slot) {
    return slot->put->facts.primary() == primary || !slot->read || slot->stored_fact == primary;
  });
  if (mine) {
    if (auto sent = send_machines(group); !sent) return sent;
  }
  if (const auto known = group.by_fact.find(primary); known != group.by_fact.end()) {
    out = known->second;
    return {};
  }
  auto rows = store::pg::read_by_fact(writer_.db, writer_.own, group.row.id, primary);
  if (!rows) return std::unexpected(rows.error());
  out = std::move(*rows);
  return {};
}

Expected<void> PostgresUnit::expect_facts(const GroupKey& key, std::span<const Bytes16> primaries) {
  auto& group = groups_.at(key);
  const std::set<Bytes16> facts(primaries.begin(), primaries.end());
  if (facts.size() < 2) return {};
  Column column(PgType::bytes);
  for (const auto& fact : facts) column.bytes(fact);
  auto rows = store::pg::read_by_facts(writer_.db, writer_.own, group.row.id, column);
  if (!rows) return std::unexpected(rows.error());
  for (const auto& fact : facts) group.by_fact[fact] = std::move((*rows)[fact]);
  return {};
}

void PostgresUnit::put_machine(const GroupKey& key, const core::Machine& machine) {
  auto& group = groups_.at(key);
  auto& slot = group.slots[machine.cmid];
  slot.put = machine;
  if (!std::exchange(slot.waits, true)) group.waiting.push_back(&slot);
}

void PostgresUnit::append(EventRow row) {
  assert(!row.group || groups_.contains(*row.group));
  if (chain_) chain_ = follow(head_, row);
  events_.push_back(std::move(row));
}

void PostgresUnit::append(CheckpointRow row) {
  if (chain_) chain_ = follow(head_, row);
  checkpoints_.push_back(std::move(row));
}

void PostgresUnit::put_name(const Bytes16& hash, std::string_view value) {
  names_.try_emplace(hash, value);
}

void PostgresUnit::put_setting(std::string_view name, std::string_view value) {
  settings_.insert_or_assign(std::string(name), std::string(value));
}

void PostgresUnit::keep_setting(std::string_view name, std::string_view value) {
  const auto put = settings_.find(name);
  if (put == settings_.end()) {
    kept_settings_.try_emplace(std::string(name), value);
  } else if (put->second.empty()) {
    put->second = value;
  }
}

// ---- the ledger. What is put goes into the transaction at once, and is answered with what is read
// next.

Expected<std::optional<core::KeyRecord>> PostgresUnit::read_key(const MakId& key) {
  const auto& row = keys_.at(key);
  return row.kept ? std::optional(row.record) : std::nullopt;
}

Expected<void> PostgresUnit::read_places(const MakId& key, const Cmid& cmid, const Facts& facts,
                                         std::vector<core::KeyPlace>& out) {
  auto places = read_places_near(writer_.db, writer_.own, keys_.at(key).id, cmid, facts);
  if (!places) return std::unexpected(places.error());
  out = std::move(*places);
  return {};
}

Expected<std::optional<core::KeyPlace>> PostgresUnit::read_place(const MakId& key,
                                                                 std::uint32_t number) {
  return store::pg::read_place(writer_.db, writer_.own, keys_.at(key).id, number);
}

Expected<void> PostgresUnit::read_released(const MakId& key, std::size_t most,
                                           std::vector<core::KeyPlace>& out) {
  auto places = store::pg::read_released(writer_.db, writer_.own, keys_.at(key).id, most);
  if (!places) return std::unexpected(places.error());
  out = std::move(*places);
  return {};
}

Expected<void> PostgresUnit::put_key(const MakId& key, const core::KeyRecord& record) {
  auto& row = keys_.at(key);
  if (row.kept && row.record == record) return {};
  row.kept = true;
  row.record = record;
  send_key(writer_.db, row.id, record);
  return {};
}

Expected<void> PostgresUnit::put_place(const MakId& key, const core::KeyPlace& place) {
  const auto& row = keys_.at(key);
  if (!row.kept) return fail(ErrorCode::internal, "a place of a key that is not there");
  send_place(writer_.db, writer_.own, row.id, place);
  return {};
}

// ---- the tally. Its lock is the last that a unit takes, so nobody waits in a circle.

void PostgresUnit::lock_tally() {
  if (!std::exchange(tally_locked_, true)) send_tally_lock(writer_.db);
}

Expected<std::optional<PoolRow>> PostgresUnit::read_pool(const PoolKey& key) {
  lock_tally();
  return store::pg::read_pool(writer_.db, writer_.own, key);
}

Expected<void> PostgresUnit::put_pool(const PoolRow& row) {
  lock_tally();
  send_pool(writer_.db, writer_.own, row);
  return {};
}

Expected<void> PostgresUnit::count_once(const UsageKey& key, const Bytes16& machine) {
  members_[key].push_back(machine);
  return {};
}

// Together: a step of the digest counts a thousand.
void PostgresUnit::send_members() {
  if (members_.empty()) return;
  lock_tally();
  for (const auto& [key, members] : members_) send_count_once(writer_.db, key, members);
  members_.clear();
}

Expected<bool> PostgresUnit::forget_members(std::int32_t before_month, std::size_t most) {
  send_members();
  lock_tally();
  return store::pg::forget_members(writer_.db, before_month, most);
}

}  // namespace muster::store::pg
