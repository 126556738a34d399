#include "core/roll.h"

#include <gmock/gmock.h>
#include <rapidcheck.h>

#include <algorithm>
#include <cstring>
#include <map>

#include "base/random.h"

namespace muster::core {
namespace {

using std::chrono::days;
using std::chrono::hours;
using testing::ElementsAre;

constexpr minutes kRetention = days(30);
constexpr Instant kStart{days(20'000)};

RollKey key(int n) {
  RollKey out{};
  out[0] = static_cast<std::uint8_t>(n >> 8);
  out[1] = static_cast<std::uint8_t>(n);
  return out;
}

struct Fixture : testing::Test {
  Roll roll{Bytes16{1, 2, 3}};
  std::vector<RollKey> changed;

  std::uint32_t ask(int n, Instant now, std::uint32_t threshold = 25) {
    changed.clear();
    return roll.ask(key(n), now, threshold, kRetention, changed);
  }
};

TEST_F(Fixture, TheAskerIsCountedAndCountsOnce) {
  EXPECT_EQ(ask(1, kStart), 1u);
  EXPECT_EQ(ask(2, kStart), 2u);
  EXPECT_EQ(ask(1, kStart + hours(1)), 2u);
}

TEST_F(Fixture, AnEntryStaysForTwentyNineDays23Hours59MinutesAndIsGoneAfterThirtyDays) {
  ask(1, kStart);
  EXPECT_EQ(ask(2, kStart + days(30) - minutes(1)), 2u);
  EXPECT_EQ(ask(3, kStart + days(30) - seconds(1)), 3u);
  EXPECT_EQ(ask(4, kStart + days(30)), 3u);
  EXPECT_EQ(roll.find(key(1)), nullptr);
}

TEST_F(Fixture, NobodyAsksForThirtyDaysAndTheCountIsZero) {
  for (int n = 0; n < 25; ++n) ask(n, kStart + minutes(n));
  EXPECT_EQ(roll.count_at(kStart + days(30) - seconds(1), kRetention), 25u);
  EXPECT_EQ(roll.count_at(kStart + days(30), kRetention), 24u);
  EXPECT_EQ(roll.count_at(kStart + days(30) + minutes(24), kRetention), 0u);
}

TEST_F(Fixture, ARollOf50ThatMeetsIts51stDropsTheOneSilentForLongest) {
  for (int n = 0; n < 50; ++n) EXPECT_EQ(ask(n, kStart + seconds(n)), static_cast<unsigned>(n + 1));
  ask(0, kStart + seconds(60));  // number 0 is heard again, so number 1 is silent for longest
  EXPECT_EQ(ask(50, kStart + seconds(61)), 50u);
  EXPECT_THAT(changed, ElementsAre(key(50), key(1)));
  EXPECT_NE(roll.find(key(0)), nullptr);
  EXPECT_EQ(roll.find(key(1)), nullptr);
}

TEST_F(Fixture, OfTwoHeardInOneSecondTheOneThatWasPutEarlierLeaves) {
  for (int n = 0; n < 10; ++n) ask(n, kStart, 5);
  ask(0, kStart, 5);  // put again: now the newest of that second
  ask(10, kStart, 5);
  EXPECT_THAT(changed, ElementsAre(key(10), key(1)));
}

TEST_F(Fixture, CapacityFollowsTheHighestThresholdAndNeverShrinks) {
  ask(1, kStart, 5);
  EXPECT_EQ(roll.capacity(), 10u);  // servers only
  ask(2, kStart, 25);
  EXPECT_EQ(roll.capacity(), 50u);  // after the first desktop
  ask(3, kStart + days(60), 5);
  EXPECT_EQ(roll.capacity(), 50u);
}

TEST_F(Fixture, AsStoredItGoesOnAsIfNothingHadHappened) {
  for (int n = 0; n < 12; ++n) ask(n, kStart + seconds(n / 3), 5);
  auto stored = roll.entries();
  std::ranges::reverse(stored);
  Roll again(Bytes16{9}, roll.highest_threshold(), stored);
  EXPECT_EQ(again.entries(), roll.entries());
  std::vector<RollKey> other;
  ask(99, kStart + seconds(9), 5);
  again.ask(key(99), kStart + seconds(9), 5, kRetention, other);
  EXPECT_EQ(other, changed);
  EXPECT_EQ(again.entries(), roll.entries());
}

// The rules of design section 2 written down a second time, as slowly and plainly as they read.
struct PlainRoll {
  struct Entry {
    RollKey key;
    Instant at;
    int put;
  };
  std::vector<Entry> entries;
  std::uint32_t highest = 0;
  int puts = 0;

  std::uint32_t ask(const RollKey& k, Instant now, std::uint32_t threshold) {
    highest = std::max(highest, threshold);
    std::erase_if(entries, [&](const Entry& e) { return now - e.at >= kRetention; });
    std::erase_if(entries, [&](const Entry& e) { return e.key == k; });
    entries.push_back({k, now, ++puts});
    while (entries.size() > 2 * highest) {
      entries.erase(std::ranges::min_element(
          entries, {}, [](const Entry& e) { return std::pair(e.at, e.put); }));
    }
    return static_cast<std::uint32_t>(entries.size());
  }
};

TEST(RollProperty, EveryTraceCountsAsTheRulesRead) {
  EXPECT_TRUE(rc::check([] {
    Roll roll(Bytes16{7});
    PlainRoll plain;
    Instant now = kStart;
    std::vector<RollKey> changed;
    const auto steps = *rc::gen::inRange(1, 200);
    for (int i = 0; i < steps; ++i) {
      now += minutes(*rc::gen::element(0, 0, 1, 60, 24 * 60, 29 * 24 * 60, 30 * 24 * 60));
      const auto who = key(*rc::gen::inRange(0, 40));
      const auto threshold = *rc::gen::element<std::uint32_t>(1, 2, 5, 10);
      RC_ASSERT(roll.ask(who, now, threshold, kRetention, changed) ==
                plain.ask(who, now, threshold));
      std::vector<RollKey> left, right;
      for (const auto& e : roll.entries()) left.push_back(e.key);
      for (const auto& e : plain.entries) right.push_back(e.key);
      std::ranges::sort(left);
      std::ranges::sort(right);
      RC_ASSERT(left == right);
    }
  }));
}

TEST(RollProperty, ChangedNamesEveryEntryThatADifferenceNeeds) {
  EXPECT_TRUE(rc::check([] {
    Roll roll(Bytes16{7});
    std::map<RollKey, RollEntry> stored;
    Instant now = kStart;
    const auto steps = *rc::gen::inRange(1, 100);
    for (int i = 0; i < steps; ++i) {
      now += minutes(*rc::gen::element(0, 10, 20 * 24 * 60));
      std::vector<RollKey> changed;
      roll.ask(key(*rc::gen::inRange(0, 20)), now, 4, kRetention, changed);
      for (const auto& k : changed) {
        if (const auto* entry = roll.find(k)) {
          stored[k] = *entry;
        } else {
          stored.erase(k);
        }
      }
      std::map<RollKey, RollEntry> live;
      for (const auto& e : roll.entries()) live[e.key] = e;
      RC_ASSERT(live == stored);
    }
  }));
}

// A thousand keys come and go in the table's places, and none hides another.
TEST(RollLarge, EveryEntryIsFoundAndNoOther) {
  constexpr std::uint32_t kKeys = 1'500;
  constexpr std::uint32_t kHighest = 300;
  SeededRandom random(1);
  const auto key_of = [](std::uint64_t number) {
    RollKey key{};
    std::memcpy(key.data(), &number, sizeof number);
    return key;
  };
  Roll roll(Bytes16{3});
  std::vector<RollKey> changed;
  Instant now{};
  for (int step = 0; step < 20'000; ++step) {
    now += seconds(static_cast<std::int64_t>(random.below(3)));
    changed.clear();
    (void)roll.ask(key_of(random.below(kKeys)), now, kHighest, minutes(20), changed);
    if (step % 100 != 0) continue;
    const auto entries = roll.entries();
    ASSERT_EQ(entries.size(), roll.size());
    ASSERT_LE(entries.size(), roll.capacity());
    std::size_t found = 0;
    for (std::uint64_t number = 0; number < kKeys; ++number) {
      const auto* entry = roll.find(key_of(number));
      if (entry == nullptr) continue;
      ++found;
      ASSERT_NE(std::ranges::find(entries, *entry), entries.end());
    }
    ASSERT_EQ(found, entries.size());
  }
}

TEST(RollLarge, ACopyGoesOnByItself) {
  Roll roll(Bytes16{3});
  std::vector<RollKey> changed;
  for (std::uint8_t number = 0; number < 40; ++number) {
    (void)roll.ask(RollKey{number}, Instant{} + seconds(number), 25, minutes(60), changed);
  }
  const auto before = roll.entries();
  auto copy = roll;
  for (std::uint8_t number = 100; number < 140; ++number) {
    (void)copy.ask(RollKey{number}, Instant{} + seconds(number), 25, minutes(60), changed);
  }
  EXPECT_EQ(roll.entries(), before);
  EXPECT_NE(copy.entries(), before);
  EXPECT_EQ(copy.find(RollKey{0}), nullptr);
  EXPECT_NE(roll.find(RollKey{0}), nullptr);
}

}  // namespace
}  // namespace muster::core
