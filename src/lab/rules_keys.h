// The multiple activation keys of a scenario by the ledger's rules alone: core::decide, asked as
// the client of each machine would ask. Not thread-safe.
#pragma once

#include <vector>

#include "core/key_book.h"
#include "lab/timetable.h"

namespace muster::lab {

class RulesKeys {
 public:
  // Both must outlive it.
  RulesKeys(const Scenario& scenario, const Timetable& timetable, std::uint64_t seed);

  // The machine, `built` so many times by now, asks by its pool's key; true: it holds a place.
  // REQUIRES: its pool has a key.
  bool ask(std::uint32_t machine, std::uint32_t built, Instant now);
  // Gives back the place that it was given last, where it still holds that.
  void release(std::uint32_t machine, Instant now);

  [[nodiscard]] std::uint32_t used(std::size_t key) const { return books_[key].record().used(); }

 private:
  struct PoolKeys {
    Bytes16 cmid, hardware, system;
  };

  const Scenario& scenario_;
  const Timetable& timetable_;
  std::vector<PoolKeys> pools_;
  std::vector<core::KeyBook> books_;   // by key
  std::vector<std::uint32_t> places_;  // by machine; 0: none. Empty where no pool releases any
};

}  // namespace muster::lab
