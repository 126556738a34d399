// Activation by a multiple activation key, whatever brought the request: POST /v1/mak-activations,
// or a file. The limit is decided by core/ledger.h inside a unit of the store; no answer is made
// before that unit is durable.
//
// Threads: any, several at the same time. They wait for units of the store: never from an io
// thread.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "service/host_service.h"
#include "wire/mak_exchange.h"

namespace muster::service {

// Where requests come from.
struct MakSource {
  std::string actor;    // "client", or who brought a file: "command:0", "token:3f2a51c0"
  std::string address;  // the machine's, without port; empty: not known
};

// Decides them one after the other in one unit, then signs. out[i] is the answer of requests[i]: a
// place, or a rule's refusal, or, instead of an answer, disk_low for this one. As a whole fails
// with what HostService::in_unit() says; then nothing has changed, and the same may be asked again.
// The ring's look-up comes before the unit, and a key that is blocked is one that is not there.
[[nodiscard]] Expected<std::vector<Expected<wire::MakAnswer>>> activate_by_mak(
    HostService& service, std::span<const wire::MakRequest> requests, const MakSource& source);

// As many as one call of the administration brings.
inline constexpr std::size_t kMakAnswersMost = 100;

// The call of the clients' side. `unknown_key`: whoever asked has failed to name a key; the digest
// of what was shown.
struct MakReply {
  Reply reply;
  std::optional<Bytes32> unknown_key{};
};
[[nodiscard]] MakReply post_mak_activation(HostService& service, std::string_view body,
                                           std::string_view address, bool local);

}  // namespace muster::service
