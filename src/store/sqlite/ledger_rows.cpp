#include "store/sqlite/ledger_rows.h"

#include <algorithm>

#include "store/machine_codec.h"
#include "store/sqlite/rows.h"

namespace muster::store {
namespace {

std::int64_t number_of(Instant time) { return time.time_since_epoch().count(); }

// A row of (vendor, name, id, sold, released, behind, blocked, reconciled).
KeyRow key_of(const Query& query) {
  KeyRow out;
  out.id = query.number(2);
  out.record.sold = static_cast<std::uint32_t>(query.number(3));
  out.record.released = static_cast<std::uint32_t>(query.number(4));
  out.record.behind = query.number(5) != 0;
  out.record.blocked = query.number(6) != 0;
  out.record.reconciled = query.time(7);
  return out;
}

// A row of (number, turn, cmid, facts, sold, asked, released, name_hash, last_event).
Expected<core::KeyPlace> place_of(const Query& query) {
  core::KeyPlace out;
  out.number = static_cast<std::uint32_t>(query.number(0));
  out.turn = static_cast<std::uint32_t>(query.number(1));
  out.sold = query.time(4);
  out.asked = query.time(5);
  if (query.number(6) != 0) out.released = query.time(6);
  out.last_event = unpack(query.number(8));
  if (query.array(2, out.cmid.bytes) && decode_facts(query.blob(3), out.facts) &&
      query.array(7, out.name_hash)) {
    return out;
  }
  return fail(ErrorCode::store_corrupt, "a place of a key cannot be read");
}

Expected<void> collect(Query& query, std::vector<core::KeyPlace>& out) {
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return {};
    auto place = place_of(query);
    if (!place) return std::unexpected(place.error());
    out.push_back(std::move(*place));
  }
}

Expected<std::vector<core::KeyPlace>> all_of(Query& query) {
  std::vector<core::KeyPlace> out;
  if (auto done = collect(query, out); !done) return std::unexpected(done.error());
  return out;
}

// `query` is bound to the key, a fact's value and the place's number, once for each fact.
Expected<void> for_facts(Query query, std::int64_t key, const core::KeyPlace& place) {
  for (const auto& fact : place.facts) {
    query.bind(1, key).bind(2, fact.value).bind(3, std::int64_t{place.number});
    if (auto done = query.done(); !done) return done;
  }
  return {};
}

Expected<void> remove_facts(Database& db, std::int64_t key, const core::KeyPlace& place) {
  return for_facts({db, "DELETE FROM place_fact WHERE mak_id = ?1 AND value = ?2 AND number = ?3"},
                   key, place);
}

Expected<void> add_facts(Database& db, std::int64_t key, const core::KeyPlace& place) {
  return for_facts({db, "INSERT INTO place_fact VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING"}, key,
                   place);
}

}  // namespace

Expected<std::optional<KeyRow>> read_key(Database& db, const MakId& key) {
  Query query(db,
              "SELECT vendor, name, id, sold, released, behind, blocked, reconciled FROM mak"
              " WHERE vendor = ?1 AND name = ?2");
  query.bind_text(1, key.vendor).bind_text(2, key.id);
  const auto row = query.step();
  if (!row) return std::unexpected(row.error());
  if (!*row) return std::nullopt;
  return key_of(query);
}

Expected<std::vector<std::pair<MakId, core::KeyRecord>>> read_keys(Database& db) {
  Query query(db,
              "SELECT vendor, name, id, sold, released, behind, blocked, reconciled FROM mak"
              " ORDER BY vendor, name");
  std::vector<std::pair<MakId, core::KeyRecord>> out;
  for (;;) {
    const auto row = query.step();
    if (!row) return std::unexpected(row.error());
    if (!*row) return out;
    out.emplace_back(MakId{std::string(query.text(0)), std::string(query.text(1))},
                     key_of(query).record);
  }
}

