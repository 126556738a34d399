#include "store/postgres/rows.h"

#include <algorithm>
#include <limits>

#include "store/chain.h"
#include "store/list_order.h"
#include "store/machine_codec.h"
#include "store/own_settings.h"

namespace muster::store::pg {
namespace {

std::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::store_corrupt, std::string(what) + " cannot be read");
}

// Columns (made, cmid, data) from `first` on.
Expected<MachineRow> machine_of(const Rows& rows, int row, OwnHost own, int first = 0) {
  MachineRow out;
  out.made = rows.number(row, first);
  if (!rows.array(row, first + 1, out.machine.cmid.bytes)) return corrupt("a machine's CMID");
  if (const auto read = decode_machine(rows.bytes(row, first + 2), out.machine); !read) {
    return std::unexpected(read.error());
  }
  out.machine.last_event = own.shown(out.machine.last_event);
  return out;
}

EventPlace place_of(const Rows& rows, int row, int host) {
  return {static_cast<std::uint32_t>(rows.number(row, host + 1)),
          static_cast<std::uint64_t>(rows.number(row, host + 2)),
          static_cast<std::uint32_t>(rows.number(row, host))};
}

// A row of (host, epoch, seq, prev_host, prev_epoch, prev_seq, time, vendor, group, cmid, hash,
// line).
Expected<EventRow> event_of(const Rows& rows, int row, OwnHost own) {
  EventRow out;
  out.place = own.shown(place_of(rows, row, 0));
  out.machine_prev = own.shown(place_of(rows, row, 3));
  out.time = rows.time(row, 6);
  if (!rows.is_null(row, 7)) {
    out.group = GroupKey{std::string(rows.text(row, 7)), std::string(rows.text(row, 8))};
  }
  if (!rows.is_null(row, 9) && !rows.array(row, 9, out.cmid.emplace().bytes)) {
    return corrupt("an event");
  }
  if (!rows.array(row, 10, out.hash)) return corrupt("an event");
  out.line = rows.text(row, 11);
  return out;
}

// Every row through `read`, which turns it into a value.
template <class Value, class Read>
Expected<std::vector<Value>> collect(const Expected<Rows>& rows, const Read& read) {
  if (!rows) return std::unexpected(rows.error());
  std::vector<Value> out;
  out.reserve(static_cast<std::size_t>(rows->size()));
  for (int row = 0; row < rows->size(); ++row) {
    Expected<Value> value = read(*rows, row);
    if (!value) return std::unexpected(value.error());
    out.push_back(std::move(*value));
  }
  return out;
}

std::int64_t page_and_one(std::size_t most) {
  return static_cast<std::int64_t>(page_size(most)) + 1;
}

// The bytes that stand behind every name with this prefix: no byte of UTF-8 is greater.
constexpr char kLast = '\xff';

const char* statement_of(ListOrder order) {
  switch (order) {
    case ListOrder::name:
      return "SELECT m.made, m.cmid, m.data, l.name FROM listed l"
             " JOIN machine m ON m.group_id = l.group_id AND m.cmid = l.cmid"
             " WHERE l.group_id = $1 AND (l.name, l.made) > ($2, $3) AND l.name < $4"
             " ORDER BY l.name, l.made LIMIT $5";
    case ListOrder::name_down:
      return "SELECT m.made, m.cmid, m.data, l.name FROM listed l"
             " JOIN machine m ON m.group_id = l.group_id AND m.cmid = l.cmid"
             " WHERE l.group_id = $1 AND (l.name, l.made) < ($2, $3) AND l.name >= $4"
             " ORDER BY l.name DESC, l.made DESC LIMIT $5";
    case ListOrder::contact:
      return "SELECT m.made, m.cmid, m.data, l.day FROM listed l"
             " JOIN machine m ON m.group_id = l.group_id AND m.cmid = l.cmid"
             " WHERE l.group_id = $1 AND (l.day, l.made) > ($2, $3)"
             " ORDER BY l.day, l.made LIMIT $4";
    default:
      return "SELECT m.made, m.cmid, m.data, l.day FROM listed l"
             " JOIN machine m ON m.group_id = l.group_id AND m.cmid = l.cmid"
             " WHERE l.group_id = $1 AND (l.day, l.made) < ($2, $3)"
             " ORDER BY l.day DESC, l.made DESC LIMIT $4";
  }
}

