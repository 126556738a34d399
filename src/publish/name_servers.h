// The network, as far as updates need it. Blocks; everything gives up soon after `stop` is set.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <string_view>

#include "base/time.h"
#include "publish/failure.h"
#include "publish/record.h"

namespace muster::publish {

class NameServers {
 public:
  virtual ~NameServers() = default;
  // The zone's primary, as its SOA record has it. no_server where the zone cannot be looked up.
  [[nodiscard]] virtual Answer<Server> primary(std::string_view zone,
                                               const std::atomic<bool>& stop) = 0;
  // Sends one message by TCP and returns the answer. Of a name's addresses the first that
  // answers. no_server, silent.
  [[nodiscard]] virtual Answer<std::string> ask(const Server& server, std::string_view message,
                                                const std::atomic<bool>& stop) = 0;
};

// The machine's own: lookups by /etc/hosts and /etc/resolv.conf (c-ares), plain sockets. `patience`
// is for each lookup and for each address.
[[nodiscard]] std::unique_ptr<NameServers> make_name_servers(
    std::chrono::milliseconds patience = std::chrono::seconds(3));

}  // namespace muster::publish
