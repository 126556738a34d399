// The secret that a host and a name server share, by which updates are signed (TSIG, RFC 8945).
#pragma once

#include <string>
#include <string_view>

#include "base/error.h"

namespace muster::publish {

// Always HMAC-SHA-256.
struct TsigKey {
  std::string name;    // a domain name, without its last dot
  std::string secret;  // base64 with padding; never logged, never part of an error
};

// The one key of a file such as `tsig-keygen` writes and `nsupdate -k` reads; the grammar is in
// tsig_key.cpp. config_invalid: what line, and what was expected.
[[nodiscard]] Expected<TsigKey> parse_tsig_key(std::string_view text);

}  // namespace muster::publish
