// What befalls the hosts of a scenario, when, and what is said of it afterwards.
#pragma once

#include <span>
#include <vector>

#include "lab/fleet.h"

namespace muster::lab {

enum class Incident : std::uint8_t { down, up, backup, restore };
struct Change {
  Tick at = 0;
  std::size_t host = 0;
  Incident what = Incident::down;
  std::size_t number = 0;  // of a backup and of the restore from it
};
// All of a scenario's, in the order in which they come.
[[nodiscard]] std::vector<Change> changes_of(const Scenario& scenario);

// How a count group on a host came back from a backup.
struct Restored {
  std::size_t host = 0, track = 0;
  Instant backup{}, at{};
  std::uint32_t before = 0, after = 0;  // the count
  std::optional<HostLog> log_before{}, log_after{};
  std::uint64_t behind = 0;  // machines that showed it since, by the end
  std::uint32_t epoch = 0;   // of the log, at the end
};
[[nodiscard]] Table table_of(std::span<const Restored> restored, std::span<const Track> tracks);

// The requests of each stretch of so long, tracks side by side: how a herd comes again.
[[nodiscard]] Table echoes_of(std::span<const Track> tracks, minutes every);

}  // namespace muster::lab
