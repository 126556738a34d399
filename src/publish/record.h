// The record by which machines find a host, and where it belongs, as values.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "dns/srv.h"

namespace muster::publish {

// Names are without their last dot.
struct HostRecord {
  std::string service;  // dns::kPlainService or dns::kTlsService
  std::string zone;     // "corp.example"
  dns::Srv srv;

  [[nodiscard]] std::string owner() const { return service + "." + zone; }
  // "_muster._tcp corp.example 0 10 8688 muster1.corp.example"
  [[nodiscard]] std::string text() const;
  // What text() makes, and nothing else.
  [[nodiscard]] static std::optional<HostRecord> parse(std::string_view text);
  friend bool operator==(const HostRecord&, const HostRecord&) = default;
};

// Letters, digits, hyphens and underscores in labels of at most 63, dots between them, at most 253
// in all, and no address: "corp.example", "_muster._tcp.corp.example".
[[nodiscard]] bool is_domain_name(std::string_view text);

// One change of a zone: both at once, or nothing. To add what stands there, and to remove what does
// not, is no error.
struct Change {
  std::vector<HostRecord> add, remove;
};

// Where updates go: "ns1.corp.example", "192.0.2.53:5353", "[2001:db8::53]:5353".
struct Server {
  std::string name;  // or an address, without brackets
  std::uint16_t port = 53;
  [[nodiscard]] static std::optional<Server> parse(std::string_view text);
  [[nodiscard]] std::string text() const;
};

}  // namespace muster::publish
