// The one file that knows CLI11. It only takes the line apart; what a value must look like is
// checked in values.cpp, so that a bad one from the environment is refused in the same words.
#include "cli/parse.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <CLI/CLI.hpp>
#include <algorithm>
#include <list>
#include <numeric>

#include "cli/values.h"
#include "cli/wording.h"

namespace muster::cli {
namespace {

// More than a shell hands over.
constexpr int kManyArguments = 1 << 20;

// One app of CLI11 with what its options and arguments were given.
struct Node {
  CLI::App* app = nullptr;
  std::string path;
  const Command* command = nullptr;  // null: a group, or muster itself
  std::map<std::string, std::vector<std::string>, std::less<>> given;
  std::list<std::int64_t> flags;  // stable places for CLI11 to count into
  std::map<std::string, std::int64_t*, std::less<>> flag_counts;
};

class Tree {
 public:
  explicit Tree(std::span<const Command> table) : root_("", "muster") {
    plant(root_, "");
    root_.add_flag("--version");
    for (const auto& command : table) add(command);
  }

  CLI::App& root() { return root_; }
  // The deepest node that the line reached.
  Node& reached() {
    auto* app = &root_;
    while (!app->get_subcommands().empty()) app = app->get_subcommands().front();
    return node_of(app);
  }
  // Names that may follow a group.
  static std::vector<std::string> verbs(const Node& node) {
    std::vector<std::string> out;
    for (const auto* sub : node.app->get_subcommands(nullptr)) out.push_back(sub->get_name());
    return out;
  }

 private:
  Node& node_of(const CLI::App* app) {
    return *std::ranges::find(nodes_, app, [](const Node& node) { return node.app; });
  }

  Node& plant(CLI::App& app, std::string path) {
    app.set_help_flag();
    app.add_flag("-h,--help");
    app.allow_extras();
    app.allow_windows_style_options(false);  // a path may begin with a slash there too
    app.require_subcommand(0, 1);
    auto& node = nodes_.emplace_back();
    node.app = &app;
    node.path = std::move(path);
    return node;
  }

  void add(const Command& command) {
    auto* parent = &root_;
    std::string name(command.path);
    if (const auto space = name.find(' '); space != std::string::npos) {
      const auto group = name.substr(0, space);
      name.erase(0, space + 1);
      const auto at = std::ranges::find(nodes_, group, &Node::path);
      parent = at != nodes_.end() ? at->app : plant(*root_.add_subcommand(group), group).app;
    }
    auto& node = plant(*parent->add_subcommand(name), std::string(command.path));
    node.command = &command;
    for (const auto& option : command.options) add(node, option);
    for (const auto& argument : command.arguments) {
      node.app->add_option(std::string(argument.name), node.given[std::string(argument.name)])
          ->expected(1, argument.repeated ? kManyArguments : 1);
    }
  }

  static void add(Node& node, const Option& option) {
    const auto dashed = fmt::format("--{}", option.name);
    if (option.kind == Kind::flag) {
      node.app->add_flag(
          dashed, *(node.flag_counts[std::string(option.name)] = &node.flags.emplace_back(0)));
      return;
    }
    auto* made = node.app->add_option(dashed, node.given[std::string(option.name)]);
    if (!option.repeated) made->expected(1)->allow_extra_args(false);
    made->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  }

