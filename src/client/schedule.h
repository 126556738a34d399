// When the agent asks next: the decision alone. Pure.
#pragma once

#include <optional>

#include "client/client.h"

namespace muster::client {

struct Situation {
  bool restart_pending = false;
  LicenceState state = LicenceState::unlicensed;
  bool has_activation = false;  // one that verifies, ended or not
  std::optional<LastAttempt> last;
  minutes retry_interval{120};
  unsigned silent = 0;  // attempts of this agent in a row that no host answered
  Instant now{};
  double jitter = 0;  // 0 .. 1, for what no host spread
};

// From a product's status; `silent` and `jitter` are the agent's.
[[nodiscard]] Situation situation_of(const ProductStatus& status, Instant now);

// After the `silent`th attempt in a row that no host answered, from 1: 1 to 2 times 60 s x 2^(n-1),
// by `jitter`, 0 .. 1; at most 1.0 to 1.1 times the retry interval.
[[nodiscard]] seconds silent_wait(unsigned silent, minutes retry_interval, double jitter);

struct NextStep {
  enum class Kind { ask, wait, restart } kind = Kind::ask;
  seconds after{};  // of `wait`: more than 0
  friend bool operator==(const NextStep&, const NextStep&) = default;
};

//   a restart is pending   -> restart: nothing is asked before it
//   never asked            -> ask
//   a host answered        -> never sooner than its retry_after; where that was an activation that
//                             is no longer there, the retry interval
//   no host answered       -> ask at start-up, then after silent_wait()
//   the clock is earlier than the last attempt
//                          -> ask: how long ago that was cannot be known
// The first repeats come sooner than the retry interval because at boot the network is often up a
// little later than the agent.
[[nodiscard]] NextStep next_step(const Situation& in);

}  // namespace muster::client
