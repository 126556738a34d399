#include "base/random.h"

#include <gtest/gtest.h>

#include <array>
#include <deque>

namespace muster {
namespace {

// Gives out the words it was made with, in order.
class ScriptedRandom final : public Random {
 public:
  ScriptedRandom(std::initializer_list<std::uint64_t> words) : words_(words) {}
  void fill(std::span<std::uint8_t> bytes) override {
    ASSERT_FALSE(words_.empty());
    ASSERT_EQ(bytes.size(), sizeof(std::uint64_t));
    std::memcpy(bytes.data(), &words_.front(), bytes.size());
    words_.pop_front();
  }
  [[nodiscard]] std::size_t left() const { return words_.size(); }

 private:
  std::deque<std::uint64_t> words_;
};

TEST(SeededRandom, GivesTheSameBytesForTheSameSeed) {
  SeededRandom a(42);
  SeededRandom b(42);
  SeededRandom other(43);
  const auto first = a.bytes<32>();
  EXPECT_EQ(first, b.bytes<32>());
  EXPECT_NE(first, other.bytes<32>());
  EXPECT_NE(first, a.bytes<32>());
}

TEST(SeededRandom, FillsTheWholeSpan) {
  SeededRandom random(1);
  std::array<int, 13> zeros{};
  for (int round = 0; round < 100; ++round) {
    const auto bytes = random.bytes<13>();
    for (std::size_t i = 0; i < bytes.size(); ++i) zeros[i] += bytes[i] == 0;
  }
  for (const auto count : zeros) EXPECT_LT(count, 50);
}

TEST(SystemRandom, FillsTheWholeSpanWithOtherBytesEachTime) {
  SystemRandom random;
  EXPECT_NE(random.bytes<32>(), random.bytes<32>());
  EXPECT_NE(random.bytes<32>(), (Bytes32{}));
}

TEST(BlockRandom, GivesTheOthersBytesInTheirOrder) {
  constexpr std::size_t kAll = 3000;
  std::array<std::uint8_t, kAll> others{};
  SeededRandom(7).fill(others);
  SeededRandom same(7);
  BlockRandom random(same);
  for (std::size_t at = 0, size = 1; at < kAll; at += size, size = size % 23 + 1) {
    std::array<std::uint8_t, 23> drawn{};
    const auto count = std::min(size, kAll - at);
    random.fill(std::span(drawn).first(count));
    ASSERT_TRUE(std::equal(drawn.begin(), drawn.begin() + static_cast<std::ptrdiff_t>(count),
                           others.begin() + static_cast<std::ptrdiff_t>(at)))
        << at;
  }
}

TEST(Below, StaysBelowAndReachesEveryValue) {
  SeededRandom random(5);
  std::array<int, 7> seen{};
  for (int i = 0; i < 7000; ++i) {
    const auto value = random.below(seen.size());
    ASSERT_LT(value, seen.size());
    ++seen[value];
  }
  for (const auto count : seen) EXPECT_NEAR(count, 1000, 200);
  EXPECT_EQ(random.below(1), 0u);
}

TEST(Below, DrawsAgainWhereTheLastMultipleEnds) {
  ScriptedRandom random{UINT64_MAX, 12};
  EXPECT_EQ(random.below(10), 2u);
  EXPECT_EQ(random.left(), 0u);
}

}  // namespace
}  // namespace muster
