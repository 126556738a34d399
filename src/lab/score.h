// How well core's forecasts would have done, against what then happened: each made from what was
// known by a day, and held against the days after it. Beside two simple ones: that nobody asks any
// more, and that the count does what it did in the month before. Pure.
#pragma once

#include <cstdint>
#include <vector>

#include "lab/contacts.h"

namespace muster::lab {

struct ScoreTask {
  const ContactLog* log = nullptr;
  Instant start{}, end{};
  std::chrono::days first{14};  // the first forecast, after the begin
  std::chrono::days every{7};   // the next ones
  std::chrono::days ahead{60};  // what a forecast is held against; later is as good as never
};

// Errors are sums of days over all forecasts: between the day said and the day it happened, `ahead`
// standing for never.
struct Score {
  std::uint32_t forecasts = 0;     // made while the count was not under its threshold
  std::uint32_t falls = 0;         // of these, after which it fell within `ahead`
  double by_log = 0, by_host = 0;  // from all that was asked; from what a host can read of it
  double by_silence = 0, by_last_month = 0;
  std::uint32_t in_range_by_log = 0, in_range_by_host = 0;  // range held what happened

  Score& operator+=(const Score& more);
};
[[nodiscard]] Score score_forecasts(const ScoreTask& task);

}  // namespace muster::lab