// No row is the how manieth 0, nor of a day that is the least or the greatest number.
Arguments list_arguments(std::int64_t group, ListOrder order, std::string_view prefix,
                         const std::optional<ListPlace>& after, std::size_t most) {
  Arguments out;
  out.number(group);
  const std::string from(prefix);
  const auto behind = from + kLast;
  const auto made = after ? number_of(after->made) : 0;
  if (is_by_name(order)) {
    const auto& first = is_down(order) ? behind : from;
    out.bytes(as_bytes(after ? after->name : first)).number(made);
    out.bytes(as_bytes(is_down(order) ? from : behind));
  } else {
    using Day = std::numeric_limits<std::int64_t>;
    const auto first = is_down(order) ? Day::max() : Day::min();
    out.number(after ? after->day : first).number(made);
  }
  return std::move(out.number(page_and_one(most)));
}

constexpr const char* kEventsAfter =
    "SELECT e.host_id, e.epoch, e.seq, e.prev_host, e.prev_epoch, e.prev_seq, e.time,"
    " g.vendor, g.name, e.cmid, e.hash, e.line"
    " FROM event e LEFT JOIN count_group g ON g.id = e.group_id"
    " WHERE e.host_id = $1 AND (e.epoch, e.seq) > ($2, $3) ORDER BY e.epoch, e.seq LIMIT $4";
constexpr const char* kEventsBefore =
    "SELECT e.host_id, e.epoch, e.seq, e.prev_host, e.prev_epoch, e.prev_seq, e.time,"
    " g.vendor, g.name, e.cmid, e.hash, e.line"
    " FROM event e LEFT JOIN count_group g ON g.id = e.group_id"
    " WHERE e.host_id = $1 AND (e.epoch, e.seq) < ($2, $3)"
    " ORDER BY e.epoch DESC, e.seq DESC LIMIT $4";

}  // namespace

std::int64_t number_of(std::uint64_t value) {
  return static_cast<std::int64_t>(
      std::min<std::uint64_t>(value, std::numeric_limits<std::int64_t>::max()));
}

namespace {

Expected<std::vector<EventRow>> events_from(Connection& db, const char* sql, OwnHost own,
                                            EventPlace place, std::size_t most) {
  const auto rows = db.ask(sql, Arguments()
                                    .number(place.host != 0 ? place.host : own.id)
                                    .number(place.epoch)
                                    .number(number_of(place.seq))
                                    .number(number_of(page_size(most))));
  return collect<EventRow>(rows, [&](const Rows& all, int row) { return event_of(all, row, own); });
}

}  // namespace

Expected<std::optional<std::int64_t>> read_group_id(Connection& db, const GroupKey& key) {
  const auto rows = db.ask("SELECT id FROM count_group WHERE vendor = $1 AND name = $2",
                           Arguments().text(key.vendor).text(key.group));
  if (!rows) return std::unexpected(rows.error());
  return rows->size() > 0 ? std::optional(rows->number(0, 0)) : std::nullopt;
}

Expected<std::vector<MachineRow>> read_machines(Connection& db, OwnHost own, std::int64_t group,
                                                const Column& cmids) {
  // Each by the key, whatever the planner believes: a plan made while the table was empty, and kept
  // until the server has counted it, would walk through all of the group for `= ANY`.
  const auto rows = db.ask(
      "SELECT m.made, m.cmid, m.data FROM unnest($2) AS k(cmid) CROSS JOIN LATERAL"
      " (SELECT made, cmid, data FROM machine WHERE group_id = $1 AND cmid = k.cmid LIMIT 1) m",
      Arguments().number(group).column(cmids));
  return collect<MachineRow>(rows,
                             [&](const Rows& all, int row) { return machine_of(all, row, own); });
}

namespace {

// Those that are given of the ones that were looked at.
std::vector<core::Machine> most_recent(std::vector<MachineRow> rows) {
  std::ranges::sort(rows, std::ranges::greater{}, [](const MachineRow& row) {
    return std::pair(row.machine.last_seen, row.made);
  });
  const auto twice = std::ranges::unique(rows, {}, &MachineRow::made);
  rows.erase(twice.begin(), twice.end());
  std::vector<core::Machine> out;
  for (auto& row : rows) {
    if (out.size() == kFactMost) break;
    out.push_back(std::move(row.machine));
  }
  return out;
}

}  // namespace

