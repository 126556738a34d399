// What any store must promise. The rules live in core; a store reads and writes what core has
// decided.
//
// Life of a batch: open() -> read_machines(), read_by_fact() -> decide on group() and the rows ->
// put_machine(), append(), ... -> commit(). One unit at a time per store (memory, SQLite).
//
// Who undoes what: the store, everything. A unit that is destroyed without a commit that succeeded
// leaves nothing behind, and its groups (roll, active machines, counters) are as they were
// committed from the moment it is destroyed, whatever was done to them. The caller drops its
// references to them and takes back only what it keeps itself (the journal's head).
//
// Several hosts may share one store: then rolls, machines, ledgers and shared settings
// (own_settings.h) are one for all of them, and each has a log of its own. What other hosts have
// committed reads see at once, look() and groups() from the next open() or catch_up() on.
//
// commit() returns when the change is durable. Reads outside a unit see committed data only, may
// run on any thread at the same time, also while a unit lives, and end within 200 ms each (pages
// are bounded).
#pragma once

#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/ids.h"
#include "base/time.h"
#include "core/group.h"
#include "core/ledger.h"
#include "core/machine.h"
#include "store/copy.h"
#include "store/tally.h"

namespace muster::store {

using core::EventPlace;

// A row of the event log. `line` is kept byte for byte.
struct EventRow {
  EventPlace place;
  Instant time{};
  std::optional<GroupKey> group;  // with cmid: whose machine's event this is
  std::optional<Cmid> cmid;
  EventPlace machine_prev;  // that machine's event before this one
  std::string line;
  Bytes32 hash{};
};

struct CheckpointRow {
  EventPlace place;  // the event it signs
  std::string jws;
};

// The newest event of the log, which the next one is chained to. seq 0: none yet in this epoch.
struct ChainHead {
  std::uint32_t epoch = 1;
  std::uint64_t seq = 0;
  Bytes32 hash{};
  Instant time{};
  std::uint64_t checkpoint_seq = 0;  // the newest checkpoint of this epoch, 0: none
  Bytes32 checkpoint_digest{};       // SHA-256 of its text
};

// How machines are paged: by CMID, keyset cursors, no counting.
struct MachinePage {
  std::vector<core::Machine> machines;
  std::optional<Cmid> next;  // pass as `after` for the next page; none: this was the last
};

// How machines are listed for people: by name, or by the day of their last contact; either way also
// backwards.
enum class ListOrder : std::uint8_t { name, name_down, contact, contact_down };
// A machine's place in such a list. Names are put in order by the bytes of listed_name(), nameless
// machines as by an empty one; those of one name or day by `made`, which grows with every row that
// is new.
struct ListPlace {
  std::string name{};    // by name; else empty
  std::int64_t day = 0;  // by contact: days since 1970, UTC; else 0
  std::uint64_t made = 0;
  friend bool operator==(const ListPlace&, const ListPlace&) = default;
};
struct ListedMachine {
  core::Machine machine;
  ListPlace place;
};
struct ListPage {
  std::vector<ListedMachine> machines;
  bool more = false;  // behind the last one's place, which is to be passed as `after`
};

// A page of a key's places, by number.
inline constexpr std::size_t kPlacesPage = 1000;
// Of the places that one CMID holds, and of those that are held for one fact, so many are read: the
// last ones.
inline constexpr std::size_t kPlacesNear = 64;

// A set of count groups and of multiple activation keys, locked against other units while it lives.
// Not thread-safe.
class Unit {
 public:
  virtual ~Unit() = default;
  // The group's roll, active machines and counters, to be changed in place by core. REQUIRES: the
  // key was given to open() (of every call here that names a group). Valid while the unit lives.
  [[nodiscard]] virtual core::Group& group(const GroupKey& key) = 0;
  // No decision of this unit may be made at an earlier time: the newest event of this host's log,
  // and of any host's unit on these groups and keys.
  [[nodiscard]] virtual Instant newest() const = 0;
  // Says that the roll's entry of this key came, moved or left, so that commit stores it. REQUIRES:
  // said of every such entry.
  virtual void roll_changed(const GroupKey& key, const core::RollKey& entry) = 0;
  // out[i] is the row of cmids[i], or none. Sees what this unit has put.
  [[nodiscard]] virtual Expected<void> read_machines(
      const GroupKey& key, std::span<const Cmid> cmids,
      std::vector<std::optional<core::Machine>>& out) = 0;
  // Rows with this primary fact, the most recently heard first (of one second, the last made
  // first), at most 8 of the 64 last made and the 8 first made (a bound, because one machine may
  // make a million CMIDs). Made is when the row was first put. Sees what this unit has put.
  [[nodiscard]] virtual Expected<void> read_by_fact(const GroupKey& key, const Bytes16& primary,
                                                    std::vector<core::Machine>& out) = 0;
  // Facts that read_by_fact() will be asked for: where each would cost a way to a server they are
  // read together. Changes no answer.
  [[nodiscard]] virtual Expected<void> expect_facts(const GroupKey& /*key*/,
                                                    std::span<const Bytes16> /*primaries*/) {
    return {};
  }
  virtual void put_machine(const GroupKey& key, const core::Machine& machine) = 0;
  // Rows in ascending place, following the chain's head without a gap (a later epoch begins at 1);
  // otherwise commit fails with internal. A row that names a group names one of this unit's.
  virtual void append(EventRow row) = 0;
  virtual void append(CheckpointRow row) = 0;
  // The value of a salted hash, for people; kept until it is forgotten, the first value stays.
  // Cheapest where it is
  // called only for a hash that the machine's row did not hold already.
  virtual void put_name(const Bytes16& hash, std::string_view value) = 0;
  // A small named value of the host (keys, tokens, the ticket key). An empty value removes it.
  virtual void put_setting(std::string_view name, std::string_view value) = 0;
  // The same where there is none of this name; else the one that is there stays: of hosts that make
  // a secret at the same moment all keep the first. Not empty.
  virtual void keep_setting(std::string_view name, std::string_view value) = 0;
  // ---- the ledger. REQUIRES: the key was given to open(). All see what this unit has put.
  // None: this ledger keeps no such key.
  [[nodiscard]] virtual Expected<std::optional<core::KeyRecord>> read_key(const MakId& key) = 0;
  // Places that this CMID holds, and held ones whose facts share a value with these, each once, by
  // number; at most kPlacesNear for the CMID and for each fact.
  [[nodiscard]] virtual Expected<void> read_places(const MakId& key, const Cmid& cmid,
                                                   const Facts& facts,
                                                   std::vector<core::KeyPlace>& out) = 0;
  [[nodiscard]] virtual Expected<std::optional<core::KeyPlace>> read_place(
      const MakId& key, std::uint32_t number) = 0;
  // Released places, the one released first first (of one second, the lower number).
  [[nodiscard]] virtual Expected<void> read_released(const MakId& key, std::size_t most,
                                                     std::vector<core::KeyPlace>& out) = 0;
  // Takes the place of what was there. store_unavailable as commit().
  [[nodiscard]] virtual Expected<void> put_key(const MakId& key, const core::KeyRecord& record) = 0;
  // REQUIRES: the key is there.
  [[nodiscard]] virtual Expected<void> put_place(const MakId& key, const core::KeyPlace& place) = 0;
  // ---- the tally. All see what this unit has put.
  [[nodiscard]] virtual Expected<std::optional<PoolRow>> read_pool(const PoolKey& key) = 0;
  // Takes the place of what was there.
  [[nodiscard]] virtual Expected<void> put_pool(const PoolRow& row) = 0;
  // One machine more, unless it was counted under this key before. REQUIRES: its month's members
  // have not been forgotten.
  [[nodiscard]] virtual Expected<void> count_once(const UsageKey& key, const Bytes16& machine) = 0;
  // Forgets who was counted in the months before this one, at most so many; how many were counted
  // stays. True: there may be more.
  [[nodiscard]] virtual Expected<bool> forget_members(std::int32_t before_month,
                                                      std::size_t most) = 0;
  // ---- forgetting, a part at a time
  // Forgets machines of the group whose last contact was before this day (list_order.h), at most so
  // many, with their places in lists; says how many. None: no more that catch_up() has brought to
  // its place. REQUIRES: asked once for a group, by a unit that reads and puts no machine.
  [[nodiscard]] virtual Expected<std::size_t> forget_machines(const GroupKey& key,
                                                              std::int64_t before_day,
                                                              std::size_t most) = 0;
  // Forgets the oldest events of this host's log up to `last`, at most so many, and the checkpoints
  // before `last`. True: there may be more. REQUIRES: a checkpoint is over `last`, which is before
  // the log's newest event.
  [[nodiscard]] virtual Expected<bool> forget_events(EventPlace last, std::size_t most) = 0;
  // Forgets what a salted hash stands for, until somebody puts it again; machines that are listed
  // as `listed`, which is listed_name() of it, are listed without a name, at most so many at once.
  // True: there may be more.
  [[nodiscard]] virtual Expected<bool> forget_name(const Bytes16& hash, std::string_view listed,
                                                   std::size_t most) = 0;
  // None of this key: nothing to do.
  [[nodiscard]] virtual Expected<void> forget_pool(const PoolKey& key) = 0;
  // store_unavailable (full disk, lost database) with what the database said: nothing of the unit
  // is stored, the unit is to be destroyed, and the same work may be tried again in a new one.
  // Where the connection broke while the answer was awaited and the database does not come back in
  // time, all of it may be stored: then chain_head() tells, from the next open() on. Called once.
  [[nodiscard]] virtual Expected<void> commit() = 0;
  // After a call that failed: only another host was in the way, nothing is stored, and the same
  // work in a new unit is likely to succeed.
  [[nodiscard]] virtual bool was_in_the_way() const { return false; }
};

class Store {
 public:
  virtual ~Store() = default;

