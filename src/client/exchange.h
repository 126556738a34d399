// One activation exchange as values: what is asked, what an answer means, and what is kept of it.
// Pure.
#pragma once

#include <optional>
#include <string>
#include <vector>

#include "client/host_search.h"
#include "client/proved.h"
#include "client/state.h"
#include "client/transport.h"
#include "wire/documents.h"
#include "wire/exchange.h"

namespace muster::client {

inline constexpr std::string_view kActivationsPath = "/v1/activations";
inline constexpr seconds kRetryLeast{60};

// The hosts that the state names, in order: the configured one, the one that last answered.
[[nodiscard]] std::vector<Candidate> known_hosts(const State& state, const ProductState& product);

// What the machine says of itself beside its identity.
struct Asker {
  std::string name;
  bool is_virtual = false;
  LicenceState state = LicenceState::unlicensed;
  minutes left{};
  Instant now{};
};
// REQUIRES: the group's nonce has been written down.
[[nodiscard]] wire::ActivationRequest make_request(const ProductState& product,
                                                   const GroupState& group, const Asker& asker);

// A host's answer that holds: a refusal, or an activation that verified.
struct Heard {
  wire::ActivationAnswer answer;
  std::optional<wire::VerifiedActivation> activation;  // exactly where answer.activated
};
// bad_answer; the error of verify_activation; wrong_nonce, wrong_cmid, wrong_product, wrong_machine
// (other facts than were sent), not_yet_valid, activation_expired; for a problem document its own
// error.
[[nodiscard]] Expected<Heard> judge(const HttpAnswer& answer,
                                    const wire::ActivationRequest& request, ProvedProduct& product,
                                    Instant now);

// retry_after, which no signature covers, held to 60 s .. the renewal interval, and to as much more
// as a host may have added to spread a herd: a tenth of an interval, or a minute where it sends
// machines away.
[[nodiscard]] seconds clamp_retry(seconds asked, const Numbers& numbers);

// Keeps what an answer brings: the ticket of a counted one, and of an activation the signed times
// and numbers.
void keep(GroupState& group, ProductState& product, const Heard& heard, std::string_view host,
          Instant now);

}  // namespace muster::client
