// An event of the log as a syslog message (RFC 5424), framed by octet counting (RFC 6587, and RFC
// 5425 over TLS):
//   LENGTH SP <PRI>1 TIME HOSTNAME muster - TYPE [muster@32473 NAME="VALUE" ...] LINE
// The structured data holds every member of the event under its own name, but those that are null;
// objects as JSON. LINE is the event's line as it is stored and exported, so that the chain can be
// held against what a syslog server kept. 32473 is the number that RFC 5612 keeps for those without
// one of their own. Names and addresses are salted hashes, as in every export.
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace muster::wire {

// Appends one frame. `facility`: 0 .. 23. A `hostname` that is none becomes "-". log_broken: the
// line is no event; nothing is appended.
[[nodiscard]] Expected<void> append_syslog(std::string& out, std::string_view line,
                                           std::string_view hostname, int facility);

}  // namespace muster::wire
