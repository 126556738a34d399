// The one place where a machine is accepted or refused (design section 2).
// Pure: reads no clock, no store and no log. The same inputs give the same answer.
#pragma once

#include <optional>
#include <span>
#include <vector>

#include "base/policy.h"
#include "core/evidence.h"
#include "core/group.h"
#include "core/machine.h"

namespace muster::core {

// A request for a product that this host serves.
struct Ask {
  std::string_view product;
  Cmid cmid;
  std::optional<Instant> client_time;  // none: rule 2 does not apply (replay)
  Facts facts;
  Shown shown;
  Bytes16 nonce{};
  LicenceState state = LicenceState::unlicensed;
  bool some_left = false;  // machines have left the table (evidence.h)
};

struct Decision {
  bool activated = false;
  bool counted = false;            // false: rule 2 refused it; nothing but counters has changed
  std::uint32_t count = 0;         // read only if counted
  std::optional<ErrorCode> error;  // none if activated
  std::optional<Evidence> evidence;
  bool repeat = false;                // a lost answer asked for again: the ticket of before
  Machine machine;                    // read only if counted: the row to be stored
  std::vector<RollKey> roll_changed;  // keys whose entries on the roll came, moved or left
};

// Decides one request and applies it to `group` (roll, active machines, counters).
//   known, same_fact  as evidence() wants them; the caller has read them inside the same unit
// REQUIRES: now is not before any earlier decision of this group. Never fails.
[[nodiscard]] Decision decide(Group& group, const Policy& policy, const Ask& ask,
                              const Machine* known, std::span<const Machine> same_fact,
                              Instant now);

// Rule 1: a request for a product that no host key names. Only counters of the log change, so this
// is just the answer.
[[nodiscard]] Decision not_served();

// The key under which a request stands on the roll.
[[nodiscard]] RollKey roll_key(CountBy count_by, const Cmid& cmid, const Facts& facts);

}  // namespace muster::core
