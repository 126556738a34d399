#include "cli/papers.h"

#include <fmt/format.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <fstream>
#include <iterator>
#include <map>
#include <set>

#include "cli/parse.h"
#include "cli/values.h"
#include "cli/wording.h"

namespace muster::cli {
namespace {

TEST(Table, EveryRowIsWhole) {
  std::set<std::string_view> paths;
  for (const auto& command : command_table()) {
    EXPECT_TRUE(paths.insert(command.path).second) << command.path;
    EXPECT_FALSE(command.summary.empty()) << command.path;
    EXPECT_FALSE(command.summary.ends_with('.')) << command.path;
    EXPECT_TRUE(command.run) << command.path;
    EXPECT_FALSE(command.examples.empty()) << command.path;
    EXPECT_NE(group_summary(group_of(command)), group_of(command)) << command.path;
    const bool has_json =
        std::ranges::find(command.options, "json", &Option::name) != command.options.end();
    EXPECT_EQ(has_json, !command.fields.empty()) << command.path;
    bool optional = false;
    for (const auto& argument : command.arguments) {
      EXPECT_FALSE(argument.help.empty()) << command.path;
      EXPECT_FALSE(optional && argument.required) << command.path;
      optional = !argument.required;
    }
  }
}

TEST(Table, EveryOptionIsWholeAndItsDefaultIsAValue) {
  for (const auto& command : command_table()) {
    std::set<std::string_view> names;
    std::set<std::string> variables;
    for (const auto& option : command.options) {
      const auto what = fmt::format("{} --{}", command.path, option.name);
      EXPECT_TRUE(names.insert(option.name).second) << what;
      EXPECT_TRUE(variables.insert(variable_of(option)).second) << what;
      EXPECT_TRUE(variable_of(option).starts_with("MUSTER_")) << what;
      EXPECT_FALSE(option.help.empty()) << what;
      EXPECT_EQ(option.kind == Kind::flag, option.placeholder.empty()) << what;
      EXPECT_EQ(option.kind == Kind::choice, !option.choices.empty()) << what;
      EXPECT_FALSE(option.required && !option.fallback.empty()) << what;
      std::string value(option.fallback);
      if (value.empty()) continue;
      EXPECT_TRUE(check_value(option, what, value)) << what;
    }
  }
}

// A variable is set for a whole machine or shift, and every command that knows it takes it.
TEST(Table, AVariableMeansOneThingAcrossCommands) {
  // In words of their own, and still the same thing.
  const std::set<std::string> shared{
      "MUSTER_ADMIN_LISTEN",  // where a host that is started serves administrators
      "MUSTER_HOST",          // where a host serves clients
      "MUSTER_HOST_DIR",      // the host's directory
      "MUSTER_HOST_KEY",      // the key file of the host whose document is checked
      "MUSTER_LISTEN",        // where a host that is started serves clients
      "MUSTER_PRODUCT",       // a product's id
      "MUSTER_PRODUCT_FILE",  // a product file
  };
  std::map<std::string, const Option*> seen;
  for (const auto& command : command_table()) {
    for (const auto& option : command.options) {
      const auto variable = variable_of(option);
      const auto [at, first] = seen.emplace(variable, &option);
      if (first || shared.contains(variable)) continue;
      EXPECT_EQ(at->second->help, option.help) << command.path << ": " << variable;
      EXPECT_EQ(at->second->kind, option.kind) << command.path << ": " << variable;
    }
  }
}

TEST(Table, EveryExampleParses) {
  const auto nothing = [](const std::string&) { return std::nullopt; };
  for (const auto& command : command_table()) {
    for (const auto& example : command.examples) {
      // What a shell would make of the line, up to a pipe, a redirection or an &&.
      std::vector<std::string> words;
      std::string word;
      bool quoted = false;
      for (const char c : std::string(example.line) + " ") {
        if (c == '"') {
          quoted = !quoted;
        } else if (c == ' ' && !quoted) {
          if (!word.empty()) words.push_back(std::exchange(word, ""));
        } else {
          word += c;
        }
      }
      if (words.front() != "muster") continue;  // "source <(...)"
      words.erase(words.begin());
      words.erase(
          std::ranges::find_if(
              words, [](const std::string& w) { return w == "|" || w == ">" || w == "&&"; }),
          words.end());
      const auto parsed = parse(command_table(), words, nothing);
      if (const auto* wrong = std::get_if<UsageError>(&parsed)) {
        ADD_FAILURE() << example.line << ": " << wrong->detail;
        continue;
      }
      EXPECT_EQ(std::get<Invocation>(parsed).command().path, command.path) << example.line;
    }
  }
}

TEST(Papers, HelpFitsATerminalAndNamesEverything) {
  for (const auto& command : command_table()) {
    const auto help = help_text(command_table(), command.path);
    for (const auto& option : command.options) {
      EXPECT_NE(help.find(spelled(option)), std::string::npos) << command.path;
      EXPECT_NE(help.find(variable_of(option)), std::string::npos) << command.path;
    }
    EXPECT_NE(help_text(command_table(), "").find(command.path), std::string::npos);
    EXPECT_NE(man_page(command_table(), "1").find(".SS muster"), std::string::npos);
  }
}

TEST(Papers, TheManPageHidesNothingFromRoff) {
  const auto page = man_page(command_table(), "0.1.0");
  EXPECT_EQ(page.find("--"), std::string::npos) << "dashes must be \\-\\-";
}

TEST(Papers, CommandsMdIsWhatTheTableSays) {
  std::ifstream in(MUSTER_SOURCE_DIR "/docs/commands.md");
  const std::string written{std::istreambuf_iterator<char>(in), {}};
  // Not EXPECT_EQ, which would print both.
  EXPECT_TRUE(written == commands_markdown(command_table()))
      << "run: build/release/muster man --format markdown > docs/commands.md";
}

}  // namespace
}  // namespace muster::cli
