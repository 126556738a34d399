// A count group as decisions see it: its roll, who is active, and its counters.
#pragma once

#include <array>
#include <cstdint>
#include <map>
#include <string>

#include "base/policy.h"
#include "base/time.h"
#include "core/active.h"
#include "core/roll.h"

namespace muster::core {

// Since the database was made, as slmgr /dlv counts.
struct Counters {
  std::uint64_t requests = 0;  // understood requests, refused ones included
  std::uint64_t failed = 0;    // of these, not activated
  std::array<std::uint64_t, kLicenceStates> by_state{};  // the client's state before the request
  friend bool operator==(const Counters&, const Counters&) = default;
};

struct Group {
  explicit Group(const Bytes16& hash_key) : roll(hash_key) {}

  Roll roll;
  ActiveCount active;  // machines of the group
  std::map<std::string, ActiveCount>
      by_product;  // machines that take a `licensed` place of the product
  Counters counters;
  minutes retention{};  // the longest under which a request was counted; 0: none yet
};

}  // namespace muster::core
