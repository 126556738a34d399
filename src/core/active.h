// The true number of machines heard of within the retention, which the roll's capacity does not
// cap. Holds one counter for each second in which somebody was last heard, so memory follows the
// retention and not the number of machines. Exact to the second. Not thread-safe.
#pragma once

#include <cstddef>
#include <cstdint>
#include <deque>
#include <optional>

#include "base/time.h"

namespace muster::core {

class ActiveCount {
 public:
  // A machine that was last heard at `before` is heard at `now`; undo is the same call with both
  // swapped. A default Instant (the epoch) means "never".
  void move(Instant before, Instant now);
  // Machines with at - last heard < retention.
  [[nodiscard]] std::uint64_t count(Instant at, minutes retention) const;
  // Forgets counters that no `count` with this retention can see from `at` on.
  void trim(Instant at, minutes retention);
  // The first second that is not forgotten; none where nobody was ever heard, or all are forgotten.
  [[nodiscard]] std::optional<Instant> oldest() const {
    return seconds_.empty() ? std::nullopt : std::optional(seconds_.front().at);
  }

 private:
  struct Second {
    Instant at;
    std::uint64_t machines;
  };
  [[nodiscard]] std::size_t place(Instant at) const;  // the first that is not before `at`
  void add(Instant at, bool more);

  std::deque<Second> seconds_;  // ascending
  std::uint64_t total_ = 0;
};

}  // namespace muster::core
