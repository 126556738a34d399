#include "base/eight_bytes.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <algorithm>
#include <array>

namespace muster {
namespace {

// Bytes near the borders of what is asked, of which every row of eight has some.
rc::Gen<std::uint8_t> byte() {
  return rc::gen::oneOf(rc::gen::arbitrary<std::uint8_t>(),
                        rc::gen::element<std::uint8_t>(0, 1, 0x1f, 0x20, 0x21, '"', '#', '\\', 0x7e,
                                                       0x7f, 0x80, 0x81, 0xa2, 0xff));
}

TEST(EightBytes, SayWhatTheBytesSayOneByOne) {
  EXPECT_TRUE(rc::check([] {
    const auto bytes = *rc::gen::container<std::array<std::uint8_t, 8>>(byte());
    std::array<char, 8> text{};
    std::ranges::transform(bytes, text.begin(), [](auto b) { return static_cast<char>(b); });
    const EightBytes eight(text.data());
    RC_ASSERT(eight.all_ascii() == std::ranges::all_of(bytes, [](auto b) { return b < 0x80; }));
    for (const int limit : {0, 1, 0x20, 0x7f, 0x80}) {
      RC_ASSERT(eight.any_below(static_cast<std::uint8_t>(limit)) ==
                std::ranges::any_of(bytes, [&](auto b) { return b < limit; }));
    }
    for (const int wanted : {0, 1, 0x22, 0x5c, 0x7f, 0x80, 0xff}) {
      RC_ASSERT(eight.any_is(static_cast<char>(wanted)) ==
                std::ranges::any_of(bytes, [&](auto b) { return b == wanted; }));
    }
  }));
}

}  // namespace
}  // namespace muster
