#include "base/random.h"

namespace muster {

std::uint64_t Random::below(std::uint64_t bound) {
  // Values past the last whole multiple of `bound` would favour the small ones.
  const std::uint64_t first_uneven = UINT64_MAX - UINT64_MAX % bound;
  for (;;) {
    const auto raw = bytes<8>();
    std::uint64_t value;
    std::memcpy(&value, raw.data(), sizeof value);
    if (value < first_uneven) return value % bound;
  }
}

void BlockRandom::fill(std::span<std::uint8_t> bytes) {
  const std::scoped_lock lock(mutex_);
  while (!bytes.empty()) {
    if (drawn_ == block_.size()) {
      from_.fill(block_);
      drawn_ = 0;
    }
    const auto count = std::min(bytes.size(), block_.size() - drawn_);
    std::memcpy(bytes.data(), block_.data() + drawn_, count);
    drawn_ += count;
    bytes = bytes.subspan(count);
  }
}

void SeededRandom::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const std::uint64_t value = engine_();
    const auto count = std::min(bytes.size(), sizeof value);
    std::memcpy(bytes.data(), &value, count);
    bytes = bytes.subspan(count);
  }
}

}  // namespace muster
