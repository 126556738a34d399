#include "store/sqlite/rows.h"

#include <algorithm>
#include <limits>

#include "base/digest.h"
#include "store/chain.h"
#include "store/machine_codec.h"

namespace muster::store {
namespace {

constexpr int kSeqBits = 40;
constexpr std::uint64_t kSeqMost = (std::uint64_t{1} << kSeqBits) - 1;
constexpr std::uint32_t kEpochMost = (1U << 23) - 1;

std::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::store_corrupt, std::string(what) + " cannot be read");
}

// A row of (id, cmid, data).
Expected<MachineRow> machine_of(const Query& query) {
  MachineRow out;
  out.id = query.number(0);
  if (!query.array(1, out.machine.cmid.bytes)) return corrupt("a machine's CMID");
  if (const auto read = decode_machine(query.blob(2), out.machine); !read) {
    return std::unexpected(read.error());
  }
  return out;
}

// A row of (place, time, vendor, group, cmid, machine_prev, hash, line).
Expected<EventRow> event_of(const Query& query) {
  EventRow out;
  out.place = unpack(query.number(0));
  out.time = query.time(1);
  if (!query.is_null(2))
    out.group = GroupKey{std::string(query.text(2)), std::string(query.text(3))};
  if (!query.is_null(4) && !query.array(4, out.cmid.emplace().bytes)) return corrupt("an event");
  out.machine_prev = unpack(query.number(5));
  if (!query.array(6, out.hash)) return corrupt("an event");
  out.line = query.text(7);
  return out;
}

// Every row of a query through `read`, which turns the current row into a value.
template <class Value, class Read>
Expected<std::vector<Value>> collect(Query& query, Read read) {
  std::vector<Value> out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    auto value = read(query);
    if (!value) return std::unexpected(value.error());
    out.push_back(std::move(*value));
  }
}

// machine_of() brought up to date.
Expected<MachineRow> newest_of(const Query& row, std::int64_t group, const Newest& newest) {
  auto out = machine_of(row);
  if (!out) return out;
  if (const auto done = newest(group, out->machine); !done) return std::unexpected(done.error());
  return out;
}

Expected<std::vector<MachineRow>> newest_of(Query& query, std::int64_t group,
                                            const Newest& newest) {
  return collect<MachineRow>(query,
                             [&](const Query& row) { return newest_of(row, group, newest); });
}

template <class Read>
auto first(Query& query, Read read) -> Expected<std::optional<decltype(read(query))>> {
  const auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return read(query);
}

std::string text_of(const Query& query) { return std::string(query.text(0)); }

// Both whole: a statement is kept under its text's address.
constexpr const char* kEventsAfter =
    "SELECT e.place, e.time, g.vendor, g.name, e.cmid, e.machine_prev, e.hash, e.line"
    " FROM event e LEFT JOIN count_group g ON g.id = e.group_id"
    " WHERE e.place > ?1 ORDER BY e.place LIMIT ?2";
constexpr const char* kEventsBefore =
    "SELECT e.place, e.time, g.vendor, g.name, e.cmid, e.machine_prev, e.hash, e.line"
    " FROM event e LEFT JOIN count_group g ON g.id = e.group_id"
    " WHERE e.place < ?1 ORDER BY e.place DESC LIMIT ?2";

Expected<std::vector<EventRow>> events_from(Database& db, const char* sql, EventPlace place,
                                            std::size_t most) {
  Query query(db, sql);
  query.bind(1, pack(place)).bind(2, static_cast<std::int64_t>(page_size(most)));
  return collect<EventRow>(query, event_of);
}

}  // namespace

std::int64_t pack(EventPlace place) {
  if (place.epoch > kEpochMost) return std::numeric_limits<std::int64_t>::max();
  return (std::int64_t{place.epoch} << kSeqBits) |
         static_cast<std::int64_t>(std::min(place.seq, kSeqMost));
}

EventPlace unpack(std::int64_t place) {
  const auto bits = static_cast<std::uint64_t>(place);
  return {static_cast<std::uint32_t>(bits >> kSeqBits), bits & kSeqMost};
}

Expected<std::optional<std::int64_t>> read_group_id(Database& db, const GroupKey& key) {
  Query query(db, "SELECT id FROM count_group WHERE vendor = ?1 AND name = ?2");
  query.bind_text(1, key.vendor).bind_text(2, key.group);
  return first(query, [](const Query& row) { return row.number(0); });
}

