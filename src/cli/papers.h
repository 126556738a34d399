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

// muster(1) in roff's man macros.
[[nodiscard]] std::string man_page(std::span<const Command> table, std::string_view version);

// docs/commands.md.
[[nodiscard]] std::string commands_markdown(std::span<const Command> table);

// A completion script for bash, zsh or fish.
[[nodiscard]] std::string bash_completion(std::span<const Command> table);
[[nodiscard]] std::string zsh_completion(std::span<const Command> table);
[[nodiscard]] std::string fish_completion(std::span<const Command> table);

}  // namespace muster::cli
