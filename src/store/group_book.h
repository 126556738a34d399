// Every count group of a store twice: as the unit in flight changes it, and as committed, for
// look(). Stores keep one book each. The working half belongs to the unit in flight; look() and
// groups() may be called from any thread.
#pragma once

#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <vector>

#include "base/ids.h"
#include "core/group.h"
#include "core/machine.h"

namespace muster::store {

// What a group's row and roll entries say.
struct StoredGroup {
  std::uint32_t highest_threshold = 0;
  core::Counters counters;
  minutes retention{};
  std::vector<core::RollEntry> roll;  // any order
};

// Last contacts of a group's machines, gathered in any order while a store opens. Memory follows
// the time that they span.
class Contacts {
 public:
  // Contacts before `oldest` are nobody's any more: no count will see them again.
  void add(const core::Machine& machine, Instant oldest);

 private:
  friend class GroupBook;
  using Hour = std::vector<std::uint32_t>;     // machines by second
  using Hours = std::map<std::int64_t, Hour>;  // since 1970
  static void add(Hours& hours, Instant heard);
  static void fill(core::ActiveCount& active, const Hours& hours);

  Hours group_;
  std::map<std::string, Hours> products_;
};

// One machine's row before and after a unit. `before` null: there was none; `after` null: it was
// forgotten. Never both.
struct MachineChange {
  const core::Machine* before;
  const core::Machine* after;
};

// A last contact that a change of machines moves: the group's, or the one by which a machine takes
// one of a product's `licensed` places. The epoch: there was none, or is none any more.
struct ContactMove {
  std::string product;  // empty: the group's
  Instant before, now;
  friend bool operator==(const ContactMove&, const ContactMove&) = default;
};
// In no order; without those that move nothing.
[[nodiscard]] std::vector<ContactMove> moves_of(std::span<const MachineChange> changes);

// What a unit has done to one group's entries and row, for the store to write.
struct GroupDelta {
  std::vector<core::RollEntry> put;  // by key
  std::vector<core::RollKey> left;   // by key
  bool row = false;                  // highest threshold, counters or retention differ
};

class GroupBook {
 public:
  explicit GroupBook(const Bytes16& hash_key) : hash_key_(hash_key) {}

  // As stored, while the store opens.
  void load(const GroupKey& key, const StoredGroup& stored, const Contacts& contacts);

  // What other hosts have committed since this book last knew the group: its row and roll as they
  // are stored now, and every move since. REQUIRES: the unit in flight, if any, has not used it.
  void follow(const GroupKey& key, const StoredGroup& stored, std::span<const ContactMove> moves);

  // ---- of the unit in flight
  [[nodiscard]] bool has(const GroupKey& key) const;
  // Makes the group where it is not there yet; it is committed with the unit's commit.
  void make(const GroupKey& key);
  // The working half. REQUIRES: the group is there.
  [[nodiscard]] core::Group& working(const GroupKey& key);
  void roll_changed(const GroupKey& key, const core::RollKey& entry);
  // The machine, whose row this was, takes no place in what is counted any more.
  void forget(const GroupKey& key, const core::Machine& machine);
  // What working() and roll_changed() have come to since the last commit() or restore().
  [[nodiscard]] GroupDelta delta(const GroupKey& key);
  // The unit is durable: the committed half becomes as the working one. `deltas` as they were
  // stored.
  void commit(const std::map<GroupKey, GroupDelta>& deltas,
              const std::map<GroupKey, std::vector<MachineChange>>& machines);
  // The unit left nothing: the working half becomes as the committed one, groups that it made go.
  void restore();

  // ---- as committed, from any thread
  [[nodiscard]] std::vector<GroupKey> groups() const;
  // False: no such group. `look` runs under the book's lock.
  bool look(const GroupKey& key, const std::function<void(const core::Group&)>& look);

 private:
  // Changes of a committed ActiveCount that wait: sorted and done together they cost a tenth.
  struct Moves {
    std::vector<Instant> come, gone;
    std::optional<Instant> oldest;  // what is before it the rules have forgotten
    void add(Instant before, Instant now);
    void apply(core::ActiveCount& active);
  };
  struct Entry {
    explicit Entry(const Bytes16& hash_key) : working(hash_key), committed(hash_key) {}
    core::Group working;
    core::Group committed;                          // its roll is made anew by look() where stale
    std::map<core::RollKey, core::RollEntry> roll;  // committed
    std::uint32_t highest_threshold = 0;            // committed
    Moves active;                                   // not in committed.active yet
    std::map<std::string, Moves> by_product;        // not in committed.by_product yet
    bool stale = false;                             // committed.roll is not as `roll`
    bool is_committed = false;
    bool touched = false;  // working was handed out since the last commit or restore
    std::set<core::RollKey> changed;
  };
  static void apply(Entry& entry, const GroupDelta& delta);
  static void apply(Entry& entry, const MachineChange& change);
  [[nodiscard]] core::Roll committed_roll(const Entry& entry) const;
  void settle(Entry& entry) const;
  void restore(Entry& entry) const;

  const Bytes16 hash_key_;
  mutable std::mutex mutex_;  // guards the committed halves and the map's shape
  std::map<GroupKey, std::unique_ptr<Entry>> entries_;
};

}  // namespace muster::store
