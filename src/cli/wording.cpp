#include "cli/wording.h"

#include <fmt/format.h>

#include <algorithm>

namespace muster::cli {

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
  if (group == "token") return "Tokens, which open a host's administration";
  if (group == "mak")
    return "Multiple activation keys: a host's ledger of them, and machines without a network";
  if (group == "vendor") return "The vendor, who signs";
  if (group == "alerts") return "What a host warns of, and whom it tells";
  if (group == "events") return "The host's event log";
  if (group == "report") return "What a host says of its machines to others";
  if (group == "lab") return "A fleet in simulated time";
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

}  // namespace muster::cli