Query machine_query(Database& db) {
  return {db, "SELECT id, cmid, data FROM machine WHERE group_id = ?1 AND cmid = ?2"};
}

Expected<std::optional<MachineRow>> read_machine(Query& query, std::int64_t group,
                                                 const Cmid& cmid) {
  query.reset();
  query.bind(1, group).bind(2, cmid.bytes);
  const auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto out = machine_of(query);
  if (!out) return std::unexpected(out.error());
  return std::optional(std::move(*out));
}

Expected<std::vector<core::Machine>> read_by_fact(Database& db, std::int64_t group,
                                                  const Bytes16& primary, const Newest& newest) {
  Query query(db,
              "SELECT * FROM (SELECT id, cmid, data FROM machine"
              " WHERE group_id = ?1 AND primary_fact = ?2 ORDER BY id DESC LIMIT ?3)"
              " UNION ALL "
              "SELECT * FROM (SELECT id, cmid, data FROM machine"
              " WHERE group_id = ?1 AND primary_fact = ?2 ORDER BY id LIMIT ?4)");
  query.bind(1, group).bind(2, primary);
  query.bind(3, std::int64_t{kFactLast}).bind(4, std::int64_t{kFactFirst});
  auto rows = newest_of(query, group, newest);
  if (!rows) return std::unexpected(rows.error());
  std::ranges::sort(*rows, std::ranges::greater{},
                    [](const MachineRow& row) { return std::pair(row.machine.last_seen, row.id); });
  const auto twice = std::ranges::unique(*rows, {}, &MachineRow::id);
  rows->erase(twice.begin(), twice.end());
  std::vector<core::Machine> out;
  for (auto& row : *rows) {
    if (out.size() == kFactMost) break;
    out.push_back(std::move(row.machine));
  }
  return out;
}

Expected<std::vector<std::pair<GroupKey, core::Machine>>> read_machines_of(Database& db,
                                                                           const Cmid& cmid,
                                                                           const Newest& newest) {
  // One seek in the CMID's index for each group.
  Query query(
      db,
      "SELECT m.id, m.cmid, m.data, g.vendor, g.name, g.id FROM count_group g CROSS JOIN machine m"
      " ON m.group_id = g.id AND m.cmid = ?1 ORDER BY g.vendor, g.name");
  query.bind(1, cmid.bytes);
  using Item = std::pair<GroupKey, core::Machine>;
  return collect<Item>(query, [&](const Query& row) -> Expected<Item> {
    auto machine = newest_of(row, row.number(5), newest);
    if (!machine) return std::unexpected(machine.error());
    return Item(GroupKey{std::string(row.text(3)), std::string(row.text(4))},
                std::move(machine->machine));
  });
}

Expected<MachinePage> read_machine_page(Database& db, std::int64_t group, std::optional<Cmid> after,
                                        std::size_t most, const Newest& newest) {
  // The nil UUID is no CMID and comes before all of them. One row more says whether there is a next
  // page.
  const Cmid from = after.value_or(Cmid{});
  Query query(db,
              "SELECT id, cmid, data FROM machine WHERE group_id = ?1 AND cmid > ?2"
              " ORDER BY cmid LIMIT ?3");
  query.bind(1, group).bind(2, from.bytes);
  query.bind(3, static_cast<std::int64_t>(page_size(most)) + 1);
  auto rows = newest_of(query, group, newest);
  if (!rows) return std::unexpected(rows.error());
  MachinePage out;
  const bool more = rows->size() > page_size(most);
  if (more) rows->pop_back();
  for (auto& row : *rows) out.machines.push_back(std::move(row.machine));
  if (more) out.next = out.machines.back().cmid;
  return out;
}

Expected<std::vector<EventRow>> read_events(Database& db, EventPlace after, std::size_t most) {
  return events_from(db, kEventsAfter, after, most);
}

Expected<std::vector<EventRow>> read_events_before(Database& db, EventPlace before,
                                                   std::size_t most) {
  return events_from(db, kEventsBefore, before, most);
}

Expected<std::vector<CheckpointRow>> read_checkpoints(Database& db, EventPlace after,
                                                      std::size_t most) {
  Query query(db, "SELECT place, jws FROM checkpoint WHERE place > ?1 ORDER BY place LIMIT ?2");
  query.bind(1, pack(after)).bind(2, static_cast<std::int64_t>(page_size(most)));
  return collect<CheckpointRow>(query, [](const Query& row) -> Expected<CheckpointRow> {
    return CheckpointRow{unpack(row.number(0)), std::string(row.text(1))};
  });
}

