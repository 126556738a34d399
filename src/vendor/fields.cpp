#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"
#include "vendor/vendor.h"

namespace muster::vendor {
namespace {

struct DurationField {
  std::string_view name;
  minutes Policy::* member;
};
constexpr DurationField kDurations[] = {
    {"validity", &Policy::validity},
    {"renewal", &Policy::renewal_interval},
    {"retry", &Policy::retry_interval},
    {"retention", &Policy::retention},
    {"clock-skew", &Policy::clock_skew},
    {"initial-grace", &Policy::initial_grace},
    {"additional-grace", &Policy::additional_grace},
};

std::unexpected<Error> not_a(std::string_view field, std::string_view value,
                             std::string_view expected) {
  return fail(ErrorCode::usage, fmt::format("{} is '{}', and must be {}", field, value, expected));
}

Expected<std::uint32_t> number(std::string_view field, std::string_view value) {
  if (const auto out = whole_number<std::uint32_t>(value)) return *out;
  return not_a(field, value, "a whole number");
}

}  // namespace

Expected<Setting> parse_setting(std::string_view text) {
  const auto dot = text.find('.');
  const auto equals = text.find('=');
  if (dot == text.npos || equals == text.npos || dot > equals || dot == 0 || equals == dot + 1 ||
      equals + 1 == text.size()) {
    return fail(ErrorCode::usage,
                fmt::format("'{}' is not PRODUCT.FIELD=VALUE, as in acme-cad.threshold=10", text));
  }
  return Setting{std::string(text.substr(0, dot)),
                 std::string(text.substr(dot + 1, equals - dot - 1)),
                 std::string(text.substr(equals + 1))};
}

Expected<void> set_field(Policy& policy, std::string_view field, std::string_view value) {
  // A policy file writes clock_skew and renewal_interval.
  std::string name(field);
  std::ranges::replace(name, '_', '-');
  if (name.ends_with("-interval")) name.resize(name.size() - 9);
  for (const auto& duration : kDurations) {
    if (name != duration.name) continue;
    auto parsed = parse_duration(value);
    if (!parsed) return not_a(field, value, "a duration like 90m, 2h, 180d or 2y");
    policy.*duration.member = *parsed;
    return {};
  }
  if (name == "threshold" || name == "rearm-limit") {
    const auto parsed = number(field, value);
    if (!parsed) return std::unexpected(parsed.error());
    (name == "threshold" ? policy.threshold : policy.rearm_limit) = *parsed;
    return {};
  }
  if (name == "licensed") {
    policy.licensed.reset();
    if (value == "none") return {};
    const auto parsed = number(field, value);
    if (!parsed) return not_a(field, value, "a whole number or none");
    policy.licensed = *parsed;
    return {};
  }
  if (name == "count-by") {
    const auto parsed = count_by_of(value);
    if (!parsed) return not_a(field, value, "cmid or machine");
    policy.count_by = *parsed;
    return {};
  }
  if (name == "over") {
    const auto parsed = over_of(value);
    if (!parsed) return not_a(field, value, "report or refuse");
    policy.over = *parsed;
    return {};
  }
  return fail(ErrorCode::usage,
              fmt::format("'{}' is no field; the fields are threshold, validity, renewal, retry, "
                          "retention, clock-skew, initial-grace, additional-grace, rearm-limit, "
                          "count-by, licensed and over",
                          field));
}

}  // namespace muster::vendor
