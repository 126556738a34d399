#include "store/sqlite/tally_rows.h"

#include "store/chain.h"
#include "store/sqlite/rows.h"
#include "store/tally_codec.h"

namespace muster::store {
namespace {

std::int64_t number_of(Instant time) { return time.time_since_epoch().count(); }

// A row of (id, evidence, vendor, group_name, pattern, subnet, count, first, newest, newest_event,
// days, examples, marked_by, marked_since, note).
Expected<PoolRow> pool_of(const Query& row) {
  PoolRow out;
  auto& record = out.record;
  const auto evidence = row.number(1);
  bool good = row.array(0, out.key.id) && evidence >= 1 && evidence <= core::kEvidences;
  out.key.evidence = static_cast<core::Evidence>(evidence);
  out.vendor = row.text(2);
  out.group = row.text(3);
  out.pattern = row.text(4);
  out.subnet = row.text(5);
  record.count = static_cast<std::uint64_t>(row.number(6));
  record.first = row.time(7);
  record.newest = row.time(8);
  record.newest_event = unpack(row.number(9));
  good = good && decode_days(row.blob(10), record) && decode_examples(row.blob(11), record);
  if (!row.is_null(12)) {
    record.expected =
        core::PoolMark{std::string(row.text(12)), row.time(13), std::string(row.text(14))};
  }
  if (!good) return fail(ErrorCode::store_corrupt, "a pool cannot be read");
  return out;
}

}  // namespace

Expected<std::optional<PoolRow>> read_pool(Database& db, const PoolKey& key) {
  Query query(db,
              "SELECT id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
              " newest_event, days, examples, marked_by, marked_since, note"
              " FROM pool WHERE id = ?1 AND evidence = ?2");
  query.bind(1, key.id).bind(2, static_cast<std::int64_t>(key.evidence));
  const auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  auto out = pool_of(query);
  if (!out) return std::unexpected(out.error());
  return std::optional(std::move(*out));
}

Expected<std::vector<PoolRow>> read_pools(Database& db, const std::optional<PoolKey>& after,
                                          std::size_t most) {
  Query query(db,
              "SELECT id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
              " newest_event, days, examples, marked_by, marked_since, note"
              " FROM pool WHERE (id, evidence) > (?1, ?2) ORDER BY id, evidence LIMIT ?3");
  // No kind is 0, and no id comes before zeros.
  const auto from = after.value_or(PoolKey{});
  query.bind(1, from.id).bind(2, static_cast<std::int64_t>(from.evidence));
  query.bind(3, static_cast<std::int64_t>(page_size(most)));
  std::vector<PoolRow> out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    auto pool = pool_of(query);
    if (!pool) return std::unexpected(pool.error());
    out.push_back(std::move(*pool));
  }
}

Expected<std::vector<UsageRow>> read_usage(Database& db, std::int32_t from, std::int32_t to) {
  Query query(db,
              "SELECT vendor, product, month, by_fact, machines FROM usage"
              " WHERE month BETWEEN ?1 AND ?2 ORDER BY vendor, product, month, by_fact");
  query.bind(1, std::int64_t{from}).bind(2, std::int64_t{to});
  std::vector<UsageRow> out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.push_back({{std::string(query.text(0)), std::string(query.text(1)),
                    static_cast<std::int32_t>(query.number(2)), query.number(3) != 0},
                   static_cast<std::uint64_t>(query.number(4))});
  }
}

Expected<void> put_pool(Database& db, const PoolRow& row) {
  Query query(db,
              "INSERT OR REPLACE INTO pool VALUES"
              " (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15)");
  const auto& record = row.record;
  const auto days = encode_days(record), examples = encode_examples(record);
  query.bind(1, row.key.id).bind(2, static_cast<std::int64_t>(row.key.evidence));
  query.bind_text(3, row.vendor).bind_text(4, row.group);
  query.bind_text(5, row.pattern).bind_text(6, row.subnet);
  query.bind(7, static_cast<std::int64_t>(record.count)).bind(8, number_of(record.first));
  query.bind(9, number_of(record.newest)).bind(10, pack(record.newest_event));
  query.bind(11, as_bytes(days)).bind(12, as_bytes(examples));
  const core::PoolMark none;
  const auto& mark = record.expected ? *record.expected : none;
  if (record.expected) {
    query.bind_text(13, mark.by);
  } else {
    query.bind_null(13);
  }
  return query.bind(14, number_of(mark.since)).bind_text(15, mark.note).done();
}

Expected<void> forget_pool(Database& db, const PoolKey& key) {
  Query query(db, "DELETE FROM pool WHERE id = ?1 AND evidence = ?2");
  return query.bind(1, key.id).bind(2, static_cast<std::int64_t>(key.evidence)).done();
}

Expected<void> count_once(Database& db, const UsageKey& key, const Bytes16& member) {
  Query make(db,
             "INSERT INTO usage (vendor, product, month, by_fact, machines)"
             " VALUES (?1, ?2, ?3, ?4, 0) ON CONFLICT DO NOTHING");
  const auto bind = [&](Query& query) -> Query& {
    return query.bind_text(1, key.vendor)
        .bind_text(2, key.product)
        .bind(3, std::int64_t{key.month})
        .bind(4, std::int64_t{key.by_fact});
  };
  if (auto done = bind(make).done(); !done) return done;
  Query add(db,
            "INSERT INTO usage_member SELECT id, ?5 FROM usage"
            " WHERE vendor = ?1 AND product = ?2 AND month = ?3 AND by_fact = ?4"
            " ON CONFLICT DO NOTHING");
  if (auto done = bind(add).bind(5, member).done(); !done) return done;
  if (sqlite3_changes(db.handle()) == 0) return {};
  Query count(db,
              "UPDATE usage SET machines = machines + 1"
              " WHERE vendor = ?1 AND product = ?2 AND month = ?3 AND by_fact = ?4");
  return bind(count).done();
}

Expected<bool> forget_members(Database& db, std::int32_t before, std::size_t most) {
  Query query(db,
              "DELETE FROM usage_member WHERE (usage, member) IN"
              " (SELECT m.usage, m.member FROM usage u CROSS JOIN usage_member m ON m.usage = u.id"
              "  WHERE u.month < ?1 LIMIT ?2)");
  query.bind(1, std::int64_t{before}).bind(2, static_cast<std::int64_t>(most));
  if (auto done = query.done(); !done) return std::unexpected(done.error());
  return static_cast<std::size_t>(sqlite3_changes(db.handle())) == most;
}

}  // namespace muster::store