Expected<std::map<Bytes16, std::vector<core::Machine>>> read_by_facts(Connection& db, OwnHost own,
                                                                      std::int64_t group,
                                                                      const Column& primaries) {
  const auto rows = db.ask(
      "SELECT f.made, f.cmid, f.data, k.fact FROM unnest($2) AS k(fact) CROSS JOIN LATERAL ("
      "(SELECT made, cmid, data FROM machine WHERE group_id = $1 AND primary_fact = k.fact"
      " ORDER BY made DESC LIMIT $3)"
      " UNION ALL "
      "(SELECT made, cmid, data FROM machine WHERE group_id = $1 AND primary_fact = k.fact"
      " ORDER BY made LIMIT $4)) f",
      Arguments().number(group).column(primaries).number(kFactLast).number(kFactFirst));
  if (!rows) return std::unexpected(rows.error());
  std::map<Bytes16, std::vector<MachineRow>> found;
  for (int row = 0; row < rows->size(); ++row) {
    Bytes16 fact{};
    if (!rows->array(row, 3, fact)) return corrupt("a machine's fact");
    auto machine = machine_of(*rows, row, own);
    if (!machine) return std::unexpected(machine.error());
    found[fact].push_back(std::move(*machine));
  }
  std::map<Bytes16, std::vector<core::Machine>> out;
  for (auto& [fact, machines] : found) out[fact] = most_recent(std::move(machines));
  return out;
}

Expected<std::vector<core::Machine>> read_by_fact(Connection& db, OwnHost own, std::int64_t group,
                                                  const Bytes16& primary) {
  Column one(PgType::bytes);
  one.bytes(primary);
  auto found = read_by_facts(db, own, group, one);
  if (!found) return std::unexpected(found.error());
  return std::move((*found)[primary]);
}

Expected<std::vector<std::pair<GroupKey, core::Machine>>> read_machines_of(Connection& db,
                                                                           OwnHost own,
                                                                           const Cmid& cmid) {
  using Item = std::pair<GroupKey, core::Machine>;
  const auto rows = db.ask(
      "SELECT g.vendor, g.name, m.made, m.cmid, m.data FROM count_group g"
      " JOIN machine m ON m.group_id = g.id AND m.cmid = $1",
      Arguments().uuid(cmid.bytes));
  auto out = collect<Item>(rows, [&](const Rows& all, int row) -> Expected<Item> {
    auto machine = machine_of(all, row, own, 2);
    if (!machine) return std::unexpected(machine.error());
    return Item(GroupKey{std::string(all.text(row, 0)), std::string(all.text(row, 1))},
                std::move(machine->machine));
  });
  if (out) std::ranges::sort(*out, {}, &Item::first);
  return out;
}

Expected<std::vector<core::Machine>> forget_silent(Connection& db, OwnHost own, std::int64_t group,
                                                   std::int64_t before_day, std::size_t most) {
  const auto rows = db.ask(
      "WITH silent AS (SELECT made, cmid FROM listed WHERE group_id = $1 AND day < $2"
      "  ORDER BY day, made LIMIT $3),"
      " unlisted AS (DELETE FROM listed l USING silent s"
      "  WHERE l.group_id = $1 AND l.made = s.made)"
      " DELETE FROM machine m USING silent s WHERE m.group_id = $1 AND m.cmid = s.cmid"
      " RETURNING m.made, m.cmid, m.data",
      Arguments().number(group).number(before_day).number(number_of(most)));
  return collect<core::Machine>(rows, [&](const Rows& all, int row) -> Expected<core::Machine> {
    auto machine = machine_of(all, row, own);
    if (!machine) return std::unexpected(machine.error());
    return std::move(machine->machine);
  });
}

Expected<MachinePage> read_machine_page(Connection& db, OwnHost own, std::int64_t group,
                                        std::optional<Cmid> after, std::size_t most) {
  // The nil UUID is no CMID and comes before all of them.
  const auto rows = db.ask(
      "SELECT made, cmid, data FROM machine WHERE group_id = $1 AND cmid > $2"
      " ORDER BY cmid LIMIT $3",
      Arguments().number(group).uuid(after.value_or(Cmid{}).bytes).number(page_and_one(most)));
  auto machines = collect<MachineRow>(
      rows, [&](const Rows& all, int row) { return machine_of(all, row, own); });
  if (!machines) return std::unexpected(machines.error());
  MachinePage out;
  const bool more = machines->size() > page_size(most);
  if (more) machines->pop_back();
  for (auto& row : *machines) out.machines.push_back(std::move(row.machine));
  if (more) out.next = out.machines.back().cmid;
  return out;
}

