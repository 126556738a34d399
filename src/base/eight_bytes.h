// Eight bytes of a text, looked at together: long plain texts, as documents are, need not be
// looked at byte by byte. Every answer is exact.
#pragma once

#include <cstdint>
#include <cstring>

namespace muster {

class EightBytes {
 public:
  static constexpr std::size_t kSize = 8;

  // REQUIRES: eight bytes at `at`.
  explicit EightBytes(const char* at) { std::memcpy(&bits_, at, kSize); }

  [[nodiscard]] bool all_ascii() const { return (bits_ & kHigh) == 0; }
  // A byte that is less than `limit`. REQUIRES: limit <= 128.
  [[nodiscard]] bool any_below(std::uint8_t limit) const {
    return ((bits_ - kEach * limit) & ~bits_ & kHigh) != 0;
  }
  [[nodiscard]] bool any_is(char byte) const {
    const auto differs = bits_ ^ (kEach * static_cast<std::uint8_t>(byte));
    return ((differs - kEach) & ~differs & kHigh) != 0;
  }

 private:
  static constexpr std::uint64_t kEach = 0x0101010101010101, kHigh = 0x8080808080808080;

  std::uint64_t bits_ = 0;
};

}  // namespace muster
