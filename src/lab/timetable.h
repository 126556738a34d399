// When each machine of a scenario is switched on and off, built anew, brought back: all that
// happens to it from outside. A function of the scenario and the seed alone; nothing is kept for a
// machine. Machines are numbered through all pools, one after the other.
#pragma once

#include <vector>

#include "base/bytes.h"
#include "lab/agenda.h"
#include "lab/scenario.h"

namespace muster::lab {

// A time after the begin; kNever where that is further away than ticks go.
[[nodiscard]] Tick tick(minutes time);

class Timetable {
 public:
  // `scenario` must outlive it. REQUIRES: it ends before kNever.
  Timetable(const Scenario& scenario, std::uint64_t seed);

  [[nodiscard]] std::uint32_t machines() const { return firsts_.back(); }
  [[nodiscard]] Tick end() const { return end_; }
  // A pool's machines: [first, behind).
  [[nodiscard]] std::uint32_t first(std::size_t pool) const { return firsts_[pool]; }
  [[nodiscard]] std::uint32_t behind(std::size_t pool) const { return firsts_[pool + 1]; }
  // REQUIRES: machine < machines().
  [[nodiscard]] std::size_t pool_of(std::uint32_t machine) const;

  // Whether the machine is to be on from `at`.
  [[nodiscard]] bool on(std::uint32_t machine, Tick at) const;
  [[nodiscard]] bool rebuilt(std::uint32_t machine, Tick at) const;
  [[nodiscard]] bool snapshot(std::uint32_t machine, Tick at) const;
  [[nodiscard]] bool reverted(std::uint32_t machine, Tick at) const;
  // The first moment from `from` on at which one of these may become true, or `on` may change;
  // kNever: nothing happens to it any more.
  [[nodiscard]] Tick next(std::uint32_t machine, Tick from) const;

 private:
  [[nodiscard]] Tick joins(std::uint32_t machine) const;
  [[nodiscard]] Tick arrival(std::uint32_t machine, std::int64_t day) const;

  const Scenario& scenario_;
  std::vector<std::uint32_t> firsts_;  // by pool, and one more
  std::vector<Bytes16> arrival_keys_;  // by pool
  std::int64_t offset_;                // of the begin from its midnight, seconds
  std::int64_t weekday_;               // of the begin, Monday 0
  Tick end_;
};

}  // namespace muster::lab
