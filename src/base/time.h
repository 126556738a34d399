// Time as values. Nothing here reads a clock; whoever decides is given `now`.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace muster {

// A moment in UTC, whole seconds. Fractions are cut where time enters.
using Instant = std::chrono::sys_seconds;
using std::chrono::minutes;
using std::chrono::seconds;

// RFC 3339 in UTC to the second: "2026-01-05T08:00:00Z".
[[nodiscard]] std::string format_time(Instant time);
void append_time(std::string& out, Instant time);
// Any RFC 3339 time with an offset, fractions cut (towards the past). Nothing for anything else, a
// leap second included, and for years outside 1970 .. 9999.
[[nodiscard]] std::optional<Instant> parse_time(std::string_view text);

// "<n>m", "<n>h", "<n>d" or "<n>y" (365 days), n without sign, at most 100 years: "180d".
[[nodiscard]] Expected<minutes> parse_duration(std::string_view text);
// The shortest exact form in days, hours or minutes: "180d", "2h", "61m", "0m".
[[nodiscard]] std::string format_duration(minutes duration);
// For people, rounded up to whole days from two days on: "180 days", "47 hours", "1 minute".
[[nodiscard]] std::string spoken_duration(seconds duration);

// The clocks a process has. The real ones are made in host/system_clock.cpp and
// client/system_clock.cpp.
class Clock {
 public:
  virtual ~Clock() = default;
  [[nodiscard]] virtual Instant now() = 0;
  // Never set, never stepped; its zero means nothing.
  [[nodiscard]] virtual std::chrono::milliseconds monotonic() = 0;
};

}  // namespace muster
