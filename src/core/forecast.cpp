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

DueList due_list(std::span<const RollEntry> entries, Instant now, minutes retention,
                 std::uint32_t threshold, const std::function<bool(const RollEntry&)>& gone) {
  DueList out;
  for (const auto& entry : entries) {
    if (now - entry.last_seen >= retention) continue;
    out.entries.push_back(
        {.entry = entry, .leaves = entry.last_seen + retention, .gone = gone(entry)});
  }
  auto& all = out.entries;
  const auto count = static_cast<std::uint32_t>(all.size());
  std::uint32_t able = 0;
  for (std::uint32_t i = 0; i < count; ++i) {
    all[i].count_after = count - i - 1;
    able += all[i].gone ? 0 : 1;
  }
  out.spare = able > threshold ? able - threshold : 0;
  out.missing = able < threshold ? threshold - able : 0;
  if (out.missing > 0 && count < threshold) out.falls_under = now;
  std::uint32_t may_leave = count < threshold ? 0 : count - threshold;
  // With the leaving of all[next] one more must have asked. Where none is missing, the entry of
  // whoever is the next to ask has left by then: asking adds one.
  auto next = may_leave;
  auto to_spare = out.spare;
  for (auto& one : all) {
    if (one.gone) {
      if (out.missing == 0 || out.falls_under) continue;
      if (may_leave == 0) out.falls_under = one.leaves;
      if (may_leave > 0) --may_leave;
    } else if (to_spare > 0) {
      --to_spare;
    } else {
      one.ask_before = out.missing > 0 ? one.leaves : all[next++].leaves;
    }
  }
  return out;
}

}  // namespace muster::core
