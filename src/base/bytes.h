// Bytes as values, and their two text forms.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace muster {

using ByteView = std::span<const std::uint8_t>;
using Bytes16 = std::array<std::uint8_t, 16>;
using Bytes32 = std::array<std::uint8_t, 32>;

// The bytes of a text, without a copy; valid as long as the text is.
[[nodiscard]] inline ByteView as_bytes(std::string_view text) {
  return {reinterpret_cast<const std::uint8_t*>(text.data()), text.size()};
}
[[nodiscard]] inline std::string_view as_text(ByteView bytes) {
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

// base64url without padding (RFC 4648 section 5, RFC 7515).
[[nodiscard]] std::string base64url(ByteView bytes);
void append_base64url(std::string& out, ByteView bytes);
// Strict: nothing for padding, a character outside the alphabet, an impossible length, or bits
// after the last byte that are not zero, so that each byte string has exactly one text.
[[nodiscard]] std::optional<std::string> from_base64url(std::string_view text);
// The same into `out`. False where the text is not that of exactly so many bytes.
[[nodiscard]] bool read_base64url(std::string_view text, std::span<std::uint8_t> out);

[[nodiscard]] std::string hex(ByteView bytes);
[[nodiscard]] std::optional<std::string> from_hex(std::string_view text);
// The same into `out`. False where the text is not that of exactly so many bytes.
[[nodiscard]] bool read_hex(std::string_view text, std::span<std::uint8_t> out);

// base64url of exactly N bytes, or nothing.
template <std::size_t N>
[[nodiscard]] std::optional<std::array<std::uint8_t, N>> array_from_base64url(
    std::string_view text) {
  std::array<std::uint8_t, N> out;
  if (!read_base64url(text, out)) return std::nullopt;
  return out;
}

// Compares in a time that depends on the lengths only.
[[nodiscard]] bool equal_constant_time(ByteView a, ByteView b);

}  // namespace muster
