#include "base/shown.h"

#include <fmt/format.h>

namespace muster {

bool is_hidden(std::uint32_t c) {
  return c < 0x20 || (c >= 0x7f && c < 0xa0) || c == 0xad || c == 0x61c || c == 0x180e ||
         (c >= 0x200b && c <= 0x200f) || (c >= 0x2028 && c <= 0x202e) ||
         (c >= 0x2060 && c <= 0x206f) || c == 0xfeff || (c >= 0xfff9 && c <= 0xfffb) ||
         (c >= 0xe0000 && c <= 0xe007f);
}

Character first_character(std::string_view text) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(text[i]); };
  if (byte(0) < 0x80) return {byte(0), 1};
  const std::size_t size = byte(0) >= 0xf0 ? 4 : byte(0) >= 0xe0 ? 3 : 2;
  if (byte(0) < 0xc2 || byte(0) > 0xf4 || text.size() < size) return {0xfffd, 1};
  std::uint32_t code = byte(0) & (0xffU >> (size + 1));
  for (std::size_t i = 1; i < size; ++i) {
    if ((byte(i) & 0xc0) != 0x80) return {0xfffd, 1};
    code = code << 6 | (byte(i) & 0x3f);
  }
  constexpr std::uint32_t kLeast[] = {0, 0, 0x80, 0x800, 0x10000};
  const bool surrogate = code >= 0xd800 && code <= 0xdfff;
  if (code < kLeast[size] || surrogate || code > 0x10ffff) return {0xfffd, 1};
  return {code, size};
}

std::string escaped_text(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto [code, size] = first_character(text);
    if (code == 0xfffd && size == 1) {
      out += '?';
    } else if (is_hidden(code)) {
      out += fmt::format("\\u{{{:04X}}}", code);
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

std::string shown_text(std::string_view text, std::size_t most) {
  std::string out;
  std::size_t characters = 0, kept = 0;  // kept: where "..." would begin
  while (!text.empty()) {
    if (characters + 3 == most) kept = out.size();
    if (characters++ == most) {
      out.resize(kept);
      return out + "...";
    }
    const auto [code, size] = first_character(text);
    const bool broken = code == 0xfffd && size == 1;
    if (broken || is_hidden(code)) {
      out += '?';
    } else {
      out.append(text.substr(0, size));
    }
    text.remove_prefix(size);
  }
  return out;
}

}  // namespace muster
