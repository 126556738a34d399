#include "base/mak.h"

#include <fmt/format.h>

namespace muster {

Expected<void> check(const MakPolicy& policy) {
  if (policy.limit >= 1 && policy.limit <= MakPolicy::kLimitMost) return {};
  return fail(ErrorCode::policy_invalid,
              fmt::format("limit is {}: 1 to {} expected", policy.limit, MakPolicy::kLimitMost));
}

std::string_view name_of(Reactivation reactivation) {
  return reactivation == Reactivation::free ? "free" : "counts";
}

std::string_view name_of(Release release) {
  return release == Release::allowed ? "allowed" : "never";
}

std::optional<Reactivation> reactivation_of(std::string_view name) {
  for (const auto one : {Reactivation::free, Reactivation::counts}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

std::optional<Release> release_of(std::string_view name) {
  for (const auto one : {Release::allowed, Release::never}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

}  // namespace muster
