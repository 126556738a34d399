// Forgets a machine's name, or an address, in the clear: what the log holds of it is a salted hash,
// and goes on verifying.
#pragma once

#include <string_view>

#include "service/host_service.h"

namespace muster::service {

struct ForgottenName {
  std::size_t names = 0;     // as many as it was written in, in capitals or not
  std::size_t machines = 0;  // that are listed without a name now
  std::size_t pools = 0;     // whose pattern was made of it, and shows nothing now
};

// Reaches the value, the lists, and patterns of pools that no other name which is known has made. A
// machine that goes on asking under the same name stays nameless; under another it has that one.
// One event says who has done it, with the hashes. not_found: nothing here is called so; what
// in_unit() says. Reads the store, and waits for units: not from an io thread.
[[nodiscard]] Expected<ForgottenName> forget_name(HostService& service, std::string_view name,
                                                  Actor actor);

}  // namespace muster::service
