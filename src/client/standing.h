// How one product stands on this machine: its files read and verified, its licence state, and both
// as people and
// `--json` are shown them.
#pragma once

#include <optional>

#include "client/licence.h"
#include "client/proved.h"
#include "client/state_dir.h"
#include "wire/documents.h"
#include "wire/mak.h"

namespace muster::client {

struct Standing {
  std::shared_ptr<ProvedProduct> proved;  // never null
  // At most one of the two is there: one that verifies, for this product and CMID.
  std::optional<wire::Activation> activation;
  std::optional<wire::VerifiedMakActivation> by_mak;
  std::optional<Error> damage;  // state_corrupt: there is one that does not verify
  Licence licence;
};
// Reads the activation from `dir`. state_corrupt where the kept product file does not verify.
[[nodiscard]] Expected<Standing> stand(Proved& proved, const StateDir& dir, const GroupState& group,
                                       const ProductState& product, Instant now);

[[nodiscard]] ProductStatus describe(const Standing& standing, const State& state,
                                     const GroupState& group, const ProductState& product,
                                     Instant now);

}  // namespace muster::client
