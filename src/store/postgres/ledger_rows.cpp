#include "store/postgres/ledger_rows.h"

#include <algorithm>

#include "store/machine_codec.h"

namespace muster::store::pg {
namespace {

// A row of (number, turn, cmid, facts, sold, asked, released, name_hash, last_host, last_epoch,
// last_seq).
Expected<core::KeyPlace> place_of(const Rows& rows, int row, OwnHost own) {
  core::KeyPlace out;
  out.number = static_cast<std::uint32_t>(rows.number(row, 0));
  out.turn = static_cast<std::uint32_t>(rows.number(row, 1));
  out.sold = rows.time(row, 4);
  out.asked = rows.time(row, 5);
  if (rows.number(row, 6) != 0) out.released = rows.time(row, 6);
  out.last_event = own.shown({static_cast<std::uint32_t>(rows.number(row, 9)),
                              static_cast<std::uint64_t>(rows.number(row, 10)),
                              static_cast<std::uint32_t>(rows.number(row, 8))});
  if (rows.array(row, 2, out.cmid.bytes) && decode_facts(rows.bytes(row, 3), out.facts) &&
      rows.array(row, 7, out.name_hash)) {
    return out;
  }
  return fail(ErrorCode::store_corrupt, "a place of a key cannot be read");
}

Expected<std::vector<core::KeyPlace>> places_of(const Expected<Rows>& rows, OwnHost own) {
  if (!rows) return std::unexpected(rows.error());
  std::vector<core::KeyPlace> out;
  for (int row = 0; row < rows->size(); ++row) {
    auto place = place_of(*rows, row, own);
    if (!place) return std::unexpected(place.error());
    out.push_back(std::move(*place));
  }
  return out;
}

}  // namespace

core::KeyRecord record_of(const Rows& rows, int row, int first) {
  return {.sold = static_cast<std::uint32_t>(rows.number(row, first)),
          .released = static_cast<std::uint32_t>(rows.number(row, first + 1)),
          .behind = rows.number(row, first + 2) != 0,
          .blocked = rows.number(row, first + 3) != 0,
          .reconciled = rows.time(row, first + 4)};
}

Expected<std::vector<std::pair<MakId, core::KeyRecord>>> read_keys(Connection& db) {
  const auto rows = db.ask(
      "SELECT vendor, name, sold, released, behind, blocked, reconciled FROM mak WHERE kept");
  if (!rows) return std::unexpected(rows.error());
  std::vector<std::pair<MakId, core::KeyRecord>> out;
  for (int row = 0; row < rows->size(); ++row) {
    out.emplace_back(MakId{std::string(rows->text(row, 0)), std::string(rows->text(row, 1))},
                     record_of(*rows, row, 2));
  }
  std::ranges::sort(out, {}, &std::pair<MakId, core::KeyRecord>::first);
  return out;
}

Expected<std::optional<std::int64_t>> read_key_id(Connection& db, const MakId& key) {
  const auto rows = db.ask("SELECT id FROM mak WHERE vendor = $1 AND name = $2 AND kept",
                           Arguments().text(key.vendor).text(key.id));
  if (!rows) return std::unexpected(rows.error());
  return rows->size() > 0 ? std::optional(rows->number(0, 0)) : std::nullopt;
}

Expected<std::vector<core::KeyPlace>> read_places_near(Connection& db, OwnHost own,
                                                       std::int64_t key, const Cmid& cmid,
                                                       const Facts& facts) {
  Column values(PgType::bytes);
  for (const auto& fact : facts) values.bytes(fact.value);
  const auto rows = db.ask(
      "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_host, last_epoch,"
      " last_seq FROM place WHERE mak_id = $1 AND number IN ("
      "(SELECT number FROM place WHERE mak_id = $1 AND cmid = $2 AND released = 0"
      " ORDER BY number DESC LIMIT $4)"
      " UNION "
      "(SELECT f.number FROM unnest($3) AS k(value) CROSS JOIN LATERAL"
      " (SELECT number FROM place_fact p WHERE p.mak_id = $1 AND p.value = k.value"
      "  ORDER BY number DESC LIMIT $4) f))"
      " ORDER BY number",
      Arguments().number(key).uuid(cmid.bytes).column(values).number(kPlacesNear));
  return places_of(rows, own);
}

Expected<std::optional<core::KeyPlace>> read_place(Connection& db, OwnHost own, std::int64_t key,
                                                   std::uint32_t number) {
  const auto rows = places_of(
      db.ask("SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_host,"
             " last_epoch, last_seq FROM place WHERE mak_id = $1 AND number = $2",
             Arguments().number(key).number(number)),
      own);
  if (!rows) return std::unexpected(rows.error());
  return rows->empty() ? std::nullopt : std::optional(rows->front());
}

Expected<std::vector<core::KeyPlace>> read_released(Connection& db, OwnHost own, std::int64_t key,
                                                    std::size_t most) {
  const auto rows = db.ask(
      "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_host, last_epoch,"
      " last_seq FROM place WHERE mak_id = $1 AND released <> 0 ORDER BY released, number LIMIT $2",
      Arguments().number(key).number(number_of(most)));
  return places_of(rows, own);
}

Expected<std::vector<core::KeyPlace>> read_place_page(Connection& db, OwnHost own, std::int64_t key,
                                                      std::uint32_t after) {
  const auto rows = db.ask(
      "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_host, last_epoch,"
      " last_seq FROM place WHERE mak_id = $1 AND number > $2 ORDER BY number LIMIT $3",
      Arguments().number(key).number(after).number(kPlacesPage));
  return places_of(rows, own);
}

void send_key(Connection& db, std::int64_t key, const core::KeyRecord& record) {
  db.send(
      "UPDATE mak SET kept = true, sold = $2, released = $3, behind = $4, blocked = $5,"
      " reconciled = $6 WHERE id = $1",
      Arguments()
          .number(key)
          .number(record.sold)
          .number(record.released)
          .truth(record.behind)
          .truth(record.blocked)
          .time(record.reconciled));
}

// The facts of places that are held, and of no other.
void send_place(Connection& db, OwnHost own, std::int64_t key, const core::KeyPlace& place) {
  std::string facts;
  encode_facts(facts, place.facts);
  const auto last = own.stored(place.last_event);
  db.send(
      "INSERT INTO place (mak_id, number, turn, cmid, facts, sold, asked, released, name_hash,"
      " last_host, last_epoch, last_seq) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
      " ON CONFLICT (mak_id, number) DO UPDATE SET turn = $3, cmid = $4, facts = $5, sold = $6,"
      " asked = $7, released = $8, name_hash = $9, last_host = $10, last_epoch = $11,"
      " last_seq = $12",
      Arguments()
          .number(key)
          .number(place.number)
          .number(place.turn)
          .uuid(place.cmid.bytes)
          .bytes(as_bytes(facts))
          .time(place.sold)
          .time(place.asked)
          .time(place.released.value_or(Instant{}))
          .bytes(place.name_hash)
          .number(last.host)
          .number(last.epoch)
          .number(number_of(last.seq)));
  db.send("DELETE FROM place_fact WHERE mak_id = $1 AND number = $2",
          Arguments().number(key).number(place.number));
  if (place.released || place.facts.size() == 0) return;
  Column values(PgType::bytes);
  for (const auto& fact : place.facts) values.bytes(fact.value);
  db.send(
      "INSERT INTO place_fact (mak_id, value, number) SELECT $1, value, $2"
      " FROM unnest($3) AS k(value) ON CONFLICT DO NOTHING",
      Arguments().number(key).number(place.number).column(values));
}

}  // namespace muster::store::pg
