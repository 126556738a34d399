// The bytes of rows that a database does not look into: numbers are LEB128, times are seconds as
// numbers, texts have their length first.
#pragma once

#include <array>
#include <cstdint>
#include <cstring>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/time.h"

namespace muster::store {

// Appends to `out`.
struct Encoder {
  std::string& out;

  void number(std::uint64_t value) {
    std::array<char, 10> text;
    std::size_t size = 0;
    while (value >= 0x80) {
      text[size++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    text[size++] = static_cast<char>(value);
    out.append(text.data(), size);
  }
  void time(Instant value) { number(static_cast<std::uint64_t>(value.time_since_epoch().count())); }
  void bytes(ByteView value) { out.append(as_text(value)); }
  void text(std::string_view value) {
    number(value.size());
    out.append(value);
  }
};

// Every read after the first that fails gives zeros.
struct Decoder {
  static constexpr std::uint64_t kTimeMost = 253'402'300'799;  // the end of 9999

  ByteView in;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in.empty()) break;
      const std::uint8_t byte = in.front();
      in = in.subspan(1);
      out |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return out;
    }
    good = false;
    return 0;
  }
  // A number of at most `most`.
  std::uint64_t number(std::uint64_t most) {
    const auto out = number();
    if (out > most) good = false;
    return out > most ? 0 : out;
  }
  Instant time() { return Instant{seconds{static_cast<std::int64_t>(number(kTimeMost))}}; }
  ByteView bytes(std::size_t size) {
    if (in.size() < size) {
      good = false;
      return {};
    }
    const auto out = in.first(size);
    in = in.subspan(size);
    return out;
  }
  void array(Bytes16& out) {
    const auto from = bytes(out.size());
    if (good) std::memcpy(out.data(), from.data(), out.size());
  }
  std::string_view text() { return as_text(bytes(number(in.size()))); }
};

}  // namespace muster::store
