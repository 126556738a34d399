// Addresses and networks as text and as values. IPv4 addresses that come mapped into IPv6
// (::ffff:10.0.0.1) are the IPv4 address everywhere, so that one machine has one name.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster::host {

// An IP address; IPv4 is kept mapped.
struct Address {
  std::array<std::uint8_t, 16> bytes{};

  // Literals only, without port, brackets or zone.
  [[nodiscard]] static std::optional<Address> parse(std::string_view text);
  [[nodiscard]] bool is_v4() const;
  [[nodiscard]] bool is_loopback() const;     // 127.0.0.0/8, ::1
  [[nodiscard]] bool is_unspecified() const;  // 0.0.0.0, ::
  [[nodiscard]] std::string text() const;
  friend bool operator==(const Address&, const Address&) = default;
};

// Where to listen: "127.0.0.1:8688", "[::1]:0", "localhost:8688".
struct AddressPort {
  Address address;
  std::uint16_t port = 0;
  // config_invalid with what was expected.
  [[nodiscard]] static Expected<AddressPort> parse(std::string_view text);
};

// A set of networks: "10.0.0.5", "10.0.0.0/8", "fd00::/8".
class Networks {
 public:
  // config_invalid with the entry; bits behind the prefix must be zero, so that a slip is seen.
  [[nodiscard]] static Expected<Networks> parse(std::span<const std::string> entries);
  [[nodiscard]] bool contains(const Address& address) const;
  [[nodiscard]] bool empty() const { return networks_.empty(); }

 private:
  struct Network {
    Address address;
    int prefix;  // of the 128 bits
  };
  std::vector<Network> networks_;
};

}  // namespace muster::host
