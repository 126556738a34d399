// The addresses of a host's name, within a time.
#pragma once

#include <atomic>
#include <boost/asio/ip/tcp.hpp>
#include <chrono>
#include <memory>
#include <mutex>
#include <vector>

#include "base/error.h"
#include "client/host_url.h"

namespace muster::client {

class NameLookup {
 public:
  // At least one address; no_host with the reason, also where it takes longer than `most`. An
  // address and the names of this machine itself (localhost) are never asked of the network.
  [[nodiscard]] Expected<std::vector<boost::asio::ip::tcp::endpoint>> resolve(
      const HostUrl& host, std::chrono::milliseconds most);
  // Ends a resolve() in progress, and every later one. Thread-safe.
  void cancel();

 private:
  struct Asked;
  static void ask(const std::shared_ptr<Asked>& asked, const HostUrl& host);

  std::atomic<bool> cancelled_{false};
  std::mutex mutex_;
  std::shared_ptr<Asked> asked_;
};

// Whether a host is named by its address: such a name is not sent as a TLS server name (RFC 6066).
[[nodiscard]] bool is_address(const HostUrl& host);

}  // namespace muster::client
