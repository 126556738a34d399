#include "cli/values.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/ascii.h"
#include "base/ids.h"
#include "base/time.h"

namespace muster::cli {
namespace {

template <class... Args>
auto bad(std::string_view source, fmt::format_string<Args...> form, Args&&... args) {
  return fail(ErrorCode::usage,
              fmt::format("{}: {}", source, fmt::format(form, std::forward<Args>(args)...)));
}

Expected<void> check_number(const Option& option, std::string_view source, std::string_view value) {
  const auto number = whole_number<std::int64_t>(value);
  if (!number) return bad(source, "'{}' is not a whole number", value);
  if (*number >= option.least && *number <= option.most) return {};
  if (option.most == INT64_MAX) return bad(source, "{} is less than {}", value, option.least);
  return bad(source, "{} is outside {} to {}", value, option.least, option.most);
}

// HOST:PORT, an IPv6 address in brackets.
bool is_address(std::string_view value) {
  const auto colon = value.rfind(':');
  if (colon == std::string_view::npos || colon == 0) return false;
  const auto port = whole_number<std::int64_t>(value.substr(colon + 1));
  const auto host = value.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  return port && *port >= 0 && *port <= 65535 &&
         (bracketed || host.find(':') == std::string_view::npos);
}

Expected<void> check_flag(std::string_view source, std::string& value) {
  for (const auto yes : {"true", "1", "yes"}) {
    if (value == yes) return value = "true", Expected<void>{};
  }
  for (const auto no : {"false", "0", "no"}) {
    if (value == no) return value = "false", Expected<void>{};
  }
  return bad(source, "'{}' is neither true nor false", value);
}

}  // namespace

Expected<void> check_value(const Option& option, std::string_view source, std::string& value) {
  if (value.empty()) {
    if (option.may_be_empty) return {};
    return bad(source, "the value is empty");
  }
  switch (option.kind) {
    case Kind::flag: return check_flag(source, value);
    case Kind::number: return check_number(option, source, value);
    case Kind::duration:
      if (auto read = parse_duration(value); !read) return bad(source, "{}", read.error().detail);
      return {};
    case Kind::id:
      if (valid_id(value)) return {};
      return bad(source, "'{}' is not an id: small letters, digits and dashes, at most 63", value);
    case Kind::address:
      if (is_address(value)) return {};
      return bad(source, "'{}' is not an address; write HOST:PORT", value);
    case Kind::choice:
      if (std::ranges::find(option.choices, value) != option.choices.end()) return {};
      return bad(source, "'{}' is none of: {}", value, fmt::join(option.choices, ", "));
    case Kind::url:
      if (value.starts_with("http://") || value.starts_with("https://") ||
          value.starts_with("unix:")) {
        return {};
      }
      return bad(source, "'{}' is not an address of a host; write http://NAME:8688", value);
    case Kind::text:
      if (valid_text(value, 255)) return {};
      return bad(source, "at most 255 bytes of UTF-8 without control characters");
    case Kind::file:
    case Kind::directory: return {};
  }
  return {};
}

std::vector<std::string> split_list(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const auto comma = text.find(',');
    if (const auto part = text.substr(0, comma); !part.empty()) out.emplace_back(part);
    text.remove_prefix(comma == std::string_view::npos ? text.size() : comma + 1);
  }
  return out;
}

}  // namespace muster::cli
