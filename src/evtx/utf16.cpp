#include "evtx/utf16.h"

#include <cstring>

namespace muster::evtx {
namespace {

constexpr std::uint32_t kReplacement = 0xfffd;

std::uint32_t unit(const std::uint8_t* at) { return at[0] | std::uint32_t{at[1]} << 8; }
bool is_high(std::uint32_t unit) { return unit >= 0xd800 && unit < 0xdc00; }
bool is_low(std::uint32_t unit) { return unit >= 0xdc00 && unit < 0xe000; }

// The bytes of one character; at most four.
char* put(char* out, std::uint32_t c) {
  const auto tail = [&](int shift) { return static_cast<char>(0x80 | (c >> shift & 0x3f)); };
  if (c < 0x80) {
    *out++ = static_cast<char>(c);
  } else if (c < 0x800) {
    *out++ = static_cast<char>(0xc0 | c >> 6);
    *out++ = tail(0);
  } else if (c < 0x10000) {
    *out++ = static_cast<char>(0xe0 | c >> 12);
    *out++ = tail(6);
    *out++ = tail(0);
  } else {
    *out++ = static_cast<char>(0xf0 | c >> 18);
    *out++ = tail(12);
    *out++ = tail(6);
    *out++ = tail(0);
  }
  return out;
}

// Whether none of eight units is past ASCII; in either order of a number's bytes.
bool eight_of_ascii(const std::uint8_t* at) {
  constexpr std::uint8_t kPast[] = {0x80, 0xff, 0x80, 0xff, 0x80, 0xff, 0x80, 0xff};
  std::uint64_t past = 0, first = 0, second = 0;
  std::memcpy(&past, kPast, 8);
  std::memcpy(&first, at, 8);
  std::memcpy(&second, at + 8, 8);
  return ((first | second) & past) == 0;
}

char* convert(char* out, ByteView utf16) {
  const auto* at = utf16.data();
  const auto* end = at + (utf16.size() & ~std::size_t{1});
  while (at != end) {
    if (end - at >= 16 && eight_of_ascii(at)) {
      for (int i = 0; i < 8; ++i) out[i] = static_cast<char>(at[2 * i]);
      at += 16;
      out += 8;
      continue;
    }
    auto c = unit(at);
    at += 2;
    if (c < 0x80) {
      *out++ = static_cast<char>(c);
      continue;
    }
    if (is_high(c) && at != end && is_low(unit(at))) {
      c = 0x10000 + ((c - 0xd800) << 10) + (unit(at) - 0xdc00);
      at += 2;
    } else if (is_high(c) || is_low(c)) {
      c = kReplacement;
    }
    out = put(out, c);
  }
  return out;
}

}  // namespace

void append_utf8(std::string& out, ByteView utf16) {
  const auto before = out.size();
  // Three bytes are the most that one unit becomes.
  out.resize_and_overwrite(before + utf16.size() / 2 * 3, [&](char* text, std::size_t) {
    return static_cast<std::size_t>(convert(text + before, utf16) - text);
  });
}

void append_character(std::string& out, std::uint32_t character) {
  char text[4];
  const bool whole = character <= 0x10ffff && !is_high(character) && !is_low(character);
  out.append(text, put(text, whole ? character : kReplacement));
}

}  // namespace muster::evtx
