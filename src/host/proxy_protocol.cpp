#include "host/proxy_protocol.h"

#include <algorithm>
#include <array>
#include <cstring>

#include "base/ascii.h"

namespace muster::host {
namespace {

// Version 1:  at most 107 bytes, "PROXY" SP ("TCP4" | "TCP6") SP source SP destination SP port SP
//             port CRLF, or "PROXY UNKNOWN" anything CRLF
// Version 2:  12 bytes signature | 1 byte version 2 << 4 | command | 1 byte family << 4 | transport
//             | 2 bytes length, big-endian | addresses: source, destination, ports | extensions
constexpr std::string_view kSignature2("\r\n\r\n\0\r\nQUIT\n", 12);
constexpr std::string_view kSignature1 = "PROXY ";
constexpr std::size_t kMost1 = 107;

using State = ProxyHeader::State;

bool valid_port(std::string_view text) { return whole_number<std::uint16_t>(text).has_value(); }

std::string_view take_word(std::string_view& text) {
  const auto space = std::min(text.find(' '), text.size());
  const auto word = text.substr(0, space);
  text.remove_prefix(std::min(space + 1, text.size()));
  return word;
}

ProxyHeader parse_1(std::string_view bytes) {
  const auto end = bytes.substr(0, kMost1).find("\r\n");
  if (end == std::string_view::npos) return {bytes.size() < kMost1 ? State::need_more : State::bad};
  auto rest = bytes.substr(kSignature1.size(), end - kSignature1.size());
  ProxyHeader out{State::done, end + 2};
  const auto family = take_word(rest);
  if (family == "UNKNOWN") return out;
  const auto source = Address::parse(take_word(rest));
  const auto destination = Address::parse(take_word(rest));
  const bool known = family == "TCP4" || family == "TCP6";
  if (!known || !source || !destination) return {State::bad};
  if (family == "TCP4" && !source->is_v4()) return {State::bad};
  const auto from_port = take_word(rest);
  if (!valid_port(from_port) || !valid_port(rest)) return {State::bad};
  out.source = source;
  return out;
}

ProxyHeader parse_2(std::string_view bytes) {
  if (bytes.size() < 16) return {State::need_more};
  const auto at = [&](std::size_t i) { return static_cast<std::uint8_t>(bytes[i]); };
  const std::size_t length = at(14) * 256u + at(15);
  const int command = at(12) & 0x0f;
  if (at(12) >> 4 != 2 || command > 1 || 16 + length > kProxyHeaderMost) return {State::bad};
  if (bytes.size() < 16 + length) return {State::need_more};
  ProxyHeader out{State::done, 16 + length};
  if (command == 0) return out;  // LOCAL: the proxy's own health check
  Address source;
  switch (at(13)) {
    case 0x11:  // TCP over IPv4
      if (length < 12) return {State::bad};
      source = *Address::parse("0.0.0.0");
      std::memcpy(source.bytes.data() + 12, bytes.data() + 16, 4);
      break;
    case 0x21:  // TCP over IPv6
      if (length < 36) return {State::bad};
      std::memcpy(source.bytes.data(), bytes.data() + 16, 16);
      break;
    case 0x00: return out;
    default: return {State::bad};
  }
  out.source = source;
  return out;
}

}  // namespace

ProxyHeader parse_proxy_header(std::string_view bytes) {
  const auto begins = [&](std::string_view signature) {
    const auto common = std::min(signature.size(), bytes.size());
    return bytes.substr(0, common) == signature.substr(0, common);
  };
  if (begins(kSignature2)) {
    return bytes.size() < kSignature2.size() ? ProxyHeader{State::need_more} : parse_2(bytes);
  }
  if (begins(kSignature1)) {
    return bytes.size() < kSignature1.size() ? ProxyHeader{State::need_more} : parse_1(bytes);
  }
  return {State::bad};
}

}  // namespace muster::host
