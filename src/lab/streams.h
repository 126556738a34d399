// Random streams of a simulation, each made of the seed and a name. What one draws moves no other:
// a machine that is added, or a request more, leaves everybody else's draws as they were.
#pragma once

#include <algorithm>
#include <cstdint>
#include <string_view>

#include "base/random.h"

namespace muster::lab {

// The key of the stream with this name: first 16 bytes of SHA-256("muster-lab-1|SEED|NAME").
[[nodiscard]] Bytes16 stream_key(std::uint64_t seed, std::string_view name);
// The key of one of many streams under a key, by number: cheap enough for a million desktops.
[[nodiscard]] Bytes16 numbered_key(const Bytes16& key, std::uint64_t number);

// Draws the least: nothing is spread. Only where nothing but a spread is drawn.
class NoJitter final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override { std::ranges::fill(bytes, std::uint8_t{0}); }
};

// SipHash of a counter. A stream is known by its key and how far it was drawn, so that a million of
// them are kept as four bytes each. Never for secrets. Not thread-safe.
class Stream final : public Random {
 public:
  explicit Stream(const Bytes16& key, std::uint32_t drawn = 0) : key_(key), drawn_(drawn) {}
  void fill(std::span<std::uint8_t> bytes) override;
  // Blocks of 8 bytes so far.
  [[nodiscard]] std::uint32_t drawn() const { return drawn_; }

 private:
  Bytes16 key_;
  std::uint32_t drawn_;
};

}  // namespace muster::lab
