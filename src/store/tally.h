// What is counted from the log while nobody asks: evidence by pool, and who used what in a month.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"
#include "core/pool.h"

namespace muster::store {

// One kind of evidence in one pool. The id is a salted hash of the pool's group, pattern and
// subnet, so that it can stand where names must not.
struct PoolKey {
  Bytes16 id{};
  core::Evidence evidence{};
  friend auto operator<=>(const PoolKey&, const PoolKey&) = default;
};
struct PoolRow {
  PoolKey key;
  std::string vendor, group;
  std::string pattern;  // empty: machines without a name
  std::string subnet;   // empty: their address is not known
  core::PoolRecord record;
  friend bool operator==(const PoolRow&, const PoolRow&) = default;
};

// Distinct machines that used a product in a month, by CMID or by primary fact.
struct UsageKey {
  std::string vendor, product;
  std::int32_t month = 0;  // since January 1970, UTC
  bool by_fact = false;
  friend auto operator<=>(const UsageKey&, const UsageKey&) = default;
};
struct UsageRow {
  UsageKey key;
  std::uint64_t machines = 0;
  friend bool operator==(const UsageRow&, const UsageRow&) = default;
};

}  // namespace muster::store
