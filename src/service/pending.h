// One activation request on its way through the host: decoded, decided, answered.
#pragma once

#include <functional>
#include <memory>
#include <string>

#include "core/decide.h"
#include "service/keyring.h"
#include "service/reply.h"
#include "wire/exchange.h"

namespace muster::service {

struct Pending {
  wire::ActivationRequest request;
  std::string address;                  // the client's, without port; may be empty
  std::shared_ptr<const Keyring> keys;  // keeps `served` alive
  const Served* served = nullptr;       // null: no valid host key names the product
  core::Shown shown;                    // what the ticket says

  // After the batch: either `refusal` (nothing was stored) or a decision that is durable.
  std::optional<Error> refusal;
  core::Decision decision;
  wire::LogPlace place;
  Instant decided{};

  // Called once by the batch's thread, after the commit. Must not block: hand the work on
  // (finish()).
  std::function<void(std::unique_ptr<Pending>)> done;
};

}  // namespace muster::service
