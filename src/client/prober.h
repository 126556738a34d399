// A look at a host from outside, for `muster doctor`: every address that its name has, its
// certificate, and what it says of itself (GET /v1/host). Asks for no activation and counts
// nothing.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "base/time.h"
#include "client/transport.h"

namespace muster::client {

struct Certificate {
  std::vector<std::string> names;  // that it is for, addresses included
  std::string issuer;              // "CN=..., O=..."
  Instant from{}, until{};
  std::string refused;  // why this machine does not take it; empty: it does
};

struct AddressLook {
  std::string address;  // "192.0.2.7:8688", "[2001:db8::7]:8688"
  bool connected = false;
  std::optional<Certificate> certificate{};  // where TLS came so far
  std::optional<HttpAnswer> answer{};
  std::string failure{};             // why there is no answer
  std::chrono::milliseconds took{};  // from the connection's begin to the answer or its failure
};

struct HostLook {
  std::string failure{};                 // why the name has no address
  std::chrono::milliseconds took{};      // the name's lookup
  std::vector<AddressLook> addresses{};  // all of them, in the order in which a client tries them
};

class Prober {
 public:
  virtual ~Prober() = default;
  [[nodiscard]] virtual HostLook look(const HostUrl& host) = 0;
};

// Over the network, with the patience that a client has where there are other hosts: 2 s for each
// of name, connection and answer. `clock` must outlive it. file_unreadable as of
// make_http_transport.
[[nodiscard]] Expected<std::unique_ptr<Prober>> make_http_prober(const std::string& ca_file,
                                                                 Clock& clock);

}  // namespace muster::client
