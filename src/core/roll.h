// The roll: the bounded table of recent machines of a count group (design: rules of the roll).
// Pure: reads no clock, no store and no log. Not thread-safe.
#pragma once

#include <cstdint>
#include <vector>

#include "base/bytes.h"
#include "base/siphash.h"
#include "base/time.h"

namespace muster::core {

// What counts once: the CMID's bytes, or under count_by machine the primary fact's.
using RollKey = Bytes16;

struct RollEntry {
  RollKey key{};
  Instant last_seen{};
  std::uint64_t put = 0;  // grows with every put: of two entries of one second, which came first
  friend bool operator==(const RollEntry&, const RollEntry&) = default;
};

class Roll {
 public:
  // `hash_key` keeps a client that chooses its CMID from choosing its place in the table.
  explicit Roll(const Bytes16& hash_key);
  // As it was stored: entries in any order.
  Roll(const Bytes16& hash_key, std::uint32_t highest_threshold, std::vector<RollEntry> entries);

  // One request at `now`: raises the capacity to 2 x threshold where that is more, lets entries
  // leave with now - last_seen >= retention, puts `key` as the newest, and lets the oldest leave
  // while there are more than the capacity. Every key that came, moved or left is appended to
  // `changed`. REQUIRES: now is not before the newest entry. Returns the count, the asker included.
  std::uint32_t ask(const RollKey& key, Instant now, std::uint32_t threshold, minutes retention,
                    std::vector<RollKey>& changed);

  // Lets entries leave with now - last_seen >= retention, as the next request would; each is
  // appended to `changed`.
  void expire(Instant now, minutes retention, std::vector<RollKey>& changed);

  // The count as it would be at `now` with nobody asking; changes nothing.
  [[nodiscard]] std::uint32_t count_at(Instant now, minutes retention) const;

  [[nodiscard]] std::uint32_t size() const { return size_; }
  // 2 x the highest threshold presented so far; never shrinks. 0 before the first request.
  [[nodiscard]] std::uint32_t capacity() const { return 2 * highest_threshold_; }
  [[nodiscard]] std::uint32_t highest_threshold() const { return highest_threshold_; }
  // The entry of a key, or null; valid until the roll changes.
  [[nodiscard]] const RollEntry* find(const RollKey& key) const;
  // Oldest contact first.
  [[nodiscard]] std::vector<RollEntry> entries() const;

 private:
  // An entry, its neighbours in the order of contacts, and its key's hash.
  struct Node {
    RollEntry entry;
    std::uint64_t hash;
    std::uint32_t before, after;
  };
  static constexpr std::uint32_t kNobody = UINT32_MAX;

  // The place of a key in `table_`, or the free one where it belongs.
  [[nodiscard]] std::size_t place_of(const RollKey& key, std::uint64_t hash) const;
  void make_room();
  void put_newest(std::uint32_t node);
  void take_out(std::uint32_t node);
  void drop_oldest(std::vector<RollKey>& changed);

  Bytes16 hash_key_;
  // Nodes and their table grow with the roll and stay: an entry that comes takes the place of one
  // that left, so that a full roll allocates nothing.
  std::vector<Node> nodes_;
  std::vector<std::uint32_t> free_;   // nodes
  std::vector<std::uint32_t> table_;  // nodes by hash, linear; a power of two, at most half full
  std::uint32_t oldest_ = kNobody, newest_ = kNobody, size_ = 0;
  std::uint32_t highest_threshold_ = 0;
  std::uint64_t next_put_ = 1;
};

}  // namespace muster::core
