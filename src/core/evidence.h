// What the host is looking at, from (CMID, facts, ticket): design section 3, the table row by row.
// Evidence never changes the count under count_by cmid; it is recorded and explained.
#pragma once

#include <optional>
#include <span>
#include <string>

#include "core/machine.h"
#include "core/ticket.h"

namespace muster::core {

// Of a machine's other CMIDs so many are looked at, the most recently heard.
inline constexpr std::size_t kSameFactMost = 8;

struct Identity {
  const Facts& facts;
  Shown shown;
  Bytes16 nonce;
  // Machines have left the table: one that is not known may have, and then shows a ticket of ours.
  bool some_left = false;
};

// One row of the table.
//   known      the machine's row, or null for a new CMID
//   same_fact  rows of other CMIDs of this group with the same primary fact, the newest first, at
//              most kSameFactMost; read only for a new CMID
//   rearm_limit  new CMIDs that a machine may take in a day; compared as 1 .. kSameFactMost, since
//              one a day is a pool that is rebuilt, and more than are looked at could not be seen
// Null where no facts were given (and the ticket is not foreign or newer than ours).
[[nodiscard]] std::optional<Evidence> evidence(const Machine* known,
                                               std::span<const Machine> same_fact,
                                               const Identity& asked, std::uint32_t rearm_limit,
                                               Instant now);

// True where the request repeats the one that was given the newest ticket, its answer lost: the
// same ticket is given again. A first request counts as showing number 0.
[[nodiscard]] bool repeats(const Machine* known, const Identity& asked);

// One sentence for people: what it is and what to do about it, if anything.
[[nodiscard]] std::string_view explain(Evidence evidence);

}  // namespace muster::core
