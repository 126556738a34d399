// Where a machine stands in the lists for people, the same in every store.
#pragma once

#include <string>
#include <string_view>

#include "base/ascii.h"
#include "base/time.h"
#include "store/store.h"

namespace muster::store {

// A name as lists are put in order by, and searched: ASCII letters in lower case.
[[nodiscard]] inline std::string listed_name(std::string_view name) { return lower(name); }
// Days since 1970, UTC.
[[nodiscard]] inline std::int64_t listed_day(Instant at) {
  return std::chrono::floor<std::chrono::days>(at).time_since_epoch().count();
}
[[nodiscard]] inline bool is_by_name(ListOrder order) {
  return order == ListOrder::name || order == ListOrder::name_down;
}
[[nodiscard]] inline bool is_down(ListOrder order) {
  return order == ListOrder::name_down || order == ListOrder::contact_down;
}

}  // namespace muster::store