Expected<ListPage> read_listed(Connection& db, OwnHost own, std::int64_t group, ListOrder order,
                               std::string_view prefix, const std::optional<ListPlace>& after,
                               std::size_t most) {
  const auto rows = db.ask(statement_of(order), list_arguments(group, order, prefix, after, most));
  auto machines =
      collect<ListedMachine>(rows, [&](const Rows& all, int row) -> Expected<ListedMachine> {
        auto found = machine_of(all, row, own);
        if (!found) return std::unexpected(found.error());
        ListPlace place{.made = static_cast<std::uint64_t>(found->made)};
        if (is_by_name(order)) {
          place.name = all.text(row, 3);
        } else {
          place.day = all.number(row, 3);
        }
        return ListedMachine{std::move(found->machine), std::move(place)};
      });
  if (!machines) return std::unexpected(machines.error());
  ListPage out{std::move(*machines), false};
  out.more = out.machines.size() > page_size(most);
  if (out.more) out.machines.pop_back();
  return out;
}

Expected<std::vector<EventRow>> read_events(Connection& db, OwnHost own, EventPlace after,
                                            std::size_t most) {
  return events_from(db, kEventsAfter, own, after, most);
}

Expected<std::vector<EventRow>> read_events_before(Connection& db, OwnHost own, EventPlace before,
                                                   std::size_t most) {
  return events_from(db, kEventsBefore, own, before, most);
}

Expected<std::optional<EventRow>> read_event(Connection& db, OwnHost own, EventPlace place) {
  if (place.seq == 0) return std::nullopt;
  auto rows = read_events(db, own, {place.epoch, place.seq - 1, place.host}, 1);
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty() || rows->front().place != own.shown(place)) return std::nullopt;
  return std::move(rows->front());
}

Expected<std::vector<CheckpointRow>> read_checkpoints(Connection& db, OwnHost own, EventPlace after,
                                                      std::size_t most) {
  const auto rows = db.ask(
      "SELECT epoch, seq, jws FROM checkpoint WHERE host_id = $1 AND (epoch, seq) > ($2, $3)"
      " ORDER BY epoch, seq LIMIT $4",
      Arguments()
          .number(own.id)
          .number(after.epoch)
          .number(number_of(after.seq))
          .number(static_cast<std::int64_t>(page_size(most))));
  return collect<CheckpointRow>(rows, [](const Rows& all, int row) -> Expected<CheckpointRow> {
    return CheckpointRow{{static_cast<std::uint32_t>(all.number(row, 0)),
                          static_cast<std::uint64_t>(all.number(row, 1))},
                         std::string(all.text(row, 2))};
  });
}

Expected<std::optional<std::string>> read_name(Connection& db, const Bytes16& hash) {
  const auto rows = db.ask("SELECT value FROM name WHERE hash = $1", Arguments().bytes(hash));
  if (!rows) return std::unexpected(rows.error());
  return rows->size() > 0 ? std::optional(std::string(rows->text(0, 0))) : std::nullopt;
}

Expected<std::optional<std::string>> read_setting(Connection& db, OwnHost own,
                                                  std::string_view name) {
  const auto host = is_own_setting(name) ? own.id : 0;
  const auto rows = db.ask("SELECT value FROM setting WHERE host_id = $1 AND name = $2",
                           Arguments().number(host).text(name));
  if (!rows) return std::unexpected(rows.error());
  return rows->size() > 0 ? std::optional(std::string(rows->text(0, 0))) : std::nullopt;
}

// Sorted here, because each database has its own order of texts.
Expected<Settings> read_settings(Connection& db, OwnHost own, std::string_view prefix) {
  using Item = Settings::value_type;
  const auto rows = db.ask(
      "SELECT name, value FROM setting WHERE host_id IN (0, $1) AND left(name, length($2)) = $2",
      Arguments().number(own.id).text(prefix));
  auto out = collect<Item>(rows, [](const Rows& all, int row) -> Expected<Item> {
    return Item(all.text(row, 0), all.text(row, 1));
  });
  if (out) std::ranges::sort(*out);
  return out;
}

}  // namespace muster::store::pg
