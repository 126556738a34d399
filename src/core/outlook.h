// How many machines a fleet is expected to count, from each machine's own past. What becomes of the
// count if nobody asks again is exact, and stands in core/forecast.h; this is about who is likely
// to ask. Pure.
//
// Time runs in thirtieths of the retention: days, where it is 30 days. A machine's rhythm is the
// median of the times between its contacts, within 1 .. 60 days; one that came once only has the
// group's. From the past come further: how late machines are that do come back, as shares of their
// rhythm; how often one never does (silent for 30 days and three times its rhythm); and how many
// new ones come in a week, and how evenly. A machine that is silent is still there with a chance
// that falls as its silence grows against its rhythm (Bayes); it counts on a day when it asked
// within 30 days of it. So a pool whose CMIDs never come back counts by its new ones, and a fleet
// on a weekly schedule by those that it has.
//
// A silence of the whole fleet, longer than half as long again as 19 in 20 before, is one thing
// that happened to all and says nothing about any of them: a closure, an outage, the end. That it
// ends at all has the chance L / (L + s) after a life of L and a silence of s; where it ends, it
// lasts as long again with a chance of a half, and nine times as long with one of 1 in 10.
//
// The number that counts is a sum of such chances. Its range is the middle 80 of 100, from the
// chances themselves, from how few departures and arrivals have been seen, and from when a silence
// ends. What has never happened before (a first closure, a pool that is switched off) is in no
// range.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "base/time.h"

namespace muster::core {

// What is known of one machine.
struct Contacts {
  std::span<const Instant> times{};  // ascending; the newest ones, without a gap
  Instant first{};                   // its first contact, where `times` does not reach back to it
};

struct Expectation {
  double mean = 0;
  double low = 0, high = 0;  // the middle 80 of 100
};

inline constexpr int kHorizon = 180;  // thirtieths of the retention

struct Fleet {
  std::span<const Contacts> machines{};
  Instant since{};  // the first contact that anything is known of: who is new can be told later
  Instant now{};    // later contacts are not looked at
  minutes retention{};
};

struct Outlook {
  Instant now{};
  seconds step{};                     // a thirtieth of the retention
  std::vector<Expectation> machines;  // heard of within a retention, at now + index * step
  double rhythm = 0;                  // the group's median, steps; 0: no machine came twice
  double leaving = 0;   // of 100 contacts, after how many a machine was never seen again
  double arriving = 0;  // new machines in a step
  std::uint64_t returns = 0, departures = 0;  // that this rests on
  seconds silence{};  // of the whole fleet, where it is longer than usual; else 0
};
// REQUIRES: retention > 0; horizon >= 0.
[[nodiscard]] Outlook look_ahead(const Fleet& fleet, int horizon = kHorizon);

// When the count is expected to fall, and by the two ends of the range; none within the horizon.
struct ExpectedFall {
  std::optional<Instant> expected, earliest, latest;
};
// `if_silent`: as falls_under() says, before which it cannot fall. REQUIRES: it is not under now.
[[nodiscard]] ExpectedFall expected_fall(const Outlook& outlook, std::uint32_t threshold,
                                         Instant if_silent);

// How well the same would have done before: a forecast each week, of a retention ahead.
struct BackTest {
  std::uint32_t forecasts = 0;
  double mean_error = 0;       // machines, by which the expected number was wrong
  double mean_actual = 0;      // machines
  std::uint32_t in_range = 0;  // forecasts whose range held the true number
};
[[nodiscard]] BackTest test_back(const Fleet& fleet);

}  // namespace muster::core
