// Randomness as something that is passed in.
#pragma once

#include <cstdint>
#include <mutex>
#include <random>
#include <span>

#include "base/bytes.h"

namespace muster {

class Random {
 public:
  virtual ~Random() = default;
  // Fills the whole span. Not thread-safe unless the implementation says so.
  virtual void fill(std::span<std::uint8_t> bytes) = 0;

  template <std::size_t N>
  [[nodiscard]] std::array<std::uint8_t, N> bytes() {
    std::array<std::uint8_t, N> out;
    fill(out);
    return out;
  }
  // Uniform over [0, bound); bound > 0.
  [[nodiscard]] std::uint64_t below(std::uint64_t bound);
};

// The operating system's, for keys, nonces and ids. Thread-safe. Ends the process if the system has
// none.
class SystemRandom final : public Random {
 public:
  void fill(std::span<std::uint8_t> bytes) override;
};

// Another's bytes, taken in blocks: for what is drawn often and is no secret (they lie in memory
// until they are drawn, and a forked process draws the same). Thread-safe. `from` must outlive it.
class BlockRandom final : public Random {
 public:
  explicit BlockRandom(Random& from) : from_(from) {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  Random& from_;
  std::mutex mutex_;  // guards the next two
  std::array<std::uint8_t, 1024> block_{};
  std::size_t drawn_ = block_.size();
};

// The same bytes for the same seed, on every machine: tests and the lab. Never for secrets.
class SeededRandom final : public Random {
 public:
  explicit SeededRandom(std::uint64_t seed) : engine_(seed) {}
  void fill(std::span<std::uint8_t> bytes) override;

 private:
  std::mt19937_64 engine_;
};

}  // namespace muster
