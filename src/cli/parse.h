// From the words of a command line to an Invocation.
#pragma once

#include <functional>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "cli/invocation.h"

namespace muster::cli {

// -h or --help somewhere on the line: of which command or group ("" : of muster itself).
struct HelpWanted {
  std::string path;
};
struct VersionWanted {};
// A line that is not valid. `path` is as far as it was understood, for the hint.
struct UsageError {
  std::string path;
  std::string detail;
  bool json = false;  // --json stands on the line
};
using Parsed = std::variant<Invocation, HelpWanted, VersionWanted, UsageError>;

using Environment = std::function<std::optional<std::string>(const std::string&)>;

// `words` without the program's name. Values come from the line, else from the environment, else
// from the table's fallback; several values of a repeated option stand in its variable apart by
// commas.
[[nodiscard]] Parsed parse(std::span<const Command> table, std::vector<std::string> words,
                           const Environment& environment);

// The name among `names` that was probably meant by `word`, or nothing.
[[nodiscard]] std::optional<std::string> probably_meant(std::string_view word,
                                                        std::span<const std::string> names);

}  // namespace muster::cli
