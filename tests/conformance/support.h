// Short ways to say what the tests say often.
#pragma once

#include <functional>
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "harness.h"

namespace muster::store {

inline bool operator==(const EventRow& a, const EventRow& b) {
  return a.place == b.place && a.time == b.time && a.group == b.group && a.cmid == b.cmid &&
         a.machine_prev == b.machine_prev && a.line == b.line && a.hash == b.hash;
}
inline bool operator==(const CheckpointRow& a, const CheckpointRow& b) {
  return a.place == b.place && a.jws == b.jws;
}

}  // namespace muster::store

namespace muster::store::conformance {

inline constexpr minutes kRetention{30 * 24 * 60};
inline const GroupKey kDesktops{"acme", "desktop"};
inline const GroupKey kServers{"acme", "server"};
inline const Instant kNoon{seconds{1'767'614'400}};

[[nodiscard]] Cmid cmid(unsigned number);
[[nodiscard]] Bytes16 fact(unsigned number);
// A machine with this CMID and, where it is not 0, this primary fact, first and last heard at noon.
[[nodiscard]] core::Machine machine(unsigned cmid, unsigned fact = 0);
[[nodiscard]] EventRow event(std::uint64_t seq, std::uint32_t epoch = 1);

// Runs a unit on both groups and commits it; the test fails where that fails.
void in_unit(Store& store, const std::function<void(Unit&)>& body);
// What core does with a counted request, in short: the roll, the active machines, the counters, the
// row.
void ask(Unit& unit, const GroupKey& key, unsigned cmid, Instant now, std::uint32_t threshold = 25);

// A group as look() shows it.
struct Seen {
  std::vector<core::RollEntry> roll;
  std::uint32_t highest_threshold = 0;
  core::Counters counters;
  std::uint64_t active = 0;
  std::map<std::string, std::uint64_t> places;  // by product, without those that have none
  friend bool operator==(const Seen&, const Seen&) = default;
};
[[nodiscard]] Seen seen(const core::Group& group, Instant at);
// What look() shows; of no such group, nothing.
[[nodiscard]] std::optional<Seen> seen(Store& store, const GroupKey& key, Instant at = kNoon);

// Every row, through the pages.
[[nodiscard]] std::vector<core::Machine> all_machines(Store& store, const GroupKey& key);
[[nodiscard]] std::vector<EventRow> all_events(Store& store);

}  // namespace muster::store::conformance
