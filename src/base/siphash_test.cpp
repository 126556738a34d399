#include "base/siphash.h"

#include <gtest/gtest.h>

namespace muster {
namespace {

// The reference implementation's vector for key 00..0f and the sixteen bytes 00..0f.
TEST(Siphash, GivesTheAuthorsVector) {
  Bytes16 counting;
  for (std::uint8_t i = 0; i < 16; ++i) counting[i] = i;
  EXPECT_EQ(siphash(counting, counting), 0x3f2acc7f57c29bdbu);
}

TEST(Siphash, DependsOnKeyAndValue) {
  const Bytes16 zero{};
  Bytes16 one{};
  one[15] = 1;
  EXPECT_NE(siphash(zero, zero), siphash(one, zero));
  EXPECT_NE(siphash(zero, zero), siphash(zero, one));
}

}  // namespace
}  // namespace muster
