#include "client/state.h"

#include <algorithm>
#include <cassert>

namespace muster::client {

GroupState* State::find_group(std::string_view vendor_id, std::string_view group) {
  const auto at = std::ranges::find_if(
      groups, [&](const auto& one) { return one.vendor_id == vendor_id && one.group == group; });
  return at == groups.end() ? nullptr : &*at;
}

ProductState* State::find_product(std::string_view vendor_id, std::string_view product) {
  const auto at = std::ranges::find_if(products, [&](const auto& one) {
    return one.vendor_id == vendor_id && one.product == product;
  });
  return at == products.end() ? nullptr : &*at;
}

ProductState* State::installed(std::string_view product) {
  const auto at = std::ranges::find_if(
      products, [&](const auto& one) { return one.installed && one.product == product; });
  return at == products.end() ? nullptr : &*at;
}

GroupState& State::group_of(const ProductState& product) {
  auto* group = find_group(product.vendor_id, product.group);
  assert(group != nullptr);
  return *group;
}

}  // namespace muster::client
