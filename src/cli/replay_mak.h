// The ledger of one product's multiple activation key for `muster replay`: what a host keeps in its
// store, in memory; core::decide decides. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <vector>

#include "core/ledger.h"

namespace muster::cli {

class ReplayLedger {
 public:
  explicit ReplayLedger(MakPolicy policy) : policy_(policy) {}

  core::KeyDecision activate(const Cmid& cmid, const Facts& facts, Instant now);
  // Gives back the place that was sold last to this CMID. Returns it; no_place,
  // release_not_allowed.
  [[nodiscard]] Expected<core::KeyPlace> release(const Cmid& cmid, Instant now);

  [[nodiscard]] const MakPolicy& policy() const { return policy_; }
  [[nodiscard]] const core::KeyRecord& record() const { return record_; }

 private:
  [[nodiscard]] std::vector<core::KeyPlace> near(const Cmid& cmid, const Facts& facts) const;
  [[nodiscard]] const core::KeyPlace* released_first() const;
  void put(const core::KeyPlace& place);

  MakPolicy policy_;
  core::KeyRecord record_;
  std::deque<core::KeyPlace> places_;                      // number - 1
  std::map<Cmid, std::vector<std::uint32_t>> by_cmid_;     // numbers, ascending
  std::map<Bytes16, std::vector<std::uint32_t>> by_fact_;  // numbers, ascending
};

}  // namespace muster::cli
