// The PROXY protocol, versions 1 (text) and 2 (binary), as HAProxy's specification has it: what a
// load balancer puts in front of a connection to say whose it really is. Read only from addresses
// that are configured.
#pragma once

#include <cstddef>
#include <optional>
#include <string_view>

#include "host/address.h"

namespace muster::host {

struct ProxyHeader {
  enum class State : std::uint8_t { need_more, done, bad };
  State state = State::need_more;
  std::size_t size = 0;  // done: bytes of the header; what follows is the connection's own
  std::optional<Address> source{};  // done: none where the proxy speaks for itself (LOCAL, UNKNOWN)
};

// A header is at most so long: version 2 with its longest extensions is cut here, which bounds what
// is read.
inline constexpr std::size_t kProxyHeaderMost = 536;

// Looks at the first bytes of a connection. Pure.
[[nodiscard]] ProxyHeader parse_proxy_header(std::string_view bytes);

}  // namespace muster::host
