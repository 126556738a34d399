#include "lab/count_watch.h"

#include "core/forecast.h"

namespace muster::lab {

std::uint32_t CountWatch::look(const core::Roll& roll, Instant now, minutes retention) {
  const auto count = roll.count_at(now, retention);
  if (count >= threshold_) {
    if (!first_) first_ = now;
  } else if (count_ >= threshold_) {
    ++falls_;
    if (!fell_) fell_ = core::falls_under(roll.entries(), looked_, retention, threshold_);
  }
  if (first_ && !zero_ && count == 0 && count_ > 0) {
    zero_ = core::falls_under(roll.entries(), looked_, retention, 1);
  }
  count_ = count;
  looked_ = now;
  return count;
}

void CountWatch::tell(Track& track) const {
  track.first_at_threshold = first_;
  track.falls_below = fell_;
  track.falls = falls_;
  track.zero = zero_;
}

}  // namespace muster::lab
