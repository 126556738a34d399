#include "store/postgres/transfer_sql.h"

#include <array>

namespace muster::store::pg {
namespace {

struct Statements {
  const char *select, *fetch, *close, *insert;
};

// In the order of Table.
constexpr std::array<Statements, kTables> kStatements{{
    {"DECLARE host_rows NO SCROLL CURSOR FOR SELECT epoch, seq, time, hash, checkpoint_seq,"
     " checkpoint_digest FROM host",
     "FETCH 2000 FROM host_rows", "CLOSE host_rows",
     "UPDATE host h SET epoch = k.epoch, seq = k.seq, time = k.time, hash = k.hash,"
     " checkpoint_seq = k.checkpoint_seq, checkpoint_digest = k.checkpoint_digest FROM"
     " unnest($1, $2, $3, $4, $5, $6) AS k(epoch, seq, time, hash, checkpoint_seq,"
     " checkpoint_digest)"},
    {"DECLARE count_group_rows NO SCROLL CURSOR FOR SELECT vendor, name, highest_threshold,"
     " retention, requests, failed, unlicensed, licensed, initial_grace, additional_grace,"
     " non_genuine_grace, notification, extended_grace FROM count_group ORDER BY vendor COLLATE"
     " \"C\", name COLLATE \"C\"",
     "FETCH 2000 FROM count_group_rows", "CLOSE count_group_rows",
     "INSERT INTO count_group (vendor, name, highest_threshold, retention, requests, failed,"
     " unlicensed, licensed, initial_grace, additional_grace, non_genuine_grace, notification,"
     " extended_grace, version, newest) SELECT k.*, 1, h.time FROM host h CROSS JOIN unnest($1,"
     " $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13) AS k(vendor, name,"
     " highest_threshold, retention, requests, failed, unlicensed, licensed, initial_grace,"
     " additional_grace, non_genuine_grace, notification, extended_grace)"},
    {"DECLARE roll_rows NO SCROLL CURSOR FOR SELECT g.vendor, g.name, r.key, r.last_seen,"
     " r.put FROM roll r JOIN count_group g ON g.id = r.group_id ORDER BY g.vendor COLLATE \"C\","
     " g.name COLLATE \"C\", r.key",
     "FETCH 2000 FROM roll_rows", "CLOSE roll_rows",
     "INSERT INTO roll (group_id, key, last_seen, put) SELECT g.id, k.key, k.last_seen, k.put"
     " FROM unnest($1, $2, $3, $4, $5) AS k(vendor, name, key, last_seen, put) JOIN count_group"
     " g ON g.vendor = k.vendor AND g.name = k.name"},
    {"DECLARE name_rows NO SCROLL CURSOR FOR SELECT hash, value, listed FROM name ORDER BY hash",
     "FETCH 2000 FROM name_rows", "CLOSE name_rows",
     "INSERT INTO name (hash, value, listed) SELECT k.hash, k.value, k.listed FROM unnest($1,"
     " $2, $3) AS k(hash, value, listed)"},
    {"DECLARE machine_rows NO SCROLL CURSOR FOR SELECT g.vendor, g.name, m.made, m.cmid,"
     " m.primary_fact, m.data FROM machine m JOIN count_group g ON g.id = m.group_id ORDER BY"
     " g.vendor COLLATE \"C\", g.name COLLATE \"C\", m.made",
     "FETCH 2000 FROM machine_rows", "CLOSE machine_rows",
     "INSERT INTO machine (group_id, cmid, made, primary_fact, data) SELECT g.id, k.cmid,"
     " k.made, k.primary_fact, k.data FROM unnest($1, $2, $3, $4, $5, $6) AS k(vendor, name,"
     " made, cmid, primary_fact, data) JOIN count_group g ON g.vendor = k.vendor AND g.name ="
     " k.name"},
    {"DECLARE listed_rows NO SCROLL CURSOR FOR SELECT g.vendor, g.name, l.made, l.cmid, l.day,"
     " l.name FROM listed l JOIN count_group g ON g.id = l.group_id ORDER BY g.vendor COLLATE"
     " \"C\", g.name COLLATE \"C\", l.made",
     "FETCH 2000 FROM listed_rows", "CLOSE listed_rows",
     "INSERT INTO listed (group_id, made, cmid, day, name) SELECT g.id, k.made, k.cmid, k.day,"
     " k.listed FROM unnest($1, $2, $3, $4, $5, $6) AS k(vendor, name, made, cmid, day, listed)"
     " JOIN count_group g ON g.vendor = k.vendor AND g.name = k.name"},
    {"DECLARE event_rows NO SCROLL CURSOR FOR SELECT e.epoch, e.seq, e.time, g.vendor, g.name,"
     " e.cmid, e.prev_epoch, e.prev_seq, e.hash, e.line FROM event e LEFT JOIN count_group g ON"
     " g.id = e.group_id ORDER BY e.epoch, e.seq",
     "FETCH 2000 FROM event_rows", "CLOSE event_rows",
     "INSERT INTO event (host_id, epoch, seq, time, group_id, cmid, prev_host, prev_epoch,"
     " prev_seq, hash, line) SELECT h.id, k.epoch, k.seq, k.time, g.id, k.cmid, CASE WHEN"
     " k.prev_epoch = 0 THEN 0 ELSE h.id END, k.prev_epoch, k.prev_seq, k.hash, k.line FROM"
     " host h CROSS JOIN unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10) AS k(epoch, seq, time,"
     " vendor, name, cmid, prev_epoch, prev_seq, hash, line) LEFT JOIN count_group g ON"
     " g.vendor = k.vendor AND g.name = k.name"},
    {"DECLARE checkpoint_rows NO SCROLL CURSOR FOR SELECT epoch, seq, jws FROM checkpoint"
     " ORDER BY epoch, seq",
     "FETCH 2000 FROM checkpoint_rows", "CLOSE checkpoint_rows",
     "INSERT INTO checkpoint (host_id, epoch, seq, jws) SELECT h.id, k.* FROM host h CROSS"
     " JOIN unnest($1, $2, $3) AS k(epoch, seq, jws)"},
    {"DECLARE setting_rows NO SCROLL CURSOR FOR SELECT host_id <> 0, name, value FROM setting"
     " ORDER BY name COLLATE \"C\"",
     "FETCH 2000 FROM setting_rows", "CLOSE setting_rows",
     "INSERT INTO setting (host_id, name, value) SELECT CASE WHEN k.own THEN h.id ELSE 0 END,"
     " k.name, k.value FROM host h CROSS JOIN unnest($1, $2, $3) AS k(own, name, value)"},
    {"DECLARE mak_rows NO SCROLL CURSOR FOR SELECT vendor, name, sold, released, behind,"
     " blocked, reconciled FROM mak WHERE kept ORDER BY vendor COLLATE \"C\", name COLLATE \"C\"",
     "FETCH 2000 FROM mak_rows", "CLOSE mak_rows",
     "INSERT INTO mak (vendor, name, sold, released, behind, blocked, reconciled, kept,"
     " newest) SELECT k.*, true, h.time FROM host h CROSS JOIN unnest($1, $2, $3, $4, $5, $6,"
     " $7) AS k(vendor, name, sold, released, behind, blocked, reconciled)"},
    {"DECLARE place_rows NO SCROLL CURSOR FOR SELECT m.vendor, m.name, p.number, p.turn,"
     " p.cmid, p.facts, p.sold, p.asked, p.released, p.name_hash, p.last_epoch, p.last_seq FROM"
     " place p JOIN mak m ON m.id = p.mak_id ORDER BY m.vendor COLLATE \"C\", m.name COLLATE \"C\","
     " p.number",
     "FETCH 2000 FROM place_rows", "CLOSE place_rows",
     "INSERT INTO place (mak_id, number, turn, cmid, facts, sold, asked, released, name_hash,"
     " last_epoch, last_seq, last_host) SELECT m.id, k.number, k.turn, k.cmid, k.facts, k.sold,"
     " k.asked, k.released, k.name_hash, k.last_epoch, k.last_seq, CASE WHEN k.last_epoch = 0"
     " THEN 0 ELSE h.id END FROM host h CROSS JOIN unnest($1, $2, $3, $4, $5, $6, $7, $8, $9,"
     " $10, $11, $12) AS k(vendor, name, number, turn, cmid, facts, sold, asked, released,"
     " name_hash, last_epoch, last_seq) JOIN mak m ON m.vendor = k.vendor AND m.name = k.name"},
    {"DECLARE place_fact_rows NO SCROLL CURSOR FOR SELECT m.vendor, m.name, f.value, f.number"
     " FROM place_fact f JOIN mak m ON m.id = f.mak_id ORDER BY m.vendor COLLATE \"C\", m.name"
     " COLLATE \"C\", f.value, f.number",
     "FETCH 2000 FROM place_fact_rows", "CLOSE place_fact_rows",
     "INSERT INTO place_fact (mak_id, value, number) SELECT m.id, k.value, k.number FROM"
     " unnest($1, $2, $3, $4) AS k(vendor, name, value, number) JOIN mak m ON m.vendor ="
     " k.vendor AND m.name = k.name"},
    {"DECLARE pool_rows NO SCROLL CURSOR FOR SELECT id, evidence, vendor, group_name, pattern,"
     " subnet, count, first, newest, newest_epoch, newest_seq, days, examples, marked_by,"
     " marked_since, note FROM pool ORDER BY id, evidence",
     "FETCH 2000 FROM pool_rows", "CLOSE pool_rows",
     "INSERT INTO pool (id, evidence, vendor, group_name, pattern, subnet, count, first,"
     " newest, newest_epoch, newest_seq, days, examples, marked_by, marked_since, note,"
     " newest_host) SELECT k.*, CASE WHEN k.newest_epoch = 0 THEN 0 ELSE h.id END FROM host h"
     " CROSS JOIN unnest($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16)"
     " AS k(id, evidence, vendor, group_name, pattern, subnet, count, first, newest,"
     " newest_epoch, newest_seq, days, examples, marked_by, marked_since, note)"},
    {"DECLARE usage_rows NO SCROLL CURSOR FOR SELECT vendor, product, month, by_fact, machines"
     " FROM usage ORDER BY vendor COLLATE \"C\", product COLLATE \"C\", month, by_fact",
     "FETCH 2000 FROM usage_rows", "CLOSE usage_rows",
     "INSERT INTO usage (vendor, product, month, by_fact, machines) SELECT * FROM unnest($1,"
     " $2, $3, $4, $5)"},
    {"DECLARE usage_member_rows NO SCROLL CURSOR FOR SELECT u.vendor, u.product, u.month,"
     " u.by_fact, m.member FROM usage_member m JOIN usage u ON u.id = m.usage_id ORDER BY"
     " u.vendor COLLATE \"C\", u.product COLLATE \"C\", u.month, u.by_fact, m.member",
     "FETCH 2000 FROM usage_member_rows", "CLOSE usage_member_rows",
     "INSERT INTO usage_member (usage_id, member) SELECT u.id, k.member FROM unnest($1, $2,"
     " $3, $4, $5) AS k(vendor, product, month, by_fact, member) JOIN usage u ON u.vendor ="
     " k.vendor AND u.product = k.product AND u.month = k.month AND u.by_fact = k.by_fact"},
}};

const Statements& statements_of(Table table) {
  return kStatements.at(static_cast<std::size_t>(table));
}

}  // namespace

const char* select_of(Table table) { return statements_of(table).select; }
const char* fetch_of(Table table) { return statements_of(table).fetch; }
const char* close_of(Table table) { return statements_of(table).close; }
const char* insert_of(Table table) { return statements_of(table).insert; }

}  // namespace muster::store::pg
