// What is written from the table of commands: help, the man page, completions, docs/commands.md.
#pragma once

#include <span>
#include <string>
#include <string_view>

#include "cli/command.h"

namespace muster::cli {

// Help of a command, of a group of commands, or of muster itself (path ""). REQUIRES: the path is
// there.
[[nodiscard]] std::string help_text(std::span<const Command> table, std::string_view path);

// "muster host run --dir DIR [--listen HOST:PORT] ..."; `gap` stands between an option and its
// value.
[[nodiscard]] std::string synopsis(const Command& command, char gap = ' ');

// muster(1) in roff's man macros.
[[nodiscard]] std::string man_page(std::span<const Command> table, std::string_view version);

// docs/commands.md.
[[nodiscard]] std::string commands_markdown(std::span<const Command> table);

// A completion script for bash, zsh or fish.
[[nodiscard]] std::string bash_completion(std::span<const Command> table);
[[nodiscard]] std::string zsh_completion(std::span<const Command> table);
[[nodiscard]] std::string fish_completion(std::span<const Command> table);

// Shared by the writers.
// "--clock-skew 4h" as it is documented: "--clock-skew DURATION".
[[nodiscard]] std::string spelled(const Option& option);
// The groups ("vendor", "host" ...) in the table's order, each once; and the verbs of one.
[[nodiscard]] std::vector<std::string_view> groups_of(std::span<const Command> table);
// Every exit code of a command, ascending, 0, 2 and 70 included.
[[nodiscard]] std::vector<Exit> exits_of(const Command& command);
// "host" of "host run"; "" of "status".
[[nodiscard]] std::string_view group_of(const Command& command);
// "run" of "host run"; "status" of "status".
[[nodiscard]] std::string_view verb_of(const Command& command);

}  // namespace muster::cli
