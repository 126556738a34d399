// Whether an activation answers the request that was sent, by counting or by a key.
#pragma once

#include <fmt/format.h>

#include "base/error.h"

namespace muster::client {

// wrong_nonce, wrong_cmid, wrong_product; wrong_machine: other facts than were sent.
template <class Activation, class Request>
[[nodiscard]] Expected<void> answers_request(const Activation& activation, const Request& request) {
  const auto other = [](std::string_view asked, std::string_view answered) {
    return fmt::format("{} was asked for, {} was answered", asked, answered);
  };
  if (activation.nonce != request.nonce) return fail(ErrorCode::wrong_nonce);
  if (activation.cmid != request.cmid) {
    return fail(ErrorCode::wrong_cmid, other(request.cmid.text(), activation.cmid.text()));
  }
  if (activation.product != request.product) {
    return fail(ErrorCode::wrong_product, other(request.product, activation.product));
  }
  if (activation.facts != request.facts) {
    return fail(ErrorCode::wrong_machine, "the answer carries other machine facts than were sent");
  }
  return {};
}

}  // namespace muster::client
