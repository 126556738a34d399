// What a unit forgets: in the transaction at once.
#include <algorithm>
#include <cassert>

#include "store/postgres/postgres_unit.h"
#include "store/postgres/tally_rows.h"

namespace muster::store::pg {

Expected<std::size_t> PostgresUnit::forget_machines(const GroupKey& key, std::int64_t before_day,
                                                    std::size_t most) {
  auto& group = groups_.at(key);
  assert(group.slots.empty() && group.forgotten.empty());
  auto gone = forget_silent(writer_.db, writer_.own, group.row.id, before_day, most);
  if (!gone) return std::unexpected(gone.error());
  for (const auto& machine : *gone) writer_.book.forget(key, machine);
  group.forgotten = std::move(*gone);
  group.by_fact.clear();
  return group.forgotten.size();
}

Expected<bool> PostgresUnit::forget_events(EventPlace last, std::size_t most) {
  const auto arguments = Arguments()
                             .number(writer_.own.id)
                             .number(last.epoch)
                             .number(number_of(last.seq))
                             .number(number_of(most));
  // The key's first columns, so that the host's oldest are found without a look at the others'.
  const auto events = writer_.db.ask(
      "WITH gone AS (DELETE FROM event e USING"
      "  (SELECT epoch, seq, time FROM event WHERE host_id = $1 AND (epoch, seq) <= ($2, $3)"
      "   ORDER BY epoch, seq LIMIT $4) AS k"
      "  WHERE e.host_id = $1 AND e.epoch = k.epoch AND e.seq = k.seq AND e.time = k.time"
      "  RETURNING 1) SELECT count(*) FROM gone",
      arguments);
  if (!events) return std::unexpected(events.error());
  const auto checkpoints = writer_.db.ask(
      "WITH gone AS (DELETE FROM checkpoint c USING"
      "  (SELECT epoch, seq FROM checkpoint WHERE host_id = $1 AND (epoch, seq) < ($2, $3)"
      "   ORDER BY epoch, seq LIMIT $4) AS k"
      "  WHERE c.host_id = $1 AND c.epoch = k.epoch AND c.seq = k.seq"
      "  RETURNING 1) SELECT count(*) FROM gone",
      arguments);
  if (!checkpoints) return std::unexpected(checkpoints.error());
  const bool more = std::max(events->number(0, 0), checkpoints->number(0, 0)) == number_of(most);
  if (!more) writer_.events_left();
  return more;
}

Expected<bool> PostgresUnit::forget_name(const Bytes16& hash, std::string_view listed,
                                         std::size_t most) {
  names_.erase(hash);
  writer_.db.send("DELETE FROM name WHERE hash = $1", Arguments().bytes(hash));
  if (listed.empty()) return false;
  const auto rows = writer_.db.ask(
      "WITH changed AS (UPDATE listed l SET name = '' FROM"
      "  (SELECT n.group_id, n.made FROM count_group g JOIN listed n"
      "   ON n.group_id = g.id AND n.name = $1 LIMIT $2) AS k"
      "  WHERE l.group_id = k.group_id AND l.made = k.made RETURNING 1)"
      " SELECT count(*) FROM changed",
      Arguments().bytes(as_bytes(listed)).number(number_of(most)));
  if (!rows) return std::unexpected(rows.error());
  return rows->number(0, 0) == number_of(most);
}

Expected<void> PostgresUnit::forget_pool(const PoolKey& key) {
  lock_tally();
  send_forget_pool(writer_.db, key);
  return {};
}

}  // namespace muster::store::pg
