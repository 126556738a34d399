// What becomes of a roll when nobody asks any more. Pure.
#pragma once

#include <optional>
#include <span>

#include "core/roll.h"

namespace muster::core {

// The first moment from `now` on at which the count is under `threshold` if nobody asks again:
// `now` where it is already. `entries` as Roll::entries() gives them. REQUIRES: threshold > 0.
[[nodiscard]] Instant falls_under(std::span<const RollEntry> entries, Instant now,
                                  minutes retention, std::uint32_t threshold);

}  // namespace muster::core
