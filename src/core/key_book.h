// A multiple activation key with its places, in memory, as a store keeps them: for `muster replay`
// and the lab. decide() of core/ledger.h decides. Not thread-safe.
#pragma once

#include <cstdint>
#include <deque>
#include <map>
#include <set>
#include <utility>
#include <vector>

#include "core/ledger.h"

namespace muster::core {

class KeyBook {
 public:
  // Of the places of one CMID, and of those held for one fact, so many are looked at, the last
  // ones: as many as a store reads.
  KeyBook(MakPolicy policy, std::size_t near_most) : policy_(policy), near_most_(near_most) {}

  // One request, and what it changes.
  KeyDecision activate(const Cmid& cmid, const Facts& facts, Instant now);
  // Gives back the place that was sold last to this CMID. Returns it; no_place,
  // release_not_allowed.
  [[nodiscard]] Expected<KeyPlace> release(const Cmid& cmid, Instant now);
  // Gives back the place with this number. The same errors.
  [[nodiscard]] Expected<KeyPlace> release(std::uint32_t number, Instant now);

  [[nodiscard]] const MakPolicy& policy() const { return policy_; }
  [[nodiscard]] const KeyRecord& record() const { return record_; }

 private:
  [[nodiscard]] std::vector<KeyPlace> near(const Cmid& cmid, const Facts& facts) const;
  void put(const KeyPlace& place);

  MakPolicy policy_;
  std::size_t near_most_;
  KeyRecord record_;
  std::deque<KeyPlace> places_;                            // number - 1
  std::map<Cmid, std::vector<std::uint32_t>> by_cmid_;     // numbers, ascending
  std::map<Bytes16, std::vector<std::uint32_t>> by_fact_;  // numbers, ascending
  std::set<std::pair<Instant, std::uint32_t>> released_;   // the one released first first
};

}  // namespace muster::core
