// When the count is expected to fall, from each machine's own rhythm. Whoever asks nobody again is
// core's business (core/forecast.h); this is about who is likely to ask.
//
// A machine's rhythm is the median of the days between its contacts, within 1 .. 60; one that came
// once only has the group's. From the log come further: how late machines are that do come back, as
// shares of their rhythm; how often one never does (silent for 30 days and three times its rhythm);
// and how many new ones come in a day. A machine silent for s days is still there with a chance
// that falls as s grows against its rhythm (Bayes); it counts at a day when it asked within 30 days
// of it. The number that counts is a sum of such chances; its range is the middle 80 of 100, from
// the chances themselves and from how few departures the log holds.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace muster::analyser {

// Days are numbers since 1970.
struct Contacts {
  std::span<const std::int32_t> days;  // of one machine, ascending, each once
};

struct Expectation {
  double mean = 0;
  double low = 0, high = 0;  // the middle 80 of 100
};

struct Outlook {
  std::vector<Expectation> machines;  // heard of within 30 days, at today + index
  double rhythm = 0;                  // the group's median, days; 0: no machine came twice
  double leaving = 0;   // of 100 contacts, after how many a machine was never seen again
  double arriving = 0;  // new machines in a day
  std::uint64_t returns = 0, departures = 0;  // that this rests on
};

inline constexpr int kHorizon = 180;  // days
// What is known of a fleet by the end of day `today`; later contacts are not looked at. `since` is
// the log's first day: who is new can be told 30 days later.
[[nodiscard]] Outlook look_ahead(std::span<const Contacts> fleet, std::int32_t since,
                                 std::int32_t today, int horizon = kHorizon);

// The first day (from today on, as its index) with fewer than `threshold` expected, and by the two
// ends of the range; none within the horizon.
struct FallDay {
  std::optional<int> expected, earliest, latest;
};
[[nodiscard]] FallDay fall_day(const Outlook& outlook, std::uint32_t threshold);

// How well the same would have done before: a forecast each week, of 30 days ahead.
struct BackTest {
  std::uint32_t forecasts = 0;
  double mean_error = 0;       // machines, by which the expected number was wrong
  double mean_actual = 0;      // machines
  std::uint32_t in_range = 0;  // forecasts whose range held the true number
};
[[nodiscard]] BackTest test_back(std::span<const Contacts> fleet, std::int32_t since,
                                 std::int32_t today);

}  // namespace muster::analyser
