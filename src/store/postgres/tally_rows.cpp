// A pool's data, of what byte_codec.h writes; lists have their length first:
//   1 | vendor | group | pattern | subnet | count | first | newest | newest event | days: number*
//   examples: (CMID 16, name's hash 16, time, event)*
//   0, or 1 and who expects it | since | note
//   an event: epoch | seq | host
#include "store/postgres/tally_rows.h"

#include <algorithm>

#include "store/byte_codec.h"
#include "store/chain.h"

namespace muster::store::pg {
namespace {

constexpr std::uint64_t kVersion = 1;
constexpr std::int64_t kTallyLock = 0x4d75737454;  // "MustT"

void put_event(Encoder& to, EventPlace place) {
  to.number(place.epoch);
  to.number(place.seq);
  to.number(place.host);
}

EventPlace take_event(Decoder& from) {
  EventPlace out;
  out.epoch = static_cast<std::uint32_t>(from.number(~0U));
  out.seq = from.number();
  out.host = static_cast<std::uint32_t>(from.number(~0U));
  return out;
}

std::string data_of(const PoolRow& row, OwnHost own) {
  std::string out;
  Encoder to{out};
  to.number(kVersion);
  for (const auto* text : {&row.vendor, &row.group, &row.pattern, &row.subnet}) to.text(*text);
  const auto& record = row.record;
  to.number(record.count);
  to.time(record.first);
  to.time(record.newest);
  put_event(to, own.stored(record.newest_event));
  to.number(record.days.size());
  for (const auto day : record.days) to.number(day);
  to.number(record.examples.size());
  for (const auto& example : record.examples) {
    to.bytes(example.cmid.bytes);
    to.bytes(example.name_hash);
    to.time(example.time);
    put_event(to, own.stored(example.event));
  }
  to.number(record.expected ? 1 : 0);
  if (!record.expected) return out;
  to.text(record.expected->by);
  to.time(record.expected->since);
  to.text(record.expected->note);
  return out;
}

void take_record(Decoder& from, OwnHost own, core::PoolRecord& out) {
  out.count = from.number();
  out.first = from.time();
  out.newest = from.time();
  out.newest_event = own.shown(take_event(from));
  if (from.number() != out.days.size()) from.good = false;
  for (auto& day : out.days) day = static_cast<std::uint32_t>(from.number(~0U));
  out.examples.resize(from.number(core::PoolRecord::kExamples));
  for (auto& example : out.examples) {
    from.array(example.cmid.bytes);
    from.array(example.name_hash);
    example.time = from.time();
    example.event = own.shown(take_event(from));
  }
  if (from.number(1) == 0) return;
  auto& mark = out.expected.emplace();
  mark.by = from.text();
  mark.since = from.time();
  mark.note = from.text();
}

// A row of (id, evidence, data).
Expected<PoolRow> pool_of(const Rows& rows, int row, OwnHost own) {
  PoolRow out;
  const auto evidence = rows.number(row, 1);
  Decoder from{rows.bytes(row, 2)};
  from.good = rows.array(row, 0, out.key.id) && evidence >= 1 && evidence <= core::kEvidences &&
              from.number() == kVersion;
  out.key.evidence = static_cast<core::Evidence>(evidence);
  for (auto* text : {&out.vendor, &out.group, &out.pattern, &out.subnet}) *text = from.text();
  take_record(from, own, out.record);
  if (from.good && from.in.empty()) return out;
  return fail(ErrorCode::store_corrupt, "a pool cannot be read");
}

Arguments of_key(const PoolKey& key) {
  Arguments out;
  out.bytes(key.id).number(static_cast<std::int64_t>(key.evidence));
  return out;
}

}  // namespace

Expected<std::vector<PoolRow>> read_pools(Connection& db, OwnHost own,
                                          const std::optional<PoolKey>& after, std::size_t most) {
  // No kind is 0, and no id comes before zeros.
  const auto rows = db.ask(
      "SELECT id, evidence, data FROM pool WHERE (id, evidence) > ($1, $2)"
      " ORDER BY id, evidence LIMIT $3",
      of_key(after.value_or(PoolKey{})).number(static_cast<std::int64_t>(page_size(most))));
  if (!rows) return std::unexpected(rows.error());
  std::vector<PoolRow> out;
  for (int row = 0; row < rows->size(); ++row) {
    auto pool = pool_of(*rows, row, own);
    if (!pool) return std::unexpected(pool.error());
    out.push_back(std::move(*pool));
  }
  return out;
}

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

void send_tally_lock(Connection& db) {
  db.send("SELECT pg_advisory_xact_lock($1)", Arguments().number(kTallyLock));
}

Expected<std::optional<PoolRow>> read_pool(Connection& db, OwnHost own, const PoolKey& key) {
  const auto rows =
      db.ask("SELECT id, evidence, data FROM pool WHERE id = $1 AND evidence = $2", of_key(key));
  if (!rows) return std::unexpected(rows.error());
  if (rows->size() == 0) return std::nullopt;
  auto out = pool_of(*rows, 0, own);
  if (!out) return std::unexpected(out.error());
  return std::optional(std::move(*out));
}

void send_pool(Connection& db, OwnHost own, const PoolRow& row) {
  db.send(
      "INSERT INTO pool (id, evidence, data) VALUES ($1, $2, $3)"
      " ON CONFLICT (id, evidence) DO UPDATE SET data = excluded.data",
      of_key(row.key).bytes(as_bytes(data_of(row, own))));
}

void send_count(Connection& db, const UsageKey& key, const Bytes16& member) {
  Arguments of_month;
  of_month.text(key.vendor).text(key.product).number(key.month).truth(key.by_fact);
  db.send(
      "INSERT INTO usage (vendor, product, month, by_fact) VALUES ($1, $2, $3, $4)"
      " ON CONFLICT DO NOTHING",
      of_month);
  db.send(
      "WITH added AS (INSERT INTO usage_member (usage_id, member) SELECT id, $5 FROM usage"
      "  WHERE vendor = $1 AND product = $2 AND month = $3 AND by_fact = $4"
      "  ON CONFLICT DO NOTHING RETURNING usage_id)"
      " UPDATE usage SET machines = machines + 1 FROM added WHERE id = usage_id",
      of_month.bytes(member));
}

Expected<bool> forget_members(Connection& db, std::int32_t before, std::size_t most) {
  const auto rows = db.ask(
      "DELETE FROM usage_member WHERE (usage_id, member) IN"
      " (SELECT m.usage_id, m.member FROM usage u JOIN usage_member m ON m.usage_id = u.id"
      "  WHERE u.month < $1 LIMIT $2) RETURNING 1",
      Arguments().number(before).number(number_of(most)));
  if (!rows) return std::unexpected(rows.error());
  return static_cast<std::size_t>(rows->size()) == most;
}

}  // namespace muster::store::pg
