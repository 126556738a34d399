#include "core/active.h"

#include <algorithm>
#include <cassert>

namespace muster::core {

void ActiveCount::add(Instant at, bool more) {
  // Nearly every call is for the newest second.
  auto place = seconds_.end();
  if (!seconds_.empty() && seconds_.back().at >= at) {
    place = std::ranges::lower_bound(seconds_, at, {}, &Second::at);
  }
  if (more) {
    if (place == seconds_.end() || place->at != at) place = seconds_.insert(place, Second{at, 0});
    ++place->machines;
    ++total_;
    return;
  }
  // What was trimmed is no longer there to be taken away.
  if (place == seconds_.end() || place->at != at) return;
  --total_;
  if (--place->machines == 0) seconds_.erase(place);
}

void ActiveCount::move(Instant before, Instant now) {
  if (before == now) return;
  if (before != Instant{}) add(before, false);
  if (now != Instant{}) add(now, true);
}

std::uint64_t ActiveCount::count(Instant at, minutes retention) const {
  std::uint64_t out = total_;
  for (const auto& second : seconds_) {
    if (at - second.at < retention) break;
    out -= second.machines;
  }
  return out;
}

void ActiveCount::trim(Instant at, minutes retention) {
  while (!seconds_.empty() && at - seconds_.front().at >= retention) {
    total_ -= seconds_.front().machines;
    seconds_.pop_front();
  }
}

}  // namespace muster::core
