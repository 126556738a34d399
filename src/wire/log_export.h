// An export of an event log, and its verification without a host or a network.
//   line 1         {"muster_log":1,"host":"<thumbprint>","host_jwk":{...},"epoch":1,"from":SEQ,
//                   "previous":"<32 bytes>","newest":"<JWS>"}
//   event lines    as they are stored (event.h)
//   checkpoints    {"checkpoint":"<JWS>"}, each after the event whose seq it signs
// Lines end with "\n". `previous` is hash(from - 1), zero bytes for from = 1. `newest` is the
// host's newest checkpoint at the time of the export, left out where there is none or the export
// ends before it: by it, a tail that was cut off with its checkpoints is missed.
#pragma once

#include <cstdint>
#include <functional>
#include <istream>
#include <optional>
#include <string>

#include "wire/documents.h"
#include "wire/event.h"

namespace muster::wire {

struct LogHeader {
  std::string host;  // thumbprint
  std::string host_jwk;
  std::uint32_t epoch = 0;
  std::uint64_t from = 1;
  Bytes32 previous{};
  std::string newest{};  // a checkpoint's JWS, or empty
};
[[nodiscard]] std::string encode_log_header(const LogHeader& header);
[[nodiscard]] Expected<LogHeader> parse_log_header(std::string_view line);
// Both lines without their "\n".
[[nodiscard]] std::string encode_checkpoint_line(std::string_view checkpoint_jws);

struct LogReport {
  std::uint64_t first = 0, last = 0;  // seq of the first and last event line
  std::uint64_t proved =
      0;  // seq of the last checkpoint that fits; later events are chained, not proved
  std::uint64_t checkpoints = 0;
  Instant checkpoint_time{};
};
// Reads the export to its end. `host` is the key that the checkpoints must be signed with; without
// it the header's own is taken, which proves only that the export agrees with itself. log_broken
// names the seq and what is wrong there: "event 512: its line was changed", "event 513 is missing",
// "events 514 and 515 are in the wrong order", "the log was cut after event 2000, and a checkpoint
// proves event 3000". `at_least`: the seq that the caller knows to have been reached (an
// activation's log place, an earlier checkpoint), 0: unknown.
[[nodiscard]] Expected<LogReport> verify_log(std::istream& in, const std::optional<PublicKey>& host,
                                             std::uint64_t at_least,
                                             const std::function<void(const Event&)>& each);

}  // namespace muster::wire
