// One desktop that is activated, rearmed, restarted and brought back from a snapshot, again and
// again, as the article did it.
#pragma once

#include <set>
#include <string>
#include <vector>

#include "lab/machine.h"

namespace muster::lab {

class Climb {
 public:
  // An attempt that reached the host.
  struct Attempt {
    Instant at{};
    std::uint32_t cycle = 0;  // from 1; a revert begins the next
    std::uint32_t rearms_left = 0;
    Cmid cmid;
    bool activated = false;
    std::uint32_t count = 0, threshold = 0;
  };

  // Takes the snapshot of `desktop`, which has the product installed and has never asked. Both must
  // outlive it.
  Climb(World& world, Machine& desktop);

  // Activate, and where that is refused rearm and restart, until no rearm is left; then back to the
  // snapshot. Ends with the first activation. Fails with what the client says where it cannot go
  // on, and with conflict where a cycle brings nothing new: the host counts by machine.
  [[nodiscard]] Expected<void> until_activated();
  // So many whole cycles, whatever is answered.
  [[nodiscard]] Expected<void> repeat(std::uint32_t cycles);

  [[nodiscard]] const std::vector<Attempt>& attempts() const { return attempts_; }
  [[nodiscard]] std::uint64_t unreached() const { return unreached_; }
  [[nodiscard]] std::uint64_t rearms() const { return rearms_; }
  [[nodiscard]] std::uint64_t reverts() const { return reverts_; }
  [[nodiscard]] std::uint32_t cycles() const { return cycle_; }
  [[nodiscard]] const std::set<Cmid>& cmids() const { return cmids_; }

 private:
  void boot();
  void revert();
  // True: activated.
  [[nodiscard]] Expected<bool> attempt();
  // True: a rearm was left; the desktop has restarted.
  [[nodiscard]] Expected<bool> rearm();

  World& world_;
  Machine& desktop_;
  Image snapshot_;
  Stream boots_;
  Instant network_up_{};
  std::uint32_t cycle_ = 0;
  std::uint64_t unreached_ = 0, rearms_ = 0, reverts_ = 0;
  std::vector<Attempt> attempts_;
  std::set<Cmid> cmids_;
};

}  // namespace muster::lab
