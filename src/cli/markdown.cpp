#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/papers.h"
#include "cli/wording.h"

namespace muster::cli {
namespace {

// A cell of a table: a bar would end it.
std::string cell(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == '|') out += '\\';
    out += c;
  }
  return out;
}

// Words from the table at the beginning of a line.
std::string sentence(std::string_view text) {
  std::string out(text);
  if (out.front() >= 'a' && out.front() <= 'z') out.front() = static_cast<char>(out.front() - 32);
  return out;
}

void append_options(std::string& out, const Command& command) {
  if (command.options.empty()) return;
  out += "\n| option | default | variable | meaning |\n|---|---|---|---|\n";
  for (const auto& option : command.options) {
    auto words = cell(option.help);
    if (!option.choices.empty()) words += fmt::format(": {}", fmt::join(option.choices, ", "));
    if (option.repeated) words += "; may be repeated";
    const auto fallback = option.required ? std::string("required")
                          : shown_default(option).empty()
                              ? std::string()
                              : fmt::format("`{}`", shown_default(option));
    out += fmt::format("| `{}` | {} | `{}` | {} |\n", cell(spelled(option)), fallback,
                       variable_of(option), words);
  }
}

void append_command(std::string& out, const Command& command) {
  out += fmt::format("\n### muster {}\n\n{}.\n\n    {}\n", command.path, sentence(command.summary),
                     synopsis(command));
  if (!command.description.empty()) out += fmt::format("\n{}\n", command.description);
  if (!command.arguments.empty()) {
    out += "\n| argument | meaning |\n|---|---|\n";
    for (const auto& argument : command.arguments) {
      out += fmt::format("| `{}` | {} |\n", argument.name, cell(argument.help));
    }
  }
  append_options(out, command);
  if (!command.fields.empty()) {
    out += "\n`--json` prints an object with these members:\n\n| member | meaning |\n|---|---|\n";
    for (const auto& field : command.fields) {
      out += fmt::format("| `{}` | {} |\n", field.name, cell(field.what));
    }
  }
  for (const auto& example : command.examples) {
    out += fmt::format("\n{}:\n\n    {}\n", sentence(example.what), example.line);
  }
  std::vector<int> codes;
  for (const auto code : exits_of(command)) codes.push_back(static_cast<int>(code));
  out += fmt::format("\nExit codes: {}.\n", fmt::join(codes, ", "));
}

}  // namespace

std::string commands_markdown(std::span<const Command> table) {
  std::string out =
      "# The commands of muster\n\n"
      "This page is written by `muster man --format markdown` from the table that also feeds the\n"
      "parser, `--help`, the man page and the shell completions. Do not edit it by hand.\n\n"
      "Every option may also be set by its environment variable. An error to a person is\n"
      "`muster: error: FACT` and `muster: hint: WHAT TO DO` on stderr; with `--json` there\n"
      "is also `{\"error\":CODE,\"title\":...,\"detail\":...,\"hint\":...}` on stdout.\n"
      "Members are added to the objects that `--json` prints, and never taken away or given\n"
      "another meaning.\n\n"
      "| exit code | meaning |\n|---|---|\n";
  for (const auto code : {Exit::done, Exit::usage, Exit::no_host, Exit::refused, Exit::document,
                          Exit::state, Exit::too_soon, Exit::internal}) {
    out += fmt::format("| {} | {} |\n", static_cast<int>(code), meaning(code));
  }
  for (const auto group : groups_of(table)) {
    const auto title = group_summary(group);
    out += fmt::format("\n## {}\n", title);
    for (const auto& command : table) {
      if (group_of(command) == group) append_command(out, command);
    }
  }
  return out;
}

}  // namespace muster::cli
