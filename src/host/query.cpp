#include "host/query.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/bytes.h"
#include "base/ids.h"

namespace muster::host {

using std::string_view;

std::optional<std::string> percent_decode(string_view text, bool plus_is_space) {
  std::string out;
  out.reserve(text.size());
  for (std::size_t i = 0; i < text.size(); ++i) {
    if (text[i] == '+' && plus_is_space) {
      out.push_back(' ');
    } else if (text[i] != '%') {
      out.push_back(text[i]);
    } else {
      std::uint8_t byte = 0;
      if (!read_hex(text.substr(i + 1, 2), {&byte, 1})) return std::nullopt;
      out.push_back(static_cast<char>(byte));
      i += 2;
    }
  }
  if (!valid_text(out, out.size())) return std::nullopt;
  return out;
}

Expected<Query> parse_query(string_view query, std::span<const string_view> known) {
  Query out;
  while (!query.empty()) {
    const auto pair = query.substr(0, query.find('&'));
    query.remove_prefix(std::min(pair.size() + 1, query.size()));
    if (pair.empty()) continue;
    const auto equals = std::min(pair.find('='), pair.size());
    auto name = percent_decode(pair.substr(0, equals), true);
    auto value = percent_decode(pair.substr(std::min(equals + 1, pair.size())), true);
    if (!name || !value) {
      return fail(ErrorCode::malformed_request, "the query has an escape that is not valid");
    }
    if (std::ranges::find(known, *name) == known.end()) {
      return fail(ErrorCode::malformed_request, fmt::format("there is no parameter '{}'", *name));
    }
    if (std::ranges::find(out, *name, &Query::value_type::first) != out.end()) {
      return fail(ErrorCode::malformed_request,
                  fmt::format("the parameter '{}' stands twice", *name));
    }
    out.emplace_back(std::move(*name), std::move(*value));
  }
  return out;
}

}  // namespace muster::host
