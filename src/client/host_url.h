// A host's address as people write it and as we show it.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"

namespace muster::client {

inline constexpr std::uint16_t kHostPort = 8688;

struct HostUrl {
  bool tls = false;
  std::string name;  // a DNS name in lower case, IPv4, or IPv6 without brackets
  std::uint16_t port = kHostPort;

  // "http://name:8688": always with the port, never with a path.
  [[nodiscard]] std::string base() const;
  // name:port as a Host header wants it.
  [[nodiscard]] std::string authority() const;
  friend bool operator==(const HostUrl&, const HostUrl&) = default;
};

// "http://name[:port][/]", "https://...", "name[:port]" (http); without a port it is `port` for
// either. usage for a user name, a path, a query, another scheme or a name with characters that no
// name has.
[[nodiscard]] Expected<HostUrl> parse_host_url(std::string_view text,
                                               std::uint16_t port = kHostPort);

}  // namespace muster::client
