#include "core/forecast.h"

#include <algorithm>

namespace muster::core {

Instant falls_under(std::span<const RollEntry> entries, Instant now, minutes retention,
                    std::uint32_t threshold) {
  if (entries.size() < threshold) return now;
  // With this one's leaving there are threshold - 1 left.
  return std::max(now, entries[entries.size() - threshold].last_seen + retention);
}

}  // namespace muster::core
