#include "base/policy.h"

#include <fmt/format.h>

#include <array>

namespace muster {
namespace {

constexpr minutes kCentury{std::int64_t{100} * 365 * 24 * 60};

Expected<void> within(std::string_view field, minutes value, minutes least, minutes most) {
  if (value >= least && value <= most) return {};
  return fail(ErrorCode::policy_invalid,
              fmt::format("{} is {}, and must be {} to {}", field, format_duration(value),
                          format_duration(least), format_duration(most)));
}

}  // namespace

Expected<void> check(const Policy& policy) {
  if (policy.threshold < 1 || policy.threshold > 5000) {
    return fail(ErrorCode::policy_invalid,
                fmt::format("threshold is {}, and must be 1 to 5000", policy.threshold));
  }
  if (policy.rearm_limit > 1'000'000) {
    return fail(ErrorCode::policy_invalid,
                fmt::format("rearm_limit is {}, and must be at most 1000000", policy.rearm_limit));
  }
  if (policy.licensed == 0u) {
    return fail(ErrorCode::policy_invalid, "licensed is 0, and must be 1 or more, or absent");
  }
  struct Bound {
    std::string_view field;
    minutes value, least, most;
  };
  const Bound bounds[] = {
      {"validity", policy.validity, minutes(1), kCentury},
      {"renewal_interval", policy.renewal_interval, minutes(1), policy.validity},
      {"retry_interval", policy.retry_interval, minutes(1), policy.renewal_interval},
      {"initial_grace", policy.initial_grace, minutes(0), kCentury},
      {"additional_grace", policy.additional_grace, minutes(0), kCentury},
      {"retention", policy.retention, 2 * policy.renewal_interval, kCentury},
      {"clock_skew", policy.clock_skew, minutes(1), minutes(7 * 24 * 60)},
  };
  for (const auto& bound : bounds) {
    if (auto ok = within(bound.field, bound.value, bound.least, bound.most); !ok) return ok;
  }
  return {};
}

std::string_view name_of(CountBy count_by) {
  return count_by == CountBy::cmid ? "cmid" : "machine";
}
std::string_view name_of(Over over) { return over == Over::report ? "report" : "refuse"; }

std::optional<CountBy> count_by_of(std::string_view name) {
  if (name == "cmid") return CountBy::cmid;
  if (name == "machine") return CountBy::machine;
  return std::nullopt;
}

std::optional<Over> over_of(std::string_view name) {
  if (name == "report") return Over::report;
  if (name == "refuse") return Over::refuse;
  return std::nullopt;
}

std::string_view name_of(LicenceState state) {
  constexpr std::array<std::string_view, kLicenceStates> names = {
      "unlicensed",        "licensed",     "initial_grace", "additional_grace",
      "non_genuine_grace", "notification", "extended_grace"};
  return names[static_cast<std::size_t>(state)];
}

}  // namespace muster
