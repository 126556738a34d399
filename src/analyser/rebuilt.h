// The count that a host never wrote down, rebuilt from its requests by core's own roll.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <vector>

#include "analyser/log.h"
#include "core/roll.h"

namespace muster::analyser {

inline constexpr minutes kRetention{30 * 24 * 60};  // of an entry on a KMS host's roll

// The count at a moment.
struct CountPoint {
  Instant at{};
  std::uint32_t count = 0;
  std::uint32_t least = 0;         // the lowest since the point before
  std::uint32_t capacity = 0;      // 10 or 50; 0 before the first request
  std::uint64_t cmids = 0;         // heard of within 30 days: the machines behind the cap
  std::uint64_t names = 0;         // likewise, by name
  bool lower_bound = false;        // what asked before is not in the log: the count may be higher
  std::uint32_t if_forgotten = 0;  // the count if every start of the service emptied the roll
};

// One host's roll of one group, from its first request to `now`.
struct Rebuilt {
  std::vector<CountPoint> points;        // evenly apart; the last is at now. Empty: nobody asked
  std::vector<core::RollEntry> entries;  // at now, oldest contact first
  std::vector<core::RollEntry> if_forgotten;
  // Presented, and when for the last time; of many, the first eight.
  std::map<std::uint32_t, Instant> thresholds;
  // When the count crossed each of them last; none: it has been on this side since the beginning.
  std::map<std::uint32_t, std::optional<Instant>> crossed;
  // When a client raised the ceiling above that of another one before it, last; what had left by
  // then does not come back.
  std::optional<Instant> raised{};
  std::uint32_t ceiling_before = 0;
  std::uint64_t served = 0, refused = 0;
};

struct Span {
  Instant from{}, to{};
};

struct RebuildTask {
  std::span<const Request> requests;     // of all hosts and groups, by time
  std::span<const std::uint32_t> which;  // of these, in their order
  std::span<const Instant> starts;       // of the host's service, ascending
  std::span<const Span> unknown;         // times in which the log does not know what asked before
  std::span<const std::uint32_t> together;  // names, as taken_together() numbers them
  const Ids* machines = nullptr;
  std::uint32_t ceiling = 50;  // the highest count there can be: one that stands there is no bound
  Instant now{};
  std::size_t points_most = 480;
  Bytes16 hash_key{};
};

// A request counts when its result is 0. Sets `enough` of each request of `which` whose count
// reached its threshold, or may have. REQUIRES: which is not empty, nothing of it is after now.
[[nodiscard]] Rebuilt rebuild(const RebuildTask& task, std::vector<bool>& enough);

}  // namespace muster::analyser