Expected<std::optional<std::string>> read_name(Database& db, const Bytes16& hash) {
  Query query(db, "SELECT value FROM name WHERE hash = ?1");
  query.bind(1, hash);
  return first(query, text_of);
}

Expected<std::optional<std::string>> read_setting(Database& db, std::string_view name) {
  Query query(db, "SELECT value FROM setting WHERE name = ?1");
  query.bind_text(1, name);
  return first(query, text_of);
}

Expected<Settings> read_settings(Database& db, std::string_view prefix) {
  Query query(db, "SELECT name, value FROM setting WHERE name >= ?1 ORDER BY name");
  query.bind_text(1, prefix);
  Settings out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row || !query.text(0).starts_with(prefix)) return out;
    out.emplace_back(query.text(0), query.text(1));
  }
}

Expected<ChainHead> read_chain_head(Database& db) {
  ChainHead out;
  {
    Query newest(db, "SELECT place, time, hash FROM event ORDER BY place DESC LIMIT 1");
    const auto row = newest.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    const auto place = unpack(newest.number(0));
    out.epoch = place.epoch;
    out.seq = place.seq;
    out.time = newest.time(1);
    if (!newest.array(2, out.hash)) return corrupt("the newest event");
  }
  Query newest(db,
               "SELECT place, jws FROM checkpoint WHERE place > ?1 ORDER BY place DESC LIMIT 1");
  newest.bind(1, pack({out.epoch, 0}));
  const auto row = newest.step();
  if (!row) return std::unexpected(row.error());
  if (*row) {
    out.checkpoint_seq = unpack(newest.number(0)).seq;
    out.checkpoint_digest = sha256(newest.blob(1));
  }
  return out;
}

Expected<std::vector<LoadedGroup>> read_groups(Database& db, Instant newest) {
  Query groups(db,
               "SELECT id, vendor, name, highest_threshold, requests, failed, unlicensed, licensed,"
               " initial_grace, additional_grace, non_genuine_grace, notification, extended_grace,"
               " retention"
               " FROM count_group ORDER BY id");
  auto out = collect<LoadedGroup>(groups, [](const Query& row) -> Expected<LoadedGroup> {
    LoadedGroup group;
    group.id = row.number(0);
    group.key = {std::string(row.text(1)), std::string(row.text(2))};
    group.stored.highest_threshold = static_cast<std::uint32_t>(row.number(3));
    auto& counters = group.stored.counters;
    counters.requests = static_cast<std::uint64_t>(row.number(4));
    counters.failed = static_cast<std::uint64_t>(row.number(5));
    for (int state = 0; state < kLicenceStates; ++state) {
      counters.by_state[static_cast<std::size_t>(state)] =
          static_cast<std::uint64_t>(row.number(6 + state));
    }
    group.stored.retention = minutes{row.number(6 + kLicenceStates)};
    return group;
  });
  if (!out) return out;
  const auto group_of = [&](std::int64_t id) {
    const auto at = std::ranges::lower_bound(*out, id, {}, &LoadedGroup::id);
    return at != out->end() && at->id == id ? &*at : nullptr;
  };

  Query rolls(db, "SELECT group_id, key, last_seen, put FROM roll");
  for (;;) {
    const auto row = rolls.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) break;
    auto* group = group_of(rolls.number(0));
    core::RollEntry entry{{}, rolls.time(2), static_cast<std::uint64_t>(rolls.number(3))};
    if (group == nullptr || !rolls.array(1, entry.key)) return corrupt("an entry of the roll");
    group->stored.roll.push_back(entry);
  }

  Query machines(db, "SELECT group_id, data FROM machine");
  core::Machine machine;
  for (;;) {
    const auto row = machines.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    auto* group = group_of(machines.number(0));
    if (group == nullptr) return corrupt("a machine's group");
    const auto read = decode_contacts(machines.blob(1), machine);
    if (!read) return std::unexpected(read.error());
    const auto retention = group->stored.retention;
    group->contacts.add(machine,
                        retention.count() > 0 ? newest - retention + seconds{1} : Instant{});
  }
}

}  // namespace muster::store
