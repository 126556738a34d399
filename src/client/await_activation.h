// Asks again and again until the product is activated, for `muster activate --wait`.
#pragma once

#include <functional>
#include <string_view>

#include "client/agent.h"
#include "client/client.h"

namespace muster::client {

// Told of each attempt that did not succeed: how long until the next.
using Refused = std::function<void(const ActivateResult& result, seconds pause)>;

// The first attempt that succeeds, whoever made it: where the agent was quicker, nothing is asked a
// second time. Ends with the attempt's error where waiting cannot help, for one where no host is
// named. Between two attempts it waits for what the host said, else a minute; a host that is named
// meanwhile is asked at once. `waiter` watches the client's directory.
[[nodiscard]] Expected<ActivateResult> await_activation(Client& client, Waiter& waiter,
                                                        Clock& clock, std::string_view product,
                                                        const ActivateOptions& options,
                                                        const Refused& refused);

}  // namespace muster::client
