// How a command, an option and an exit code are put into words, in help and in every paper alike.
#pragma once

#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "cli/command.h"

namespace muster::cli {

// What --help shows as the value where none is given; empty: none.
[[nodiscard]] std::string_view shown_default(const Option& option);
// The environment's name of an option: --clock-skew is MUSTER_CLOCK_SKEW.
[[nodiscard]] std::string variable_of(const Option& option);
// "--clock-skew 4h" as it is documented: "--clock-skew DURATION".
[[nodiscard]] std::string spelled(const Option& option);
// "muster host run --dir DIR [--listen HOST:PORT] ..."; `gap` stands between an option and its
// value.
[[nodiscard]] std::string synopsis(const Command& command, char gap = ' ');
// What an exit code means.
[[nodiscard]] std::string_view meaning(Exit code);
// What each group of commands is for: "host" -> "The host, which the customer runs".
[[nodiscard]] std::string_view group_summary(std::string_view group);
// The groups ("vendor", "host" ...) in the table's order, each once; and the verbs of one.
[[nodiscard]] std::vector<std::string_view> groups_of(std::span<const Command> table);
// Every exit code of a command, ascending, 0, 2 and 70 included.
[[nodiscard]] std::vector<Exit> exits_of(const Command& command);
// "host" of "host run"; "" of "status".
[[nodiscard]] std::string_view group_of(const Command& command);
// "run" of "host run"; "status" of "status".
[[nodiscard]] std::string_view verb_of(const Command& command);

}  // namespace muster::cli
