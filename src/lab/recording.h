// A recorded event log as values, and the scenario that is fitted to it. What the log shows is
// measured (pool sizes, rebuilds, days and hours, growth, closures, outages); what it cannot show
// is guessed, and the file says which is which. Pure.
#pragma once

#include <istream>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "core/roll.h"

namespace muster::lab {

// One request that a host counted.
struct Recorded {
  Instant at{};
  std::size_t host = 0, product = 0;  // index
  core::RollKey who{};                // the CMID
  core::RollKey name{};               // anything that tells one name from another; zero: none given
  bool is_virtual = false;
  bool activated = false;
};

struct RecordedProduct {
  std::string id, group, name;
  std::uint32_t threshold = 0;
};

struct Recording {
  std::vector<std::string> hosts;  // as they call themselves
  std::vector<RecordedProduct> products;
  std::vector<Recorded> asks;  // by time
  Instant end{};               // of the log, not before the last of them
};

// Adds the lines of an export ('muster events export') to a recording. Acts on the host,
// and requests that did not count, are passed over. not_a_log with the line's number where one does
// not read; `file` is how the text is called in that.
[[nodiscard]] Expected<void> add_export(Recording& to, std::istream& text, std::string_view file);

// The text of a scenario file that read_scenario() takes. `title` of it. nothing_counted where
// nobody was.
[[nodiscard]] Expected<std::string> fit_scenario(const Recording& recording,
                                                 std::string_view title);

}  // namespace muster::lab
