#include "cli/qr.h"

#include <gmock/gmock.h>

#include <algorithm>

namespace muster::cli {
namespace {

// The square of 7 x 7 that every reader looks for in three corners.
bool finder_at(const std::vector<std::vector<bool>>& squares, std::size_t top, std::size_t left) {
  for (std::size_t y = 0; y < 7; ++y) {
    for (std::size_t x = 0; x < 7; ++x) {
      const auto ring = std::min({y, x, 6 - y, 6 - x});
      if (squares.at(top + y).at(left + x) != (ring != 1)) return false;
    }
  }
  return true;
}

TEST(Qr, ACodeHasItsThreeCorners) {
  const auto squares = qr_squares("muster mak request 1");
  ASSERT_TRUE(squares);
  const auto width = squares->size();
  EXPECT_EQ((width - 17) % 4, 0u) << "17 + 4 x version";
  EXPECT_TRUE(finder_at(*squares, 0, 0));
  EXPECT_TRUE(finder_at(*squares, 0, width - 7));
  EXPECT_TRUE(finder_at(*squares, width - 7, 0));
  EXPECT_FALSE(finder_at(*squares, width - 7, width - 7));
}

TEST(Qr, OtherTextIsAnotherCode) { EXPECT_NE(*qr_squares("a"), *qr_squares("b")); }

TEST(Qr, WhatIsTooLongIsRefused) {
  EXPECT_TRUE(qr_squares(std::string(2953, 'x')));
  const auto refused = qr_squares(std::string(2954, 'x'));
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::usage);
}

TEST(Qr, LinesShowEachSquareOnceInsideTheQuietZone) {
  // One dark square.
  const auto lines = qr_lines({{true}});
  const std::string full = "\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\u2588\n";
  const std::string middle = "\u2588\u2588\u2588\u2588\u2584\u2588\u2588\u2588\u2588\n";
  EXPECT_EQ(lines, full + full + middle + full + full);
}

}  // namespace
}  // namespace muster::cli
