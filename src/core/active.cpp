#include "core/active.h"

#include <algorithm>
#include <cstddef>

namespace muster::core {

// Seconds are spread evenly, more or less, so the search begins near its end: with a counter for
// every second of a month, halving would miss the cache twenty times.
std::size_t ActiveCount::place(Instant at) const {
  if (seconds_.empty() || seconds_.back().at < at) return seconds_.size();
  const auto first = seconds_.front().at;
  if (at <= first) return 0;
  const auto last = seconds_.size() - 1;
  const auto share = static_cast<double>((at - first).count()) /
                     static_cast<double>((seconds_.back().at - first).count());
  auto low = static_cast<std::size_t>(share * static_cast<double>(last));
  auto high = low;
  for (std::size_t step = 1; seconds_[low].at >= at; step *= 2) low -= std::min(low, step);
  for (std::size_t step = 1; seconds_[high].at < at; step *= 2) high = std::min(high + step, last);
  const auto begin = seconds_.begin();
  const auto found =
      std::ranges::lower_bound(begin + static_cast<std::ptrdiff_t>(low),
                               begin + static_cast<std::ptrdiff_t>(high), at, {}, &Second::at);
  return static_cast<std::size_t>(found - begin);
}

void ActiveCount::add(Instant at, bool more) {
  const auto index = place(at);
  const bool there = index < seconds_.size() && seconds_[index].at == at;
  // What was trimmed is no longer there to be taken away. A counter that falls to zero stays until
  // it is trimmed: taking it out would move half of the others.
  if (!there && !more) return;
  if (!there) seconds_.insert(seconds_.begin() + static_cast<std::ptrdiff_t>(index), {at, 0});
  if (more) {
    ++seconds_[index].machines;
    ++total_;
  } else if (seconds_[index].machines > 0) {
    --seconds_[index].machines;
    --total_;
  }
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
