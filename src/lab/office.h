// A few machines whose agents run by themselves, beside a host whose count is sampled. Of two that
// are due in one second the one that was added first comes first.
#pragma once

#include <memory>
#include <vector>

#include "lab/machine.h"

namespace muster::lab {

class Office {
 public:
  // Time begins to be sampled now, every `every`, into `track`, of this group on this host. All
  // must outlive it.
  Office(World& world, std::string host, std::string group, seconds every, Track& track);

  // Off, with an empty disk. REQUIRES: before the first run().
  Machine& add(Machine::Options options);
  [[nodiscard]] Machine& machine(std::size_t number) { return *machines_[number].machine; }
  [[nodiscard]] std::size_t size() const { return machines_.size(); }
  // A machine was started: its agent has its first turn now, in the next run().
  void wake(std::size_t number);
  // Time goes on until `end`, agents ask and samples are taken.
  void run(Instant end);
  // One sample at this moment; run() takes those that are due.
  void sample();
  // The last activation that a machine was given ends then; the epoch where it has had none.
  [[nodiscard]] Instant licensed_until(std::size_t number) const {
    return machines_[number].licensed_until;
  }
  // The first refusal of a machine that had been activated.
  [[nodiscard]] std::optional<Instant> renewal_refused() const { return renewal_refused_; }

 private:
  static constexpr Instant kAsleep = Instant::max();
  struct Desk {
    std::unique_ptr<Machine> machine;
    Instant licensed_until{};
    Instant wake = kAsleep;
  };
  void note(std::size_t number, const Exchange& seen);

  World& world_;
  std::string host_, group_;
  seconds every_;
  Track& track_;
  Instant next_sample_;
  std::vector<Desk> machines_;
  std::optional<Instant> renewal_refused_;
  Tally tally_;
  Instant minute_{};
  std::uint64_t in_minute_ = 0;
};

}  // namespace muster::lab
