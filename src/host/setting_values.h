// How values of settings are read from text, and shown. Every refusal is config_invalid with what
// was expected; the target is unchanged then.
#pragma once

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <charconv>
#include <initializer_list>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "base/time.h"

namespace muster::host {

template <class Number>
[[nodiscard]] Expected<void> set_number(Number& out, std::string_view value, Number least,
                                        Number most) {
  Number number{};
  const auto [rest, failed] = std::from_chars(value.data(), value.data() + value.size(), number);
  if (failed != std::errc() || rest != value.data() + value.size() || number < least ||
      number > most) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a number from {} to {}", value, least, most));
  }
  out = number;
  return {};
}

// Times of the process itself are in seconds: "10s" or "10".
[[nodiscard]] inline Expected<void> set_seconds(seconds& out, std::string_view value, int least,
                                                int most) {
  auto digits = value;
  if (digits.ends_with('s')) digits.remove_suffix(1);
  int number = 0;
  if (!set_number(number, digits, least, most)) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a time from {}s to {}s", value, least, most));
  }
  out = seconds(number);
  return {};
}

template <class Enum>
[[nodiscard]] Expected<void> set_choice(
    Enum& out, std::string_view value,
    std::initializer_list<std::pair<std::string_view, Enum>> choices) {
  std::string names;
  for (const auto& [name, choice] : choices) {
    if (name == value) {
      out = choice;
      return {};
    }
    names.append(names.empty() ? "" : ", ").append(name);
  }
  return fail(ErrorCode::config_invalid, fmt::format("'{}' is none of {}", value, names));
}

// "90s", or a duration such as 5m, 2h, 8d.
[[nodiscard]] inline Expected<void> set_span(seconds& out, std::string_view value, seconds least,
                                             seconds most) {
  seconds span{-1};
  if (value.ends_with('s')) {
    int count = 0;
    if (set_number(count, value.substr(0, value.size() - 1), 0, 1'000'000)) span = seconds(count);
  } else if (const auto read = parse_duration(value)) {
    span = *read;
  }
  if (span < least || span > most) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a duration from {}s to {}; write 90s, 5m, 2h or 8d", value,
                            least.count(), format_duration(std::chrono::floor<minutes>(most))));
  }
  out = span;
  return {};
}

[[nodiscard]] inline std::string show(seconds value) { return fmt::format("{}s", value.count()); }
[[nodiscard]] inline std::string show_span(seconds value) {
  return value.count() % 60 != 0 || value.count() == 0
             ? show(value)
             : format_duration(std::chrono::floor<minutes>(value));
}
[[nodiscard]] inline std::string show(const std::vector<std::string>& list) {
  return fmt::format("{}", fmt::join(list, ","));
}

}  // namespace muster::host
