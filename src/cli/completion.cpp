// Completion scripts are static: all that they know is in the table, so none of them starts muster.
#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "cli/papers.h"
#include "cli/wording.h"

namespace muster::cli {
namespace {

// Inside single quotes of a POSIX shell.
std::string quoted(std::string_view text) {
  std::string out = "'";
  for (const char c : text) out += c == '\'' ? std::string("'\\''") : std::string(1, c);
  return out + "'";
}

std::vector<std::string_view> verbs_of(std::span<const Command> table, std::string_view group) {
  std::vector<std::string_view> out;
  for (const auto& command : table) {
    if (group_of(command) == group) out.push_back(verb_of(command));
  }
  return out;
}

std::vector<std::string_view> first_words(std::span<const Command> table) {
  auto out = verbs_of(table, "");
  for (const auto group : groups_of(table)) {
    if (!group.empty()) out.push_back(group);
  }
  return out;
}

bool takes_file(Kind kind) { return kind == Kind::file || kind == Kind::directory; }

// The words that may follow an option of this kind, or how the shell finds them.
std::string bash_values(Kind kind, const std::vector<std::string_view>& choices) {
  if (kind == Kind::file) return "COMPREPLY=($(compgen -f -- \"$word\"))";
  if (kind == Kind::directory) return "COMPREPLY=($(compgen -d -- \"$word\"))";
  return fmt::format("COMPREPLY=($(compgen -W '{}' -- \"$word\"))", fmt::join(choices, " "));
}

std::string bash_command(const Command& command) {
  auto out = fmt::format("    {})\n", quoted(command.path));
  std::vector<std::string> names{"--help"};
  std::string values;
  for (const auto& option : command.options) {
    names.push_back(fmt::format("--{}", option.name));
    if (option.kind == Kind::flag) continue;
    values += fmt::format("        --{}) {}; return ;;\n", option.name,
                          bash_values(option.kind, option.choices));
  }
  if (!values.empty()) out += fmt::format("      case \"$before\" in\n{}      esac\n", values);
  out += fmt::format(
      "      if [[ $word == -* ]]; then COMPREPLY=($(compgen -W '{}' -- \"$word\")); return; fi\n",
      fmt::join(names, " "));
  if (!command.arguments.empty()) {
    const auto& argument = command.arguments.front();
    out += fmt::format("      {}\n", bash_values(argument.kind, argument.choices));
  } else {
    out +=
        fmt::format("      COMPREPLY=($(compgen -W '{}' -- \"$word\"))\n", fmt::join(names, " "));
  }
  return out + "      ;;\n";
}

// A description in zsh's _arguments, where colons and brackets have a meaning.
std::string zsh_words(std::string_view text) {
  std::string out;
  for (const char c : text) {
    if (c == ':' || c == '[' || c == ']' || c == '\\') out += '\\';
    out += c;
  }
  return out;
}

std::string zsh_action(Kind kind, const std::vector<std::string_view>& choices) {
  if (kind == Kind::file) return "_files";
  if (kind == Kind::directory) return "_files -/";
  if (!choices.empty()) return fmt::format("({})", fmt::join(choices, " "));
  return " ";
}

std::string zsh_command(const Command& command) {
  auto out = fmt::format("    {}) _arguments \\\n", quoted(command.path));
  for (const auto& option : command.options) {
    auto spec =
        fmt::format("{}--{}[{}]", option.repeated ? "*" : "", option.name, zsh_words(option.help));
    if (option.kind != Kind::flag) {
      spec += fmt::format(":{}:{}", zsh_words(option.placeholder),
                          zsh_action(option.kind, option.choices));
    }
    out += fmt::format("      {} \\\n", quoted(spec));
  }
  for (const auto& argument : command.arguments) {
    out += fmt::format(
        "      {} \\\n",
        quoted(fmt::format("{}:{}:{}",
                           argument.repeated   ? "*"
                           : argument.required ? ""
                                               : ":",
                           zsh_words(argument.name), zsh_action(argument.kind, argument.choices))));
  }
  return out + "      '(- *)'{-h,--help}'[print help]' ;;\n";
}

// "status" alone is not "host status".
std::string fish_when(std::span<const Command> table, const Command& command) {
  const auto group = group_of(command);
  if (!group.empty()) {
    return fmt::format("__fish_seen_subcommand_from {}; and __fish_seen_subcommand_from {}", group,
                       verb_of(command));
  }
  auto groups = groups_of(table);
  std::erase(groups, "");
  return fmt::format("__fish_seen_subcommand_from {}; and not __fish_seen_subcommand_from {}",
                     command.path, fmt::join(groups, " "));
}

}  // namespace

std::string bash_completion(std::span<const Command> table) {
  std::string out =
      "# bash completion of muster; load with: source <(muster completion bash)\n"
      "_muster() {\n"
      "  local word=\"${COMP_WORDS[COMP_CWORD]}\" before=\"${COMP_WORDS[COMP_CWORD-1]}\"\n"
      "  local path=\"${COMP_WORDS[1]}\" at=1\n"
      "  COMPREPLY=()\n"
      "  case \"$path\" in\n";
  for (const auto group : groups_of(table)) {
    if (group.empty()) continue;
    out += fmt::format(
        "    {0}) at=2; if [[ $COMP_CWORD -eq 2 ]]; then\n"
        "      COMPREPLY=($(compgen -W '{1}' -- \"$word\")); return; fi\n"
        "      path=\"{0} ${{COMP_WORDS[2]}}\" ;;\n",
        group, fmt::join(verbs_of(table, group), " "));
  }
  out += fmt::format(
      "  esac\n  if [[ $COMP_CWORD -le $at ]]; then\n"
      "    COMPREPLY=($(compgen -W '{} --help --version' -- \"$word\")); return\n  fi\n"
      "  case \"$path\" in\n",
      fmt::join(first_words(table), " "));
  for (const auto& command : table) out += bash_command(command);
  return out + "  esac\n}\ncomplete -o filenames -F _muster muster\n";
}

std::string zsh_completion(std::span<const Command> table) {
  std::string out =
      "#compdef muster\n# zsh completion of muster; put it into a folder of $fpath as _muster\n"
      "_muster() {\n  local verb=$words[2]\n  case $verb in\n";
  for (const auto group : groups_of(table)) {
    if (group.empty()) continue;
    out += fmt::format(
        "    {0}) if (( CURRENT == 3 )); then compadd {1}; return; fi\n"
        "      verb=\"{0} $words[3]\"; shift words; (( CURRENT-- )) ;;\n",
        group, fmt::join(verbs_of(table, group), " "));
  }
  out += fmt::format(
      "  esac\n  if (( CURRENT == 2 )) && [[ $verb != *' '* ]]; then compadd {}; return; fi\n"
      "  shift words; (( CURRENT-- ))\n  case $verb in\n",
      fmt::join(first_words(table), " "));
  for (const auto& command : table) out += zsh_command(command);
  return out +
         "  esac\n}\nif [[ $zsh_eval_context[-1] == loadautofunc ]]; then _muster \"$@\"\n"
         "else compdef _muster muster; fi\n";
}

std::string fish_completion(std::span<const Command> table) {
  std::string out =
      "# fish completion of muster; load with: muster completion fish | source\n"
      "complete -c muster -f\n";
  for (const auto group : groups_of(table)) {
    for (const auto& command : table) {
      if (group_of(command) != group) continue;
      const auto when = group.empty() ? std::string("__fish_use_subcommand")
                                      : fmt::format(
                                            "__fish_seen_subcommand_from {0}; and not "
                                            "__fish_seen_subcommand_from {1}",
                                            group, fmt::join(verbs_of(table, group), " "));
      out += fmt::format("complete -c muster -n {} -a {} -d {}\n", quoted(when), verb_of(command),
                         quoted(command.summary));
    }
    if (!group.empty()) {
      out += fmt::format("complete -c muster -n __fish_use_subcommand -a {} -d {}\n", group,
                         quoted(group_summary(group)));
    }
  }
  for (const auto& command : table) {
    for (const auto& option : command.options) {
      out += fmt::format("complete -c muster -n {} -l {} -d {}", quoted(fish_when(table, command)),
                         option.name, quoted(option.help));
      if (option.kind != Kind::flag) out += takes_file(option.kind) ? " -r -F" : " -x";
      if (!option.choices.empty()) {
        out += fmt::format(" -a {}", quoted(fmt::format("{}", fmt::join(option.choices, " "))));
      }
      out += '\n';
    }
    for (const auto& argument : command.arguments) {
      if (argument.choices.empty()) continue;
      out += fmt::format("complete -c muster -n {} -a {}\n", quoted(fish_when(table, command)),
                         quoted(fmt::format("{}", fmt::join(argument.choices, " "))));
    }
    const bool files = std::ranges::any_of(
        command.arguments, [](const Argument& argument) { return takes_file(argument.kind); });
    if (files)
      out += fmt::format("complete -c muster -n {} -F\n", quoted(fish_when(table, command)));
  }
  return out;
}

}  // namespace muster::cli
