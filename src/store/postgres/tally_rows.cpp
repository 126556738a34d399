#include "store/postgres/tally_rows.h"

#include "store/chain.h"
#include "store/tally_codec.h"

namespace muster::store::pg {
namespace {

// A row of (id, evidence, vendor, group_name, pattern, subnet, count, first, newest, newest_host,
// newest_epoch, newest_seq, days, examples, marked_by, marked_since, note).
Expected<PoolRow> pool_of(const Rows& rows, int row, OwnHost own) {
  PoolRow out;
  auto& record = out.record;
  const auto evidence = rows.number(row, 1);
  const bool good = rows.array(row, 0, out.key.id) && evidence >= 1 &&
                    evidence <= core::kEvidences && decode_days(rows.bytes(row, 12), record) &&
                    decode_examples(rows.bytes(row, 13), record);
  if (!good) return fail(ErrorCode::store_corrupt, "a pool cannot be read");
  out.key.evidence = static_cast<core::Evidence>(evidence);
  out.vendor = rows.text(row, 2);
  out.group = rows.text(row, 3);
  out.pattern = rows.text(row, 4);
  out.subnet = rows.text(row, 5);
  record.count = static_cast<std::uint64_t>(rows.number(row, 6));
  record.first = rows.time(row, 7);
  record.newest = rows.time(row, 8);
  record.newest_event = own.shown({static_cast<std::uint32_t>(rows.number(row, 10)),
                                   static_cast<std::uint64_t>(rows.number(row, 11)),
                                   static_cast<std::uint32_t>(rows.number(row, 9))});
  for (auto& example : record.examples) example.event = own.shown(example.event);
  if (const auto by = rows.text(row, 14); !by.empty()) {
    record.expected =
        core::PoolMark{std::string(by), rows.time(row, 15), std::string(rows.text(row, 16))};
  }
  return out;
}

Expected<std::vector<PoolRow>> pools_of(const Expected<Rows>& rows, OwnHost own) {
  if (!rows) return std::unexpected(rows.error());
  std::vector<PoolRow> out;
  for (int row = 0; row < rows->size(); ++row) {
    auto pool = pool_of(*rows, row, own);
    if (!pool) return std::unexpected(pool.error());
    out.push_back(std::move(*pool));
  }
  return out;
}

Arguments arguments_of(const UsageKey& key) {
  Arguments out;
  return std::move(out.text(key.vendor).text(key.product).number(key.month).truth(key.by_fact));
}

}  // namespace

Expected<std::optional<PoolRow>> read_pool(Connection& db, OwnHost own, const PoolKey& key) {
  auto rows = pools_of(
      db.ask("SELECT id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
             " newest_host, newest_epoch, newest_seq, days, examples, marked_by, marked_since, note"
             " FROM pool WHERE id = $1 AND evidence = $2",
             Arguments().bytes(key.id).number(static_cast<std::int64_t>(key.evidence))),
      own);
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? std::nullopt : std::optional(std::move(rows->front()));
}

Expected<std::vector<PoolRow>> read_pools(Connection& db, OwnHost own,
                                          const std::optional<PoolKey>& after, std::size_t most) {
  // No kind is 0, and no id comes before zeros.
  const auto from = after.value_or(PoolKey{});
  return pools_of(
      db.ask("SELECT id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
             " newest_host, newest_epoch, newest_seq, days, examples, marked_by, marked_since, note"
             " FROM pool WHERE (id, evidence) > ($1, $2) ORDER BY id, evidence LIMIT $3",
             Arguments()
                 .bytes(from.id)
                 .number(static_cast<std::int64_t>(from.evidence))
                 .number(number_of(page_size(most)))),
      own);
}

// By bytes, as the other stores have them, whatever the database's collation is.
Expected<std::vector<UsageRow>> read_usage(Connection& db, std::int32_t from, std::int32_t to) {
  const auto rows = db.ask(
      "SELECT vendor, product, month, by_fact, machines FROM usage WHERE month BETWEEN $1 AND $2",
      Arguments().number(from).number(to));
  if (!rows) return std::unexpected(rows.error());
  std::vector<UsageRow> out;
  for (int row = 0; row < rows->size(); ++row) {
    out.push_back({{std::string(rows->text(row, 0)), std::string(rows->text(row, 1)),
                    static_cast<std::int32_t>(rows->number(row, 2)), rows->number(row, 3) != 0},
                   static_cast<std::uint64_t>(rows->number(row, 4))});
  }
  std::ranges::sort(out, {}, &UsageRow::key);
  return out;
}

void send_tally_lock(Connection& db) { db.send("SELECT id FROM tally WHERE id = 1 FOR UPDATE"); }

void send_pool(Connection& db, OwnHost own, const PoolRow& row) {
  auto record = row.record;
  for (auto& example : record.examples) example.event = own.stored(example.event);
  const auto days = encode_days(record), examples = encode_examples(record);
  const auto newest = own.stored(record.newest_event);
  const auto mark = record.expected.value_or(core::PoolMark{});
  db.send(
      "INSERT INTO pool (id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
      " newest_host, newest_epoch, newest_seq, days, examples, marked_by, marked_since, note)"
      " VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17)"
      " ON CONFLICT (id, evidence) DO UPDATE SET vendor = $3, group_name = $4, pattern = $5,"
      " subnet = $6, count = $7, first = $8, newest = $9, newest_host = $10, newest_epoch = $11,"
      " newest_seq = $12, days = $13, examples = $14, marked_by = $15, marked_since = $16,"
      " note = $17",
      Arguments()
          .bytes(row.key.id)
          .number(static_cast<std::int64_t>(row.key.evidence))
          .text(row.vendor)
          .text(row.group)
          .text(row.pattern)
          .text(row.subnet)
          .number(number_of(record.count))
          .time(record.first)
          .time(record.newest)
          .number(newest.host)
          .number(newest.epoch)
          .number(number_of(newest.seq))
          .bytes(as_bytes(days))
          .bytes(as_bytes(examples))
          .text(mark.by)
          .time(mark.since)
          .text(mark.note));
}

void send_forget_pool(Connection& db, const PoolKey& key) {
  db.send("DELETE FROM pool WHERE id = $1 AND evidence = $2",
          Arguments().bytes(key.id).number(static_cast<std::int64_t>(key.evidence)));
}

void send_count_once(Connection& db, const UsageKey& key, std::span<const Bytes16> members) {
  Column column(PgType::bytes);
  for (const auto& member : members) column.bytes(member);
  db.send(
      "INSERT INTO usage (vendor, product, month, by_fact, machines) VALUES ($1, $2, $3, $4, 0)"
      " ON CONFLICT (vendor, product, month, by_fact) DO NOTHING",
      arguments_of(key));
  db.send(
      "WITH added AS (INSERT INTO usage_member (usage_id, member)"
      "  SELECT u.id, k.member FROM usage u CROSS JOIN unnest($5) AS k(member)"
      "  WHERE u.vendor = $1 AND u.product = $2 AND u.month = $3 AND u.by_fact = $4"
      "  ON CONFLICT (usage_id, member) DO NOTHING RETURNING usage_id)"
      " UPDATE usage SET machines = machines + n.many"
      " FROM (SELECT usage_id, count(*) AS many FROM added GROUP BY usage_id) n"
      " WHERE id = n.usage_id",
      arguments_of(key).column(column));
}

Expected<bool> forget_members(Connection& db, std::int32_t before, std::size_t most) {
  const auto rows = db.ask(
      "WITH gone AS (DELETE FROM usage_member WHERE (usage_id, member) IN"
      "  (SELECT m.usage_id, m.member FROM usage u JOIN usage_member m ON m.usage_id = u.id"
      "   WHERE u.month < $1 LIMIT $2) RETURNING 1)"
      " SELECT count(*) FROM gone",
      Arguments().number(before).number(number_of(most)));
  if (!rows) return std::unexpected(rows.error());
  return static_cast<std::size_t>(rows->number(0, 0)) == most;
}

}  // namespace muster::store::pg
