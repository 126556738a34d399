// What becomes of a roll when nobody asks any more. Pure.
#pragma once

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

}  // namespace muster::core
