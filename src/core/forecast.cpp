#include "core/forecast.h"

#include <algorithm>

namespace muster::core {

Instant falls_under(std::span<const RollEntry> entries, Instant now, minutes retention,
                    std::uint32_t threshold) {
  if (entries.size() < threshold) return now;
  // With this one's leaving there are threshold - 1 left.
  return std::max(now, entries[entries.size() - threshold].last_seen + retention);
}

std::vector<CountAt> count_if_silent(std::span<const RollEntry> entries, Instant now,
                                     minutes retention, std::uint32_t steps) {
  const seconds whole = retention;
  const seconds step{(whole.count() + steps - 1) / steps};
  std::vector<CountAt> out;
  std::size_t gone = 0;
  for (auto at = now; at < now + whole + step; at += step) {
    while (gone < entries.size() && at - entries[gone].last_seen >= retention) ++gone;
    const auto count = static_cast<std::uint32_t>(entries.size() - gone);
    if (out.empty() || out.back().count != count) out.push_back({at, count});
  }
  return out;
}

}  // namespace muster::core
