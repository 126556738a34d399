// Lookups by /etc/hosts and /etc/resolv.conf (c-ares): they end in time, and soon after `stop` is
// set. Block. no_server with the resolver's reason, stopped.
#pragma once

#include <sys/socket.h>

#include <atomic>
#include <string>
#include <vector>

#include "base/time.h"
#include "publish/failure.h"
#include "publish/record.h"

namespace muster::publish {

// The name of the zone's primary, as its SOA record has it. A name that is no zone's own has none.
[[nodiscard]] Answer<std::string> look_up_primary(const std::string& zone,
                                                  std::chrono::milliseconds patience,
                                                  const std::atomic<bool>& stop);
// With the server's port in them; at least one.
[[nodiscard]] Answer<std::vector<sockaddr_storage>> look_up_addresses(
    const Server& server, std::chrono::milliseconds patience, const std::atomic<bool>& stop);

}  // namespace muster::publish
