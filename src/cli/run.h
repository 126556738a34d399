// The whole of `muster` but for its main function.
#pragma once

#include <string>
#include <vector>

#include "cli/shell.h"

namespace muster::cli {

inline constexpr std::string_view kVersion = "0.1.0";

// `words` without the program's name. Prints, and returns what the process exits with.
[[nodiscard]] int run(std::vector<std::string> words, Shell& shell);

}  // namespace muster::cli
