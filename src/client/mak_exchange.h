// One exchange by a multiple activation key as values: what is asked, what an answer means, and
// what is kept of it. Pure.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "client/exchange.h"
#include "wire/mak.h"
#include "wire/mak_exchange.h"

namespace muster::client {

inline constexpr std::string_view kMakActivationsPath = "/v1/mak-activations";

struct MakAsker {
  Bytes32 secret{};
  Bytes16 nonce{};
  std::string name;                    // the machine's, may be empty
  std::optional<std::string> holding;  // the activation that the machine holds
  Instant now{};
};
// not_activated where the machine knows no fact of itself: the activation would be bound to
// nothing.
[[nodiscard]] Expected<wire::MakRequest> make_mak_request(const ProductState& product,
                                                          const GroupState& group,
                                                          const MakAsker& asker);

// A host's answer that holds: a refusal, or an activation that verified.
struct HeardMak {
  wire::MakAnswer answer;
  std::optional<wire::VerifiedMakActivation> activation;  // where activated, but not of a look
};
// bad_answer; the error of verify_mak_activation; wrong_nonce, wrong_cmid, wrong_machine (other
// facts than were sent), wrong_product; for a problem document its own error.
[[nodiscard]] Expected<HeardMak> judge_mak(const HttpAnswer& answer,
                                           const wire::MakRequest& request,
                                           const wire::ProductFile& product);
// The same of an activation alone, however it came.
[[nodiscard]] Expected<wire::VerifiedMakActivation> judge_mak_activation(
    std::string_view text, const wire::MakRequest& request, const wire::ProductFile& product);

// Keeps what an activation brings: signed times and numbers, and the key for the next time.
void keep_mak(GroupState& group, ProductState& product, const wire::VerifiedMakActivation& held,
              const Bytes32& secret);

}  // namespace muster::client