  CLI::App root_;
  std::list<Node> nodes_;
};

std::string meant(std::string_view word, std::span<const std::string> names,
                  std::string_view dashes) {
  const auto found = probably_meant(word, names);
  return found ? fmt::format("; did you mean '{}{}'?", dashes, *found) : std::string();
}

// Five groups of five, mistyped or not.
bool looks_like_a_key(std::string_view word) {
  constexpr std::size_t kGroups = 5, kGroup = 5;
  if (word.size() != kGroups * kGroup + kGroups - 1) return false;
  for (std::size_t i = kGroup; i < word.size(); i += kGroup + 1) {
    if (word[i] != '-') return false;
  }
  return true;
}

// What a word that nothing took was probably for.
std::string about_extra(const Node& node, const std::string& word) {
  const auto called = node.path.empty() ? "muster" : "muster " + node.path;
  if (word.starts_with("-")) {
    std::vector<std::string> names{"help"};
    if (node.command != nullptr) {
      for (const auto& option : node.command->options) names.emplace_back(option.name);
    }
    auto bare = word.substr(0, word.find('='));
    bare.erase(0, bare.find_first_not_of('-'));
    if (std::ranges::find(names, bare) != names.end()) {
      return fmt::format("write --{}, with two dashes", bare);
    }
    return fmt::format("'{}' has no option '{}'{}", called, word.substr(0, word.find('=')),
                       meant(bare, names, "--"));
  }
  if (node.command == nullptr) {
    const auto names = Tree::verbs(node);
    return fmt::format("'{}' has no command '{}'{}", called, word, meant(word, names, ""));
  }
  // What is said here ends up in the logs of scripts.
  if (looks_like_a_key(word)) {
    return fmt::format("'{}' does not take a word that looks like a key; say --key", called);
  }
  return fmt::format("'{}' does not take '{}'", called, word);
}

std::string about_group(const Node& node) {
  if (node.path.empty()) return "a command is missing";
  return fmt::format("'muster {}' needs one of: {}", node.path, fmt::join(Tree::verbs(node), ", "));
}

// CLI11 says "--out: 1 required TEXT missing"; a person is told which option has no value.
std::string about(const CLI::ParseError& error) {
  std::string what = error.what();
  if (what.starts_with("--")) {
    return fmt::format("{} needs a value", what.substr(0, what.find_first_of(": ")));
  }
  return what;
}

// The values of one option: from the line, the environment, the table.
Expected<void> settle(const Option& option, const Node& node, const Environment& environment,
                      Invocation& into) {
  std::vector<std::string> values;
  auto source = fmt::format("--{}", option.name);
  if (option.kind == Kind::flag) {
    if (*node.flag_counts.at(std::string(option.name)) > 0) values = {"true"};
  } else {
    values = node.given.at(std::string(option.name));
  }
  if (values.empty()) {
    if (const auto set = environment(variable_of(option));
        set && (!set->empty() || option.may_be_empty)) {
      source = variable_of(option);
      values = option.repeated ? split_list(*set) : std::vector{*set};
    }
  }
  const bool given = !values.empty();
  if (!given && option.required) {
    return fail(ErrorCode::usage,
                fmt::format("--{} {} is missing", option.name, option.placeholder));
  }
  if (!given && !option.fallback.empty()) values = {std::string(option.fallback)};
  if (values.empty()) return {};
  if (values.size() > 1 && !option.repeated) {
    return fail(ErrorCode::usage, fmt::format("{} stands there twice", source));
  }
  for (auto& value : values) {
    if (auto ok = check_value(option, source, value); !ok) return ok;
  }
  into.set(option.name, std::move(values), given);
  return {};
}

Expected<void> settle(const Argument& argument, const Node& node, Invocation& into) {
  auto values = node.given.at(std::string(argument.name));
  if (values.empty()) {
    if (!argument.required) return {};
    return fail(ErrorCode::usage, fmt::format("{} is missing: {}", argument.name, argument.help));
  }
  const Option like{.name = argument.name, .kind = argument.kind, .choices = argument.choices};
  for (auto& value : values) {
    if (auto ok = check_value(like, argument.name, value); !ok) return ok;
  }
  into.set(argument.name, std::move(values), true);
  return {};
}

// MUSTER_JSON holds for a line that is wrong too, but for a command that prints no JSON.
bool json_by(const Environment& environment, const Node& node) {
  const Option like{.name = "json", .kind = Kind::flag};
  auto set = environment(variable_of(like)).value_or("");
  if (set.empty() || !check_value(like, "", set) || set != "true") return false;
  return node.command == nullptr || std::ranges::find(node.command->options, like.name,
                                                      &Option::name) != node.command->options.end();
}

}  // namespace

Parsed parse(std::span<const Command> table, std::vector<std::string> words,
             const Environment& environment) {
  const bool json_given = std::ranges::find(words, "--json") != words.end();
  Tree tree(table);
  std::ranges::reverse(words);  // CLI11 takes them from the back
  std::optional<std::string> broken;
  try {
    tree.root().parse(std::move(words));
  } catch (const CLI::ParseError& error) {
    broken = about(error);
  }
  auto& node = tree.reached();
  if (node.app->count("--help") > 0) return HelpWanted{node.path};
  if (tree.root().count("--version") > 0) return VersionWanted{};
  const auto wrong = [&](std::string detail) {
    return UsageError{node.path, std::move(detail), json_given || json_by(environment, node)};
  };
  if (const auto extras = tree.root().remaining(true); !extras.empty()) {
    return wrong(about_extra(node, extras.front()));
  }
  if (broken) return wrong(*broken);
  if (node.command == nullptr) return wrong(about_group(node));
  Invocation out(*node.command);
  for (const auto& argument : node.command->arguments) {
    if (auto ok = settle(argument, node, out); !ok) return wrong(ok.error().detail);
  }
  for (const auto& option : node.command->options) {
    if (auto ok = settle(option, node, environment, out); !ok) return wrong(ok.error().detail);
  }
  return out;
}

std::optional<std::string> probably_meant(std::string_view word,
                                          std::span<const std::string> names) {
  // The distance of Levenshtein, one row at a time.
  const auto distance = [](std::string_view a, std::string_view b) {
    std::vector<std::size_t> row(b.size() + 1);
    std::iota(row.begin(), row.end(), std::size_t{0});
    for (std::size_t i = 1; i <= a.size(); ++i) {
      auto diagonal = row[0];
      row[0] = i;
      for (std::size_t j = 1; j <= b.size(); ++j) {
        const auto above = row[j];
        row[j] = std::min({above + 1, row[j - 1] + 1, diagonal + (a[i - 1] == b[j - 1] ? 0 : 1)});
        diagonal = above;
      }
    }
    return row.back();
  };
  std::optional<std::string> best;
  // Two letters that changed places are two steps.
  auto least = (word.size() < 4 ? std::size_t{1} : std::max<std::size_t>(word.size() / 3, 2)) + 1;
  for (const auto& name : names) {
    const auto far = distance(word, name);
    if (far < least || (name.starts_with(word) && word.size() >= 3 && !best)) {
      best = name;
      least = std::min(far, least);
    }
  }
  return best;
}

}  // namespace muster::cli
