// What is simulated to be sold.
#pragma once

#include <cstdint>
#include <set>
#include <span>
#include <string>
#include <string_view>

#include "base/policy.h"

namespace muster::lab {

// A product as the vendor sells it.
struct Product {
  std::string id, group, name;
  Policy policy;
};

// Of the products of a group; they share its roll. Empty: it has none.
[[nodiscard]] inline std::set<std::uint32_t> thresholds_of(std::span<const Product> products,
                                                           std::string_view group) {
  std::set<std::uint32_t> out;
  for (const auto& one : products) {
    if (one.group == group) out.insert(one.policy.threshold);
  }
  return out;
}

}  // namespace muster::lab
