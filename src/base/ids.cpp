#include "base/ids.h"

#include "base/eight_bytes.h"

namespace muster {
namespace {

constexpr bool dash_before(std::size_t byte) {
  return byte == 4 || byte == 6 || byte == 8 || byte == 10;
}

// The length of the UTF-8 sequence at the front, 0 where it is not valid (overlong, surrogate,
// cut).
std::size_t sequence(std::string_view text, char32_t& point) {
  const auto lead = static_cast<std::uint8_t>(text.front());
  if (lead < 0x80) return point = lead, 1;
  const std::size_t length = lead >= 0xf0 ? 4 : lead >= 0xe0 ? 3 : 2;
  if (lead < 0xc2 || lead > 0xf4 || text.size() < length) return 0;
  point = lead & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) {
    const auto next = static_cast<std::uint8_t>(text[i]);
    if ((next & 0xc0) != 0x80) return 0;
    point = point << 6 | (next & 0x3fu);
  }
  constexpr char32_t least[] = {0, 0, 0x80, 0x800, 0x10000};
  if (point < least[length] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)) return 0;
  return length;
}

}  // namespace

std::optional<Cmid> Cmid::parse(std::string_view text) {
  if (text.size() != 36) return std::nullopt;
  std::array<char, 32> digits{};
  auto to = digits.begin();
  for (std::size_t i = 0; i < text.size(); ++i) {
    const bool dash = i == 8 || i == 13 || i == 18 || i == 23;
    if (dash != (text[i] == '-')) return std::nullopt;
    if (!dash) *to++ = text[i];
  }
  Cmid out;
  if (!read_hex({digits.data(), digits.size()}, out.bytes) || out == Cmid{}) return std::nullopt;
  return out;
}

Cmid Cmid::random(Random& random) {
  Cmid out{random.bytes<16>()};
  out.bytes[6] = static_cast<std::uint8_t>((out.bytes[6] & 0x0f) | 0x40);
  out.bytes[8] = static_cast<std::uint8_t>((out.bytes[8] & 0x3f) | 0x80);
  return out;
}

void Cmid::append_to(std::string& out) const {
  constexpr std::string_view digits = "0123456789abcdef";
  std::array<char, 36> text{};
  auto to = text.begin();
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    if (dash_before(i)) *to++ = '-';
    *to++ = digits[bytes[i] >> 4];
    *to++ = digits[bytes[i] & 15];
  }
  out.append(text.data(), text.size());
}

std::string Cmid::text() const {
  std::string out;
  out.reserve(36);
  append_to(out);
  return out;
}

bool valid_id(std::string_view text) {
  if (text.empty() || text.size() > 63 || text.front() == '-') return false;
  for (const char c : text) {
    if (!((c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-')) return false;
  }
  return true;
}

bool valid_text(std::string_view text, std::size_t most) {
  if (text.size() > most) return false;
  while (!text.empty()) {
    if (text.size() >= EightBytes::kSize) {
      const EightBytes front(text.data());
      if (front.all_ascii() && !front.any_below(0x20) && !front.any_is(0x7f)) {
        text.remove_prefix(EightBytes::kSize);
        continue;
      }
    }
    char32_t point = 0;
    const auto length = sequence(text, point);
    if (length == 0 || point < 0x20 || (point >= 0x7f && point < 0xa0)) return false;
    text.remove_prefix(length);
  }
  return true;
}

}  // namespace muster
