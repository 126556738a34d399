// What stands behind the "?" of a target.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"

namespace muster::host {

using Query = std::vector<std::pair<std::string, std::string>>;

// Percent-decoding; nothing for a cut or wrong escape, or text that is not UTF-8 without control
// characters.
[[nodiscard]] std::optional<std::string> percent_decode(std::string_view text, bool plus_is_space);
// "a=b&c=d". malformed_request for a name twice, a name not in `known`, or an escape that is wrong.
[[nodiscard]] Expected<Query> parse_query(std::string_view query,
                                          std::span<const std::string_view> known);

}  // namespace muster::host