Expected<std::vector<core::KeyPlace>> read_places_near(Database& db, std::int64_t key,
                                                       const Cmid& cmid, const Facts& facts) {
  std::vector<core::KeyPlace> out;
  {
    Query query(db,
                "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_event"
                " FROM place WHERE mak_id = ?1 AND cmid = ?2 AND released = 0"
                " ORDER BY number DESC LIMIT ?3");
    query.bind(1, key).bind(2, cmid.bytes).bind(3, std::int64_t{kPlacesNear});
    if (auto done = collect(query, out); !done) return std::unexpected(done.error());
  }
  Query query(db,
              "SELECT p.number, turn, cmid, facts, sold, asked, released, name_hash, last_event"
              " FROM (SELECT number FROM place_fact WHERE mak_id = ?1 AND value = ?2"
              "       ORDER BY number DESC LIMIT ?3) f"
              " JOIN place p ON p.mak_id = ?1 AND p.number = f.number");
  for (const auto& fact : facts) {
    query.reset();
    query.bind(1, key).bind(2, fact.value).bind(3, std::int64_t{kPlacesNear});
    if (auto done = collect(query, out); !done) return std::unexpected(done.error());
  }
  std::ranges::sort(out, {}, &core::KeyPlace::number);
  const auto twice = std::ranges::unique(out, {}, &core::KeyPlace::number);
  out.erase(twice.begin(), twice.end());
  return out;
}

Expected<std::optional<core::KeyPlace>> read_place(Database& db, std::int64_t key,
                                                   std::uint32_t number) {
  Query query(db,
              "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_event"
              " FROM place WHERE mak_id = ?1 AND number = ?2");
  query.bind(1, key).bind(2, std::int64_t{number});
  auto rows = all_of(query);
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  return std::move(rows->front());
}

Expected<std::vector<core::KeyPlace>> read_released(Database& db, std::int64_t key,
                                                    std::size_t most) {
  Query query(db,
              "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_event"
              " FROM place WHERE mak_id = ?1 AND released <> 0 ORDER BY released, number LIMIT ?2");
  query.bind(1, key).bind(2, static_cast<std::int64_t>(most));
  return all_of(query);
}

Expected<std::vector<core::KeyPlace>> read_place_page(Database& db, std::int64_t key,
                                                      std::uint32_t after) {
  Query query(db,
              "SELECT number, turn, cmid, facts, sold, asked, released, name_hash, last_event"
              " FROM place WHERE mak_id = ?1 AND number > ?2 ORDER BY number LIMIT ?3");
  query.bind(1, key).bind(2, std::int64_t{after}).bind(3, std::int64_t{kPlacesPage});
  return all_of(query);
}

Expected<void> put_key(Database& db, const MakId& key, const core::KeyRecord& record) {
  Query query(db,
              "INSERT INTO mak (vendor, name, sold, released, behind, blocked, reconciled)"
              " VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7) ON CONFLICT (vendor, name) DO UPDATE SET"
              " sold = ?3, released = ?4, behind = ?5, blocked = ?6, reconciled = ?7");
  query.bind_text(1, key.vendor).bind_text(2, key.id);
  query.bind(3, std::int64_t{record.sold}).bind(4, std::int64_t{record.released});
  query.bind(5, std::int64_t{record.behind}).bind(6, std::int64_t{record.blocked});
  return query.bind(7, number_of(record.reconciled)).done();
}

Expected<void> put_place(Database& db, std::int64_t key, const core::KeyPlace& place) {
  const auto before = read_place(db, key, place.number);
  if (!before) return std::unexpected(before.error());
  // The facts of places that are held, and of no other.
  const bool was_held = *before && !(*before)->released;
  const bool same_facts = was_held && !place.released && (*before)->facts == place.facts;
  if (was_held && !same_facts) {
    if (auto done = remove_facts(db, key, **before); !done) return done;
  }
  std::string facts;
  encode_facts(facts, place.facts);
  Query query(db, "INSERT OR REPLACE INTO place VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)");
  query.bind(1, key).bind(2, std::int64_t{place.number}).bind(3, std::int64_t{place.turn});
  query.bind(4, place.cmid.bytes).bind(5, as_bytes(facts)).bind(6, number_of(place.sold));
  query.bind(7, number_of(place.asked)).bind(8, place.released ? number_of(*place.released) : 0);
  query.bind(9, place.name_hash).bind(10, pack(place.last_event));
  if (auto done = query.done(); !done) return done;
  if (place.released || same_facts) return {};
  return add_facts(db, key, place);
}

}  // namespace muster::store
