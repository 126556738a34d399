// Notes to the second when a count reaches its threshold, falls under it and becomes nothing,
// though it is looked at only when somebody asks and when a sample is taken: between two looks
// entries do nothing but leave.
#pragma once

#include <optional>

#include "core/roll.h"
#include "lab/outcome.h"

namespace muster::lab {

class CountWatch {
 public:
  CountWatch(Instant start, std::uint32_t threshold) : looked_(start), threshold_(threshold) {}

  // To be called right before and right after each request that the roll may count, and whenever
  // the count is to be read. REQUIRES: now is not before the last look.
  std::uint32_t look(const core::Roll& roll, Instant now, minutes retention);
  // Into `track`: its moments, and how often it fell.
  void tell(Track& track) const;

 private:
  Instant looked_;
  std::uint32_t threshold_;
  std::uint32_t count_ = 0;
  std::uint32_t falls_ = 0;
  std::optional<Instant> first_, fell_, zero_;
};

}  // namespace muster::lab
