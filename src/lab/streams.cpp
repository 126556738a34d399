#include "lab/streams.h"

#include <fmt/format.h>

#include <algorithm>
#include <cstring>

#include "base/digest.h"
#include "base/siphash.h"

namespace muster::lab {
namespace {

std::uint64_t hashed(const Bytes16& key, std::uint64_t number, std::uint64_t part) {
  Bytes16 value;
  std::memcpy(value.data(), &number, sizeof number);
  std::memcpy(value.data() + 8, &part, sizeof part);
  return siphash(key, value);
}

}  // namespace

Bytes16 stream_key(std::uint64_t seed, std::string_view name) {
  return first16(sha256(as_bytes(fmt::format("muster-lab-1|{}|{}", seed, name))));
}

// The parts differ from those of fill(), so that a key's numbers are none of its draws.
Bytes16 numbered_key(const Bytes16& key, std::uint64_t number) {
  Bytes16 out;
  for (std::uint64_t part = 0; part < 2; ++part) {
    const auto half = hashed(key, number, part + 1);
    std::memcpy(out.data() + 8 * part, &half, sizeof half);
  }
  return out;
}

void Stream::fill(std::span<std::uint8_t> bytes) {
  while (!bytes.empty()) {
    const auto block = hashed(key_, drawn_++, 0);
    const auto count = std::min(bytes.size(), sizeof block);
    std::memcpy(bytes.data(), &block, count);
    bytes = bytes.subspan(count);
  }
}

}  // namespace muster::lab
