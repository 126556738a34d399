// The licence state of one product: a pure function of what is known and of `now`.
//
// Graces run on the newest time ever seen, max(now, newest_seen), and from fixed points: the
// initial grace from `grace_start`, the additional grace from the activation's end. So no setting
// of the clock makes one longer.
#pragma once

#include <optional>

#include "base/error.h"
#include "base/facts.h"
#include "base/policy.h"
#include "base/time.h"

namespace muster::client {

// What an activation that verified for this product and CMID says.
struct Held {
  Instant issued{};
  std::optional<Instant> expires;  // none: of a multiple activation key, without an end
  Facts facts;
  Match match = Match::most;  // when the facts are this machine's
};

struct LicenceInput {
  Instant grace_start{};
  minutes initial_grace{}, additional_grace{};
  std::optional<Held> activation;
  Facts facts;                           // this machine's, as far as this reader knows them
  Instant newest_seen{};                 // before `now`
  std::optional<Instant> newest_signed;  // newest signed host time that was seen, of any activation
  minutes clock_skew{240};
  Instant now{};
};

struct Licence {
  LicenceState state = LicenceState::unlicensed;
  std::optional<ErrorCode> error;      // clock_set_back, wrong_machine, not_licensed
  std::optional<Instant> valid_until;  // the activation's end
  bool permanent = false;              // licensed without an end
  Instant grace_until{};               // end of the grace that runs, or that would follow
  minutes left{};  // of the state, whole minutes, cut; 0 in notification and where permanent
  friend bool operator==(const Licence&, const Licence&) = default;
};

// The first that fits:
//   an activation without an end           -> licensed, whatever the clock says; where it is
//                                             another machine's, it counts as none, and the error
//                                             is wrong_machine
//   after the end of the last grace        -> notification, not_licensed
//   the activation is another machine's    -> additional_grace, wrong_machine
//   now < newest_signed - clock_skew       -> additional_grace, clock_set_back; heals by itself
//   after the activation's end             -> additional_grace
//   otherwise                              -> licensed, or initial_grace without an activation
// Never fails.
[[nodiscard]] Licence licence(const LicenceInput& in);

}  // namespace muster::client
