#include "cli/invocation.h"

#include <charconv>

namespace muster::cli {

bool Invocation::flag(std::string_view name) const {
  const auto at = values_.find(name);
  return at != values_.end() && at->second.values.front() == "true";
}

const std::string& Invocation::text(std::string_view name) const {
  const auto at = values_.find(name);
  assert(at != values_.end());
  return at->second.values.front();
}

std::optional<std::string> Invocation::maybe(std::string_view name) const {
  const auto at = values_.find(name);
  if (at == values_.end()) return std::nullopt;
  return at->second.values.front();
}

std::vector<std::string> Invocation::all(std::string_view name) const {
  const auto at = values_.find(name);
  return at == values_.end() ? std::vector<std::string>{} : at->second.values;
}

std::int64_t Invocation::number(std::string_view name) const {
  const auto& value = text(name);
  std::int64_t out = 0;
  const auto [rest, failed] = std::from_chars(value.data(), value.data() + value.size(), out);
  assert(failed == std::errc() && rest == value.data() + value.size());
  return out;
}

minutes Invocation::duration(std::string_view name) const {
  const auto out = parse_duration(text(name));
  assert(out);
  return *out;
}

bool Invocation::given(std::string_view name) const {
  const auto at = values_.find(name);
  return at != values_.end() && at->second.given;
}

void Invocation::set(std::string_view name, std::vector<std::string> values, bool is_given) {
  assert(!values.empty());
  values_.insert_or_assign(std::string(name), Value{std::move(values), is_given});
}

}  // namespace muster::cli
