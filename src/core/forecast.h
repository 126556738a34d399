// What becomes of a roll when nobody asks any more, and who has to ask so that it holds. Pure.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <vector>

#include "core/roll.h"

namespace muster::core {

// The first moment from `now` on at which the count is under `threshold` if nobody asks again:
// `now` where it is already. `entries` as Roll::entries() gives them. REQUIRES: threshold > 0.
[[nodiscard]] Instant falls_under(std::span<const RollEntry> entries, Instant now,
                                  minutes retention, std::uint32_t threshold);

struct CountAt {
  Instant at{};
  std::uint32_t count = 0;
  friend bool operator==(const CountAt&, const CountAt&) = default;
};
// The count at `now` and, if nobody asks again, at the end of each of `steps` equal parts of the
// retention in which it changes; the last is 0. `entries` as Roll::entries() gives them. REQUIRES:
// retention and steps > 0.
[[nodiscard]] std::vector<CountAt> count_if_silent(std::span<const RollEntry> entries, Instant now,
                                                   minutes retention, std::uint32_t steps);

// An entry of the roll, and what its machine has to do.
struct Due {
  RollEntry entry{};
  Instant leaves{};               // the entry does, unless its machine asks
  std::uint32_t count_after = 0;  // with its leaving, if nobody has asked since now
  bool gone = false;              // its machine asks no more
  // Its machine has to ask, and before then. None: it may stay away, or is gone.
  std::optional<Instant> ask_before{};
};
struct DueList {
  std::vector<Due> entries;   // the one that leaves first first; so do `ask_before` ascend
  std::uint32_t spare = 0;    // machines that may stay away
  std::uint32_t missing = 0;  // machines more that it takes; where there are any, spare is 0
  // From when on the count is under the threshold though all have asked that can; none: it holds.
  std::optional<Instant> falls_under{};
};
// Who has to ask by when so that the count stays at `threshold` for a retention from `now` on. It
// stays where exactly those with `ask_before` ask in time. It falls where one of them does not ask
// at all; it falls at that one's moment where the others wait for theirs. The machines that may
// stay away are those that would have to ask first. Where some are missing, all that can have to
// ask before their entries leave, and the count falls when too many of the others have left.
// `gone` says whose machine asks no more, because it is no more or is nobody's to wake. `entries`
// as Roll::entries() gives them; those that have left at `now` are left out. REQUIRES: threshold >
// 0.
[[nodiscard]] DueList due_list(std::span<const RollEntry> entries, Instant now, minutes retention,
                               std::uint32_t threshold,
                               const std::function<bool(const RollEntry&)>& gone);

}  // namespace muster::core
