#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <cassert>

#include "cli/output.h"
#include "cli/papers.h"

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

std::string_view shown_default(const Option& option) {
  return option.fallback.empty() ? option.shown_fallback : option.fallback;
}

std::string variable_of(const Option& option) {
  if (!option.variable.empty()) return std::string(option.variable);
  std::string out = "MUSTER_";
  for (const char c : option.name) {
    out += c == '-' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 'a' + 'A' : c);
  }
  return out;
}

std::string_view group_summary(std::string_view group) {
  if (group.empty()) return "On a machine, and for anybody";
  if (group == "client") return "The agent, which activates and renews without anybody typing";
  if (group == "host") return "The host, which the customer runs";
  if (group == "mak")
    return "Multiple activation keys: a host's ledger of them, and machines without a network";
  if (group == "vendor") return "The vendor, who signs";
  if (group == "events") return "The host's event log";
  if (group == "logs") return "The event logs of Windows KMS hosts";
  return group;
}

std::string_view meaning(Exit code) {
  switch (code) {
    case Exit::done: return "done";
    case Exit::usage: return "the command line, a file or a configuration is not valid";
    case Exit::no_host: return "no host could be reached, or it cannot answer now";
    case Exit::refused: return "refused by a rule";
    case Exit::document: return "a document does not verify";
    case Exit::state: return "the client's own state forbids it";
    case Exit::too_soon: return "what was to be watched comes sooner than allowed";
    case Exit::internal: return "something went wrong inside, or a file cannot be written";
  }
  return "";
}

std::string spelled(const Option& option) {
  auto out = fmt::format("--{}", option.name);
  if (option.kind != Kind::flag) out.append(" ").append(option.placeholder);
  return out;
}

std::string_view group_of(const Command& command) {
  const auto space = command.path.find(' ');
  return space == std::string_view::npos ? std::string_view() : command.path.substr(0, space);
}

std::string_view verb_of(const Command& command) {
  const auto space = command.path.find(' ');
  return space == std::string_view::npos ? command.path : command.path.substr(space + 1);
}

std::vector<std::string_view> groups_of(std::span<const Command> table) {
  std::vector<std::string_view> out;
  for (const auto& command : table) {
    const auto group = group_of(command);
    if (std::ranges::find(out, group) == out.end()) out.push_back(group);
  }
  return out;
}

std::vector<Exit> exits_of(const Command& command) {
  std::vector<Exit> out{Exit::done, Exit::usage, Exit::internal};
  for (const auto code : command.exits) out.push_back(code);
  std::ranges::sort(out);
  const auto repeated = std::ranges::unique(out);
  out.erase(repeated.begin(), repeated.end());
  return out;
}

std::string synopsis(const Command& command, char gap) {
  auto out = fmt::format("muster {}", command.path);
  for (const auto& argument : command.arguments) {
    const auto dots = argument.repeated ? "..." : "";
    out += argument.required ? fmt::format(" {}{}", argument.name, dots)
                             : fmt::format(" [{}{}]", argument.name, dots);
  }
  for (const bool required : {true, false}) {
    for (const auto& option : command.options) {
      if (option.required != required) continue;
      auto name = spelled(option);
      std::ranges::replace(name, ' ', gap);
      const auto dots = option.repeated ? "..." : "";
      out += required ? fmt::format(" {}{}", name, dots) : fmt::format(" [{}{}]", name, dots);
    }
  }
  return out;
}

std::string help_text(std::span<const Command> table, std::string_view path) {
  if (path.empty()) return help_of_all(table);
  const auto at = std::ranges::find(table, path, &Command::path);
  return at != table.end() ? help_of_command(*at) : help_of_group(table, path);
}

}  // namespace muster::cli
