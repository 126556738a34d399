// Who asked a host and when, of what counted: as a host's log has it, and as the forecast's score
// and a recorded scenario need it.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "core/roll.h"

namespace muster::lab {

struct Contact {
  Instant at{};
  core::RollKey who{};
};

// A count group on a host, for as long as it was watched.
struct ContactLog {
  std::string host, group;
  std::uint32_t threshold = 0;  // the highest of the group's products
  minutes retention{};
  std::vector<Contact> contacts;  // by time
};

// When the count was under its threshold, after it was first reached.
struct Under {
  Instant from{}, until{};  // until: the end of the log, where it did not rise again
  friend bool operator==(const Under&, const Under&) = default;
};
// The count over time by core's own roll: the times under the threshold until `end`. Before the
// threshold was first reached it is under it too.
[[nodiscard]] std::vector<Under> times_under(const ContactLog& log, Instant start, Instant end);

}  // namespace muster::lab
