// Who this machine is: CMID, facts, rearm and generalize, as changes to a State. Pure but for the
// Random that makes a CMID; what the system says comes in as `Here`.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "client/state.h"
#include "wire/documents.h"

namespace muster::client {

// What the system and the command line say at this moment.
struct Here {
  std::map<std::string, std::string> machine;  // Os::machine_facts()
  Boot boot;
  std::optional<std::string> set;  // --fact or MUSTER_FACTS, where given this time
  Instant now{};
};

// Facts of both hold a common kind, and do not agree.
[[nodiscard]] bool contradicts(const Facts& a, const Facts& b);

// Products whose activation no longer fits and must be removed from the disk after the state is
// stored.
struct Effects {
  bool changed = false;                       // worth storing at once
  std::vector<std::string> drop_activations;  // product ids
};

// Notes the time and takes the machine's facts. Facts that this user may not read stay as they were
// kept. A kept `set` belongs to the machine it was given on: on another one it is forgotten.
Effects refresh(State& state, const Here& here);
// refresh(), and completes what is pending where the machine has started anew: another boot, a
// changed fact.
Effects notice(State& state, const Here& here, Random& random);

struct Installed {
  bool changed = false, new_cmid = false;
  Effects effects;
};
// Puts a product file (its `text` read before into `file`) into the state; rules at
// Client::install.
Installed install(State& state, const wire::ProductFile& file, std::string_view text,
                  const Here& here, Random& random);
// REQUIRES: product.installed.
Effects uninstall(ProductState& product);

// The rearms that a product has left.
[[nodiscard]] std::uint32_t rearms_left(const ProductState& product);

struct Begun {
  bool changed = false;  // false: something was pending already, and stays as it is
  bool grace_restarts = false;
};
// Makes a rearm or generalize of the product's group pending. A rearm fails with no_rearm_left
// where `product` has none; other products of the group restart their grace where they have one.
[[nodiscard]] Expected<Begun> begin(State& state, const ProductState& product, Pending kind,
                                    const Here& here);

// Completes what is pending in the group. A grace that restarts does so at group.newest_seen.
Effects complete(State& state, GroupState& group, Random& random);

}  // namespace muster::client
