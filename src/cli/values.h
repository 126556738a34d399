// What the values of options and arguments must look like.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace muster::cli {

// Refuses a value that is not of the option's kind, as `usage` with `source` (the option, the
// argument or the environment's variable) in the detail. Puts a flag from the environment into its
// form "true" or "false".
[[nodiscard]] Expected<void> check_value(const Option& option, std::string_view source,
                                         std::string& value);

// "a,b" is two values; empty ones are dropped.
[[nodiscard]] std::vector<std::string> split_list(std::string_view text);

}  // namespace muster::cli
