#include "store/postgres/writer.h"

#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "base/digest.h"
#include "store/machine_codec.h"
#include "store/postgres/moves.h"
#include "store/postgres/schema.h"

namespace muster::store::pg {
namespace {

std::unexpected<Error> corrupt(const char* what) {
  return fail(ErrorCode::store_corrupt, std::string(what) + " cannot be read");
}

// A row of (epoch, seq, time, hash, checkpoint_seq, checkpoint_digest).
Expected<ChainHead> head_of(const Rows& rows) {
  ChainHead out;
  out.epoch = static_cast<std::uint32_t>(rows.number(0, 0));
  out.seq = static_cast<std::uint64_t>(rows.number(0, 1));
  out.time = rows.time(0, 2);
  out.checkpoint_seq = static_cast<std::uint64_t>(rows.number(0, 4));
  if (rows.array(0, 3, out.hash) && rows.array(0, 5, out.checkpoint_digest)) return out;
  return corrupt("the host's row");
}

// A row of (id, vendor, name, version, newest, made, highest_threshold, retention, requests,
// failed, requests by state).
GroupRow group_of(const Rows& rows, int row) {
  GroupRow out;
  out.id = rows.number(row, 0);
  out.key = {std::string(rows.text(row, 1)), std::string(rows.text(row, 2))};
  out.version = rows.number(row, 3);
  out.newest = rows.time(row, 4);
  out.made = rows.number(row, 5);
  out.stored.highest_threshold = static_cast<std::uint32_t>(rows.number(row, 6));
  out.stored.retention = minutes{rows.number(row, 7)};
  auto& counters = out.stored.counters;
  counters.requests = static_cast<std::uint64_t>(rows.number(row, 8));
  counters.failed = static_cast<std::uint64_t>(rows.number(row, 9));
  for (int state = 0; state < kLicenceStates; ++state) {
    counters.by_state[static_cast<std::size_t>(state)] =
        static_cast<std::uint64_t>(rows.number(row, 10 + state));
  }
  return out;
}

// A row of (group_id, key, last_seen, put).
Expected<void> put_roll(const Rows& rows, std::map<std::int64_t, StoredGroup*>& groups) {
  for (int row = 0; row < rows.size(); ++row) {
    const auto group = groups.find(rows.number(row, 0));
    core::RollEntry entry{{}, rows.time(row, 2), static_cast<std::uint64_t>(rows.number(row, 3))};
    if (group == groups.end() || !rows.array(row, 1, entry.key)) {
      return corrupt("an entry of the roll");
    }
    group->second->roll.push_back(entry);
  }
  return {};
}

struct Names {
  Column vendors{PgType::text}, names{PgType::text}, versions{PgType::number};
};

constexpr const char* kHead =
    "SELECT epoch, seq, time, hash, checkpoint_seq, checkpoint_digest, units FROM host"
    " WHERE id = $1";
constexpr const char* kLockHead =
    "SELECT epoch, seq, time, hash, checkpoint_seq, checkpoint_digest, units FROM host"
    " WHERE id = $1 FOR UPDATE";

}  // namespace

Writer::Writer(std::string url, std::string_view host, Connection connection, const Bytes16& key,
               const PostgresOptions& given)
    : options(given),
      hash_key(key),
      db(std::move(connection)),
      book(key),
      url_(std::move(url)),
      host_(host) {}

Expected<std::unique_ptr<Writer>> Writer::load(const std::string& url, std::string_view host,
                                               const Bytes16& hash_key,
                                               const PostgresOptions& options) {
  auto db = Connection::open(url, options.patience);
  if (!db) return std::unexpected(db.error());
  if (auto done = migrate(*db, migrations()); !done) return std::unexpected(done.error());
  std::unique_ptr<Writer> out(new Writer(url, host, std::move(*db), hash_key, options));
  auto done = out->lock_session();
  if (!done && out->db.state() == "55P03") {
    done = fail(ErrorCode::host_is_running, "another process has the database open for this host");
  }
  if (done) done = out->register_host();
  if (done) done = out->load_groups(std::nullopt);
  if (!done) return std::unexpected(done.error());
  return out;
}

ChainHead Writer::head() const {
  const std::lock_guard lock(head_mutex_);
  return head_;
}

void Writer::set_head(const ChainHead& head) {
  const std::lock_guard lock(head_mutex_);
  head_ = head;
}

Expected<void> Writer::register_host() {
  db.send(
      "INSERT INTO host (thumbprint, hash, checkpoint_digest) VALUES ($1, $2, $2)"
      " ON CONFLICT (thumbprint) DO NOTHING",
      Arguments().text(host_).bytes(Bytes32{}));
  const auto ids = db.ask("SELECT id FROM host WHERE thumbprint = $1", Arguments().text(host_));
  if (!ids) return std::unexpected(ids.error());
  if (ids->size() != 1) return corrupt("the host's row");
  own.id = ids->number(0, 0);
  if (auto stays = wait_for_standby(); !stays) return stays;
  const auto rows = db.ask(kHead, Arguments().number(own.id));
  if (!rows) return std::unexpected(rows.error());
  const auto head = head_of(*rows);
  if (!head) return std::unexpected(head.error());
  set_head(*head);
  return {};
}

// Held as long as the session lives: whoever gets it knows that the session before is over, and
// what it was to commit is committed or is not.
Expected<void> Writer::lock_session() {
  const auto digest = sha256(as_bytes("muster host " + host_));
  std::uint64_t number = 0;
  std::memcpy(&number, digest.data(), sizeof number);
  const auto done =
      db.ask("SELECT pg_advisory_lock($1)", Arguments().number(static_cast<std::int64_t>(number)));
  if (!done) return std::unexpected(done.error());
  process_ = db.process();
  return {};
}

Expected<void> Writer::connect() {
  if (!db.broken()) return {};
  auto anew = Connection::open(url_, options.patience);
  if (!anew) return std::unexpected(anew.error());
  // A server may not have noticed yet that the session before has lost its other side.
  (void)anew->ask(
      "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
      " WHERE pid = $1 AND usename = current_user AND application_name ="
      " current_setting('application_name')",
      Arguments().number(process_));
  std::swap(db, *anew);
  auto ready = lock_session();
  if (ready) ready = wait_for_standby();
  if (!ready) std::swap(db, *anew);  // the broken one, so that the next try begins anew
  return ready;
}

// A session that is ended while it waits for the standby, or a wait that somebody cancels, leaves
// the transaction committed here, and perhaps nowhere else: whoever read it and believed it would
// answer by what a standby that takes over has never heard of. A commit of one's own is
// acknowledged when all before it has arrived.
Expected<void> Writer::wait_for_standby() {
  db.send("BEGIN");
  db.send("UPDATE host SET units = units WHERE id = $1", Arguments().number(own.id));
  const auto done = db.ask("COMMIT");
  if (!done) return std::unexpected(done.error());
  if (db.warned()) return fail(ErrorCode::store_unavailable, "no standby has what was committed");
  return {};
}

Expected<bool> Writer::settled(std::int64_t units) {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  const auto rows = db.ask(kHead, Arguments().number(own.id));
  if (!rows) return std::unexpected(rows.error());
  return rows->size() == 1 && rows->number(0, 6) == units;
}

Expected<void> Writer::load_machines(std::map<std::int64_t, GroupRow>& groups) {
  std::map<std::int64_t, Contacts> contacts;
  core::Machine machine;
  for (;;) {
    const auto rows = db.ask("FETCH 10000 FROM machines");
    if (!rows) return std::unexpected(rows.error());
    for (int row = 0; row < rows->size(); ++row) {
      const auto group = groups.find(rows->number(row, 0));
      if (group == groups.end()) return corrupt("a machine's group");
      const auto read = decode_contacts(rows->bytes(row, 1), machine);
      if (!read) return read;
      const auto& [id, known] = *group;
      const auto retention = known.stored.retention;
      contacts[id].add(machine,
                       retention.count() > 0 ? known.newest - retention + seconds{1} : Instant{});
    }
    if (rows->size() == 0) break;
  }
  for (const auto& [id, group] : groups) {
    book.load(group.key, group.stored, contacts[id]);
    versions_[group.key] = group.version;
  }
  return {};
}

// All of it as it was at one moment.
Expected<void> Writer::load_groups(const std::optional<GroupKey>& only) {
  constexpr const char* kGroups =
      "SELECT id, vendor, name, version, newest, made, highest_threshold, retention, requests,"
      " failed, unlicensed, licensed, initial_grace, additional_grace, non_genuine_grace,"
      " notification, extended_grace FROM count_group"
      " WHERE version > 0 AND ($1 OR (vendor = $2 AND name = $3))";
  constexpr const char* kRolls =
      "SELECT r.group_id, r.key, r.last_seen, r.put FROM roll r JOIN count_group g"
      " ON g.id = r.group_id WHERE g.version > 0 AND ($1 OR (g.vendor = $2 AND g.name = $3))";
  constexpr const char* kMachines =
      "DECLARE machines CURSOR FOR SELECT m.group_id, m.data FROM machine m JOIN count_group g"
      " ON g.id = m.group_id WHERE g.version > 0 AND ($1 OR (g.vendor = $2 AND g.name = $3))";
  Arguments which;
  which.truth(!only).text(only ? only->vendor : "").text(only ? only->group : "");
  db.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  db.send(kGroups, which);
  db.send(kRolls, which);
  db.send(kMachines, which);
  const auto all = db.receive();
  auto done = all ? Expected<void>() : std::unexpected(all.error());
  if (done) {
    std::map<std::int64_t, GroupRow> groups;
    std::map<std::int64_t, StoredGroup*> rolls;
    for (int row = 0; row < (*all)[1].size(); ++row) {
      auto group = group_of((*all)[1], row);
      rolls[group.id] = &groups.emplace(group.id, std::move(group)).first->second.stored;
    }
    done = put_roll((*all)[2], rolls);
    if (done) done = load_machines(groups);
  }
  db.roll_back();
  return done;
}

void Writer::send_rows_to_lock(std::span<const GroupKey> groups, std::span<const MakId> keys) {
  db.send("BEGIN");
  Column vendors(PgType::text), names(PgType::text), all_vendors(PgType::text),
      all_names(PgType::text), key_vendors(PgType::text), key_names(PgType::text);
  for (const auto& key : groups) {
    all_vendors.text(key.vendor);
    all_names.text(key.group);
    if (versions_.contains(key)) continue;
    vendors.text(key.vendor);
    names.text(key.group);
  }
  for (const auto& key : keys) {
    key_vendors.text(key.vendor);
    key_names.text(key.id);
  }
  if (!vendors.empty()) {
    db.send(
        "INSERT INTO count_group (vendor, name) SELECT vendor, name FROM unnest($1, $2)"
        " AS k(vendor, name) ORDER BY vendor, name ON CONFLICT DO NOTHING",
        Arguments().column(vendors).column(names));
  }
  if (!keys.empty()) {
    db.send(
        "INSERT INTO mak (vendor, name) SELECT vendor, name FROM unnest($1, $2)"
        " AS k(vendor, name) ORDER BY vendor, name ON CONFLICT DO NOTHING",
        Arguments().column(key_vendors).column(key_names));
  }
  db.send(kLockHead, Arguments().number(own.id));
  db.send(
      "SELECT g.id, g.vendor, g.name, g.version, g.newest, g.made, g.highest_threshold,"
      " g.retention, g.requests, g.failed, g.unlicensed, g.licensed, g.initial_grace,"
      " g.additional_grace, g.non_genuine_grace, g.notification, g.extended_grace"
      " FROM unnest($1, $2) AS k(vendor, name)"
      " JOIN count_group g ON g.vendor = k.vendor AND g.name = k.name ORDER BY g.id"
      " FOR UPDATE OF g",
      Arguments().column(all_vendors).column(all_names));
  db.send(
      "SELECT m.id, m.vendor, m.name, m.kept, m.newest, m.sold, m.released, m.behind, m.blocked,"
      " m.reconciled FROM unnest($1, $2) AS k(vendor, name)"
      " JOIN mak m ON m.vendor = k.vendor AND m.name = k.name ORDER BY m.id FOR UPDATE OF m",
      Arguments().column(key_vendors).column(key_names));
}

std::int64_t Writer::known_version(const GroupKey& key) const {
  const auto at = versions_.find(key);
  return at == versions_.end() ? 0 : at->second;
}

// The rolls of groups that have moved since the book knew them, and the moves.
void Writer::send_news(std::span<const GroupKey> groups) {
  Names known;
  for (const auto& key : groups) {
    known.vendors.text(key.vendor);
    known.names.text(key.group);
    known.versions.number(known_version(key));
  }
  Arguments arguments;
  arguments.column(known.vendors).column(known.names).column(known.versions);
  db.send(
      "SELECT r.group_id, r.key, r.last_seen, r.put"
      " FROM unnest($1, $2, $3) AS k(vendor, name, version)"
      " JOIN count_group g ON g.vendor = k.vendor AND g.name = k.name AND g.version <> k.version"
      " JOIN roll r ON r.group_id = g.id",
      arguments);
  db.send(
      "SELECT c.group_id, c.version, c.moves"
      " FROM unnest($1, $2, $3) AS k(vendor, name, version)"
      " JOIN count_group g ON g.vendor = k.vendor AND g.name = k.name"
      " JOIN group_change c ON c.group_id = g.id AND c.version > k.version"
      " ORDER BY c.group_id, c.version",
      arguments);
}

Expected<bool> Writer::follow(const std::map<GroupKey, GroupRow>& groups, const Rows& rolls,
                              const Rows& changes) {
  std::map<std::int64_t, StoredGroup> moved;
  std::map<std::int64_t, StoredGroup*> by_id;
  std::map<std::int64_t, std::pair<std::int64_t, std::vector<ContactMove>>> moves;  // and how many
  for (const auto& [key, group] : groups) {
    if (group.version == known_version(key)) continue;
    by_id[group.id] = &moved.emplace(group.id, group.stored).first->second;
  }
  if (moved.empty()) return true;
  if (auto done = put_roll(rolls, by_id); !done) return std::unexpected(done.error());
  for (int row = 0; row < changes.size(); ++row) {
    auto& [count, of_group] = moves[changes.number(row, 0)];
    ++count;
    if (auto done = decode_moves(changes.bytes(row, 2), of_group); !done) {
      return std::unexpected(done.error());
    }
  }
  for (const auto& [key, group] : groups) {
    const auto known = known_version(key);
    if (group.version == known) continue;
    const auto& [count, of_group] = moves[group.id];
    if (count != group.version - known) return false;
    book.follow(key, moved.at(group.id), of_group);
    versions_[key] = group.version;
  }
  return true;
}

Expected<std::optional<Locked>> Writer::lock(std::span<const GroupKey> groups,
                                             std::span<const MakId> keys) {
  send_rows_to_lock(groups, keys);
  send_news(groups);
  const auto all = db.receive();
  if (!all) return std::unexpected(all.error());
  const auto* rows = &all->back() - 4;  // host, groups, keys, rolls, changes
  if (rows[0].size() != 1) {
    return fail(ErrorCode::store_unavailable, "the database does not know this host any more");
  }
  Locked out;
  const auto head = head_of(rows[0]);
  if (!head) return std::unexpected(head.error());
  out.head = *head;
  out.units = rows[0].number(0, 6);
  const auto last = this->head();
  if (std::pair(out.head.epoch, out.head.seq) < std::pair(last.epoch, last.seq)) {
    return fail(ErrorCode::store_unavailable,
                fmt::format("the database has lost events of this host after {}-{}: it was"
                            " restored, or its standby had not everything",
                            out.head.epoch, out.head.seq));
  }
  for (int row = 0; row < rows[1].size(); ++row) {
    auto group = group_of(rows[1], row);
    out.groups.emplace(group.key, std::move(group));
  }
  for (int row = 0; row < rows[2].size(); ++row) {
    const auto& all_keys = rows[2];
    out.keys.emplace(MakId{std::string(all_keys.text(row, 1)), std::string(all_keys.text(row, 2))},
                     KeyRow{all_keys.number(row, 0), all_keys.number(row, 3) != 0,
                            all_keys.time(row, 4), record_of(all_keys, row, 5)});
  }
  const auto followed = follow(out.groups, rows[3], rows[4]);
  if (!followed) return std::unexpected(followed.error());
  if (!*followed) return std::nullopt;
  return out;
}

Expected<Locked> Writer::begin(std::span<const GroupKey> groups, std::span<const MakId> keys) {
  constexpr int kTries = 5;
  Expected<std::optional<Locked>> locked;
  for (int tries = 0; tries < kTries; ++tries) {
    if (auto connected = connect(); !connected) return std::unexpected(connected.error());
    locked = lock(groups, keys);
    if (locked && *locked) {
      set_head((*locked)->head);
      return std::move(**locked);
    }
    const bool again = db.broken() || in_the_way(db.state());
    db.roll_back();
    // Nor is a session that was lost while nothing was done a reason to fail.
    if (!locked && again) continue;
    if (!locked) return std::unexpected(locked.error());
    for (const auto& key : groups) {
      if (auto loaded = load_groups(key); !loaded) return std::unexpected(loaded.error());
    }
  }
  if (!locked) return std::unexpected(locked.error());
  return fail(ErrorCode::store_unavailable, "other hosts go on faster than this one can read");
}

// A session that was lost while nobody asked is no reason to fail.
Expected<bool> Writer::catch_up() {
  auto done = follow_all();
  if (!done && db.broken()) done = follow_all();
  if (!done) return std::unexpected(done.error());
  drop_months();
  return false;
}

// This month and the one before stay, whatever is in them: another host's clock may be behind. What
// is in the way stays too, until events leave again.
void Writer::drop_months() {
  if (!std::exchange(months_may_be_empty_, false)) return;
  if (drop_empty_months(db, month_of(head().time) - 1).value_or(0) > 0) months_.clear();
}

Expected<void> Writer::follow_all() {
  if (auto connected = connect(); !connected) return std::unexpected(connected.error());
  const auto now = db.ask("SELECT vendor, name, version FROM count_group WHERE version > 0");
  if (!now) return std::unexpected(now.error());
  std::vector<GroupKey> moved;
  for (int row = 0; row < now->size(); ++row) {
    GroupKey key{std::string(now->text(row, 0)), std::string(now->text(row, 1))};
    if (known_version(key) == now->number(row, 2)) continue;
    moved.push_back(std::move(key));
  }
  if (moved.empty()) return {};

  Column vendors(PgType::text), names(PgType::text);
  for (const auto& key : moved) {
    vendors.text(key.vendor);
    names.text(key.group);
  }
  db.send("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY");
  db.send(
      "SELECT g.id, g.vendor, g.name, g.version, g.newest, g.made, g.highest_threshold,"
      " g.retention, g.requests, g.failed, g.unlicensed, g.licensed, g.initial_grace,"
      " g.additional_grace, g.non_genuine_grace, g.notification, g.extended_grace"
      " FROM unnest($1, $2) AS k(vendor, name)"
      " JOIN count_group g ON g.vendor = k.vendor AND g.name = k.name",
      Arguments().column(vendors).column(names));
  send_news(moved);
  const auto all = db.receive();
  db.roll_back();
  if (!all) return std::unexpected(all.error());
  std::map<GroupKey, GroupRow> groups;
  for (int row = 0; row < (*all)[1].size(); ++row) {
    auto group = group_of((*all)[1], row);
    groups.emplace(group.key, std::move(group));
  }
  const auto followed = follow(groups, (*all)[2], (*all)[3]);
  if (!followed) return std::unexpected(followed.error());
  for (const auto& key : moved) {
    if (*followed) break;
    if (auto loaded = load_groups(key); !loaded) return loaded;
  }
  return {};
}

Expected<void> Writer::make_months(const std::set<std::int64_t>& months) {
  for (const auto month : months) {
    if (months_.contains(month)) continue;
    auto other = Connection::open(url_, options.patience);
    if (!other) return std::unexpected(other.error());
    if (auto made = make_month(*other, month); !made) return made;
    months_.insert({month, month + 1});
  }
  return {};
}

}  // namespace muster::store::pg