  // REQUIRES: no other unit of this store lives; the store outlives the unit. Groups that are not
  // there yet are made by the unit's commit. Both may be empty.
  [[nodiscard]] virtual Expected<std::unique_ptr<Unit>> open(std::span<const GroupKey> groups,
                                                             std::span<const MakId> keys = {}) = 0;

  // Does a part of what commits have put off, some milliseconds of work; true: there may be more.
  // To be called while nothing else is to be done. REQUIRES: no unit of this store lives.
  [[nodiscard]] virtual Expected<bool> catch_up() = 0;

  // Of this host's own log.
  [[nodiscard]] virtual Expected<ChainHead> chain_head() = 0;
  [[nodiscard]] virtual Expected<std::vector<GroupKey>> groups() = 0;
  // Runs `look` on the group as committed, never on a unit in flight; the group must not be kept,
  // nothing of the store be called in it. False: no such group.
  [[nodiscard]] virtual Expected<bool> look(
      const GroupKey& key, const std::function<void(const core::Group&)>& look) = 0;
  [[nodiscard]] virtual Expected<std::optional<core::Machine>> machine(const GroupKey& key,
                                                                       const Cmid& cmid) = 0;
  // Every group's row of this CMID.
  [[nodiscard]] virtual Expected<std::vector<std::pair<GroupKey, core::Machine>>> machines_of(
      const Cmid& cmid) = 0;
  [[nodiscard]] virtual Expected<std::vector<core::Machine>> machines_by_fact(
      const GroupKey& key, const Bytes16& primary) = 0;
  // most <= 1000.
  [[nodiscard]] virtual Expected<MachinePage> machines(const GroupKey& key,
                                                       std::optional<Cmid> after,
                                                       std::size_t most) = 0;
  // Machines in another order, under a name order only those whose listed_name() begins with
  // `prefix`. most <= 1000. Lists are made while nobody asks: a machine that is new, or was heard
  // again, or has another name, comes to its place with catch_up(); its row is the newest.
  [[nodiscard]] virtual Expected<ListPage> listed(const GroupKey& key, ListOrder order,
                                                  std::string_view prefix,
                                                  const std::optional<ListPlace>& after,
                                                  std::size_t most) = 0;
  // Events after a place, ascending, of all epochs of that place's host; most <= 1000 (more is
  // taken as 1000, as everywhere).
  [[nodiscard]] virtual Expected<std::vector<EventRow>> events(EventPlace after,
                                                               std::size_t most) = 0;
  // Events before a place, descending, of all epochs; most as above.
  [[nodiscard]] virtual Expected<std::vector<EventRow>> events_before(EventPlace before,
                                                                      std::size_t most) = 0;
  [[nodiscard]] virtual Expected<std::optional<EventRow>> event(EventPlace place) = 0;
  // Of this host's own log.
  [[nodiscard]] virtual Expected<std::vector<CheckpointRow>> checkpoints(EventPlace after,
                                                                         std::size_t most) = 0;
  // The value of a salted hash; none: never known, or forgotten.
  [[nodiscard]] virtual Expected<std::optional<std::string>> name(const Bytes16& hash) = 0;
  [[nodiscard]] virtual Expected<std::optional<std::string>> setting(std::string_view name) = 0;
  // Names and values of the settings whose name begins with `prefix`, ascending.
  [[nodiscard]] virtual Expected<std::vector<std::pair<std::string, std::string>>> settings(
      std::string_view prefix) = 0;
  // Every key that the ledger keeps, by name.
  [[nodiscard]] virtual Expected<std::vector<std::pair<MakId, core::KeyRecord>>> keys() = 0;
  // Places with a number above `after`, ascending, at most kPlacesPage; none: that was the last, or
  // there is no such key.
  [[nodiscard]] virtual Expected<std::vector<core::KeyPlace>> places(const MakId& key,
                                                                     std::uint32_t after) = 0;
  // Pools after a key, ascending; most <= 1000.
  [[nodiscard]] virtual Expected<std::vector<PoolRow>> pools(const std::optional<PoolKey>& after,
                                                             std::size_t most) = 0;
  // How many machines were counted in these months, both included, by key.
  [[nodiscard]] virtual Expected<std::vector<UsageRow>> usage(std::int32_t from_month,
                                                              std::int32_t to_month) = 0;
  // The disk's free part, 0 .. 1; 1 where the store has no disk.
  [[nodiscard]] virtual double free_part() = 0;
  // Begins a copy with these papers, beside the store's own file (copied_file() in
  // store/sqlite/file_copy.h), where one that is finished is replaced. One at a time. conflict
  // where the store is no file, store_unavailable where the copy's cannot be made. REQUIRES: as
  // open().
  [[nodiscard]] virtual Expected<std::unique_ptr<StoreCopy>> begin_copy(const Papers& papers) = 0;
};

}  // namespace muster::store
