#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "cli/output.h"
#include "cli/papers.h"
#include "cli/wording.h"

namespace muster::cli {
namespace {

constexpr std::size_t kColumns = 90;

// A name in the left column and its words in the right one, wrapped.
void append_entry(std::string& out, std::string_view name, std::string_view words,
                  std::size_t left) {
  const auto lines = wrap(words, kColumns, std::string(left + 4, ' '));
  if (name.size() <= left && !lines.empty()) {
    out += fmt::format("  {:<{}}  {}", name, left, lines.substr(left + 4));
    return;
  }
  out += fmt::format("  {}\n{}", name, lines);
}

std::string words_of(const Option& option) {
  std::string out(option.help);
  if (!option.choices.empty()) out += fmt::format(": {}", fmt::join(option.choices, ", "));
  if (option.required) out += " (required)";
  if (option.repeated) out += " (may be repeated)";
  if (const auto value = shown_default(option); !value.empty()) {
    out += fmt::format(" (default {})", value);
  }
  return out + fmt::format(" [{}]", variable_of(option));
}

// A space at which a line is not broken, until unbroken() makes it an ordinary one.
constexpr char kNoBreak = '\1';
std::string unbroken(std::string text) {
  std::ranges::replace(text, kNoBreak, ' ');
  return text;
}

std::string help_of_command(const Command& command) {
  std::string out = fmt::format("muster {}: {}\n\n", command.path, command.summary);
  out += unbroken(wrap(synopsis(command, kNoBreak), kColumns, "  "));
  if (!command.description.empty()) out += "\n" + wrap(command.description, kColumns, "");
  constexpr std::size_t left = 28;
  if (!command.arguments.empty()) {
    out += "\nArguments\n";
    for (const auto& argument : command.arguments) {
      append_entry(out, argument.name, argument.help, left);
    }
  }
  out += "\nOptions [and their environment variables]\n";
  for (const auto& option : command.options) {
    append_entry(out, spelled(option), words_of(option), left);
  }
  append_entry(out, "-h, --help", "print this help", left);
  if (!command.fields.empty()) {
    out += "\nMembers of the object that --json prints\n";
    for (const auto& field : command.fields) append_entry(out, field.name, field.what, 18);
  }
  if (!command.examples.empty()) {
    out += "\nExamples\n";
    for (const auto& example : command.examples) {
      out += fmt::format("  {}\n      {}\n", example.line, example.what);
    }
  }
  out += "\nExit codes\n";
  for (const auto code : exits_of(command)) {
    append_entry(out, fmt::format("{}", static_cast<int>(code)), meaning(code), 2);
  }
  return out;
}

void append_commands(std::string& out, std::span<const Command> table, std::string_view group) {
  for (const auto& command : table) {
    if (group_of(command) == group) append_entry(out, command.path, command.summary, 18);
  }
}

std::string help_of_group(std::span<const Command> table, std::string_view group) {
  std::string out = fmt::format("muster {}: {}\n\nCommands\n", group, group_summary(group));
  append_commands(out, table, group);
  return out + fmt::format("\n'muster {} COMMAND --help' says more of one.\n", group);
}

std::string help_of_all(std::span<const Command> table) {
  std::string out(introduction());
  for (const auto group : groups_of(table)) {
    out += fmt::format("\n{}\n", group_summary(group));
    append_commands(out, table, group);
  }
  return out +
         "\n'muster COMMAND --help' says more of one; 'muster --version' prints the version.\n"
         "Every option may also be set by a MUSTER_* variable, which its help names.\n";
}

}  // namespace

std::string help_text(std::span<const Command> table, std::string_view path) {
  if (path.empty()) return help_of_all(table);
  const auto at = std::ranges::find(table, path, &Command::path);
  return at != table.end() ? help_of_command(*at) : help_of_group(table, path);
}

}  // namespace muster::cli
