#include "host/address.h"

#include <arpa/inet.h>
#include <fmt/format.h>

#include <algorithm>
#include <charconv>
#include <cstring>

#include "base/ascii.h"

namespace muster::host {
namespace {

constexpr std::array<std::uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};

template <class Number>
std::optional<Number> number(std::string_view text, Number most) {
  const auto out = whole_number<Number>(text);
  return out && *out <= most ? out : std::nullopt;
}

bool bit(const Address& address, int at) {
  return ((address.bytes[static_cast<std::size_t>(at / 8)] >> (7 - at % 8)) & 1) != 0;
}

}  // namespace

std::optional<Address> Address::parse(std::string_view text) {
  char buffer[INET6_ADDRSTRLEN + 1];
  if (text.empty() || text.size() >= sizeof buffer) return std::nullopt;
  std::memcpy(buffer, text.data(), text.size());
  buffer[text.size()] = '\0';
  Address out;
  if (inet_pton(AF_INET, buffer, out.bytes.data() + 12) == 1) {
    std::ranges::copy(kMapped, out.bytes.begin());
    return out;
  }
  if (inet_pton(AF_INET6, buffer, out.bytes.data()) == 1) return out;
  return std::nullopt;
}

bool Address::is_v4() const { return std::equal(kMapped.begin(), kMapped.end(), bytes.begin()); }

bool Address::is_loopback() const {
  if (is_v4()) return bytes[12] == 127;
  return bytes == std::array<std::uint8_t, 16>{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1};
}

bool Address::is_unspecified() const {
  const auto from = bytes.begin() + (is_v4() ? 12 : 0);
  return std::all_of(from, bytes.end(), [](std::uint8_t byte) { return byte == 0; });
}

std::string Address::text() const {
  char buffer[INET6_ADDRSTRLEN];
  if (is_v4()) {  // asked for with every request, and inet_ntop is slow
    char* to = buffer;
    for (std::size_t i = 12; i < 16; ++i) {
      to = std::to_chars(to, buffer + sizeof buffer, bytes[i]).ptr;
      *to++ = '.';
    }
    return {buffer, to - 1};
  }
  return inet_ntop(AF_INET6, bytes.data(), buffer, sizeof buffer);
}

Expected<AddressPort> AddressPort::parse(std::string_view text) {
  const auto refuse = [&] {
    return fail(
        ErrorCode::config_invalid,
        fmt::format("'{}' is not an address and port; write 127.0.0.1:8688 or [::1]:8688", text));
  };
  const auto colon = text.rfind(':');
  if (colon == std::string_view::npos) return refuse();
  const auto port = number<std::uint16_t>(text.substr(colon + 1), 65535);
  auto name = text.substr(0, colon);
  if (!port) return refuse();
  if (name.size() > 2 && name.front() == '[' && name.back() == ']') {
    name = name.substr(1, name.size() - 2);
  } else if (name.find(':') != std::string_view::npos) {
    return refuse();
  }
  if (name == "localhost") name = "127.0.0.1";
  const auto address = Address::parse(name);
  if (!address) return refuse();
  return AddressPort{*address, *port};
}

Expected<Networks> Networks::parse(std::span<const std::string> entries) {
  Networks out;
  for (const auto& entry : entries) {
    const std::string_view text = entry;
    const auto slash = text.find('/');
    const auto address = Address::parse(text.substr(0, slash));
    const int widest = address && address->is_v4() ? 32 : 128;
    auto prefix = std::optional(widest);
    if (slash != std::string_view::npos) prefix = number<int>(text.substr(slash + 1), widest);
    if (!address || !prefix || *prefix < 0) {
      return fail(ErrorCode::config_invalid,
                  fmt::format("'{}' is not an address or a network such as 10.0.0.0/8", entry));
    }
    const int whole = *prefix + (128 - widest);
    for (int i = whole; i < 128; ++i) {
      if (bit(*address, i)) {
        return fail(ErrorCode::config_invalid,
                    fmt::format("'{}' has bits behind its prefix", entry));
      }
    }
    out.networks_.push_back({*address, whole});
  }
  return out;
}

bool Networks::contains(const Address& address) const {
  return std::ranges::any_of(networks_, [&](const Network& network) {
    const auto bytes = static_cast<std::size_t>(network.prefix / 8);
    if (std::memcmp(network.address.bytes.data(), address.bytes.data(), bytes) != 0) return false;
    for (int i = static_cast<int>(bytes) * 8; i < network.prefix; ++i) {
      if (bit(network.address, i) != bit(address, i)) return false;
    }
    return true;
  });
}

}  // namespace muster::host
