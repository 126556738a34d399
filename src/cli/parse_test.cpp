#include "cli/parse.h"

#include <gtest/gtest.h>

#include <map>

namespace muster::cli {
namespace {

std::vector<Command> make_table() {
  return {
      {.path = "host run",
       .summary = "run",
       .options = {{.name = "dir", .kind = Kind::directory, .placeholder = "DIR", .required = true},
                   {.name = "listen",
                    .kind = Kind::address,
                    .placeholder = "HOST:PORT",
                    .fallback = "127.0.0.1:8688"}}},
      {.path = "host status",
       .summary = "status",
       .options = {{.name = "json", .kind = Kind::flag}}},
      {.path = "read",
       .summary = "read",
       .arguments = {{.name = "FILE", .kind = Kind::file, .help = "which", .repeated = true}},
       .options = {{.name = "to", .kind = Kind::choice, .placeholder = "T", .choices = {"a"}}}},
      {.path = "sign",
       .summary = "sign",
       .arguments = {{.name = "FILE", .kind = Kind::file, .help = "what"},
                     {.name = "OTHER", .kind = Kind::file, .help = "more", .required = false}},
       .options =
           {{.name = "product", .kind = Kind::id, .placeholder = "ID", .repeated = true},
            {.name = "threshold", .kind = Kind::number, .placeholder = "N", .least = 1, .most = 9},
            {.name = "expires", .kind = Kind::duration, .placeholder = "D", .fallback = "2y"},
            {.name = "over",
             .kind = Kind::choice,
             .placeholder = "O",
             .choices = {"report", "refuse"}},
            {.name = "fact", .placeholder = "T", .variable = "MUSTER_FACTS"},
            {.name = "note", .placeholder = "T", .fallback = "x", .may_be_empty = true},
            {.name = "json", .kind = Kind::flag}}},
  };
}

using Variables = std::map<std::string, std::string>;

Parsed parse_words(std::vector<std::string> words, const Variables& variables = {}) {
  static const auto table = make_table();
  return parse(table, std::move(words), [&](const std::string& name) -> std::optional<std::string> {
    const auto at = variables.find(name);
    if (at == variables.end()) return std::nullopt;
    return at->second;
  });
}

Invocation good(std::vector<std::string> words, const Variables& variables = {}) {
  auto parsed = parse_words(std::move(words), variables);
  if (const auto* wrong = std::get_if<UsageError>(&parsed)) ADD_FAILURE() << wrong->detail;
  return std::get<Invocation>(parsed);
}

TEST(Parse, ValuesComeFromTheLineThenTheEnvironmentThenTheTable) {
  const Variables variables{{"MUSTER_DIR", "/env"}, {"MUSTER_LISTEN", "[::1]:1"}};
  EXPECT_EQ(good({"host", "run", "--dir", "/line"}).text("listen"), "127.0.0.1:8688");
  EXPECT_FALSE(good({"host", "run", "--dir", "/line"}).given("listen"));
  const auto from_env = good({"host", "run"}, variables);
  EXPECT_EQ(from_env.text("dir"), "/env");
  EXPECT_EQ(from_env.text("listen"), "[::1]:1");
  EXPECT_TRUE(from_env.given("listen"));
  const auto from_line = good({"host", "run", "--dir=/line", "--listen", "a:2"}, variables);
  EXPECT_EQ(from_line.text("dir"), "/line");
  EXPECT_EQ(from_line.text("listen"), "a:2");
}

TEST(Parse, RepeatedOptionsTakeSeveralValues) {
  const std::vector<std::string> both{"a", "b"};
  EXPECT_EQ(good({"sign", "f", "--product", "a", "b"}).all("product"), both);
  EXPECT_EQ(good({"sign", "f", "--product", "a", "--product", "b"}).all("product"), both);
  EXPECT_EQ(good({"sign", "f"}, {{"MUSTER_PRODUCT", "a,b"}}).all("product"), both);
}

TEST(Parse, ValuesHaveTheirKind) {
  const auto asked = good({"sign", "f", "--threshold", "9", "--expires=90m", "--json"});
  EXPECT_EQ(asked.number("threshold"), 9);
  EXPECT_EQ(asked.duration("expires"), minutes(90));
  EXPECT_TRUE(asked.flag("json"));
  EXPECT_FALSE(asked.has("OTHER"));
  EXPECT_EQ(good({"sign", "-"}).text("FILE"), "-");
  EXPECT_TRUE(good({"sign", "f"}, {{"MUSTER_JSON", "1"}}).flag("json"));
  EXPECT_FALSE(good({"sign", "f"}, {{"MUSTER_JSON", "0"}}).flag("json"));
  EXPECT_EQ(good({"sign", "f"}, {{"MUSTER_FACTS", "desk"}}).text("fact"), "desk");
}

TEST(Parse, AnEmptyVariableIsAValueWhereOneMayBeEmptyAndNoneElsewhere) {
  EXPECT_EQ(good({"sign", "f"}).text("note"), "x");
  EXPECT_EQ(good({"sign", "f"}, {{"MUSTER_NOTE", ""}}).text("note"), "");
  EXPECT_EQ(good({"sign", "f", "--note", ""}).text("note"), "");
  EXPECT_FALSE(good({"sign", "f"}, {{"MUSTER_FACTS", ""}}).has("fact"));
}

TEST(Parse, HelpIsAskedForAnywhere) {
  for (const auto& [words, path] : std::vector<std::pair<std::vector<std::string>, std::string>>{
           {{"--help"}, ""},
           {{"-h"}, ""},
           {{"host", "--help"}, "host"},
           {{"host", "run", "-h"}, "host run"},
           {{"sign", "--threshold", "zzz", "--help"}, "sign"}}) {
    const auto parsed = parse_words(words);
    ASSERT_TRUE(std::holds_alternative<HelpWanted>(parsed)) << path;
    EXPECT_EQ(std::get<HelpWanted>(parsed).path, path);
  }
  EXPECT_TRUE(std::holds_alternative<VersionWanted>(parse_words({"--version"})));
}

TEST(Parse, AMistakeIsSaidInWords) {
  struct Bad {
    std::vector<std::string> words;
    std::string_view said;
    Variables variables = {};
  };
  const Bad bad[] = {
      {{"hots", "run"}, "'muster' has no command 'hots'; did you mean 'host'?"},
      {{"host"}, "'muster host' needs one of: run, status"},
      {{"host", "runn"}, "'muster host' has no command 'runn'; did you mean 'run'?"},
      {{"host", "run"}, "--dir DIR is missing"},
      {{"host", "run", "--dir"}, "--dir needs a value"},
      {{"host", "run", "--dir", "a", "--dir", "b"}, "--dir stands there twice"},
      {{"host", "run", "--dir", "a", "--lisen", "x:1"},
       "'muster host run' has no option '--lisen'; did you mean '--listen'?"},
      {{"host", "run", "--dir", "a", "-listen", "x:1"}, "write --listen, with two dashes"},
      {{"host", "run", "--dir", "a", "--listen", "x"}, "--listen: 'x' is not an address"},
      {{"host", "run", "--dir", "a", "--listen", "::1:1"}, "'::1:1' is not an address"},
      {{"host", "run", "--dir", "a", "--listen", "a:65536"}, "'a:65536' is not an address"},
      {{"host", "run", "--dir", "a", "extra"}, "'muster host run' does not take 'extra'"},
      {{"host", "run", "--dir", "a", "HR3G3-ZQN5P-H6RRH-XCB3D-YFHMU"},
       "'muster host run' does not take a word that looks like a key; say --key"},
      {{"sign"}, "FILE is missing: what"},
      {{"sign", "f", "--threshold", "x"}, "--threshold: 'x' is not a whole number"},
      {{"sign", "f", "--threshold", "10"}, "--threshold: 10 is outside 1 to 9"},
      {{"sign", "f", "--threshold", "-1"}, "--threshold: -1 is outside 1 to 9"},
      {{"sign", "f", "--expires", "2w"}, "--expires: '2w' is not a duration"},
      {{"sign", "f", "--over", "ignore"}, "--over: 'ignore' is none of: report, refuse"},
      {{"sign", "f", "--product", "A"}, "--product: 'A' is not an id"},
      {{"sign", "f", "--fact", ""}, "--fact: the value is empty"},
      {{"sign", "f"}, "MUSTER_EXPIRES: 'soon' is not a duration", {{"MUSTER_EXPIRES", "soon"}}},
      {{"sign", "f"}, "MUSTER_JSON: 'maybe' is neither", {{"MUSTER_JSON", "maybe"}}},
  };
  for (const auto& [words, said, variables] : bad) {
    const auto parsed = parse_words(words, variables);
    ASSERT_TRUE(std::holds_alternative<UsageError>(parsed)) << said;
    EXPECT_NE(std::get<UsageError>(parsed).detail.find(said), std::string::npos)
        << "said: " << std::get<UsageError>(parsed).detail << "\nexpected: " << said;
  }
}

TEST(Parse, AMistakeKnowsWhetherJsonIsWanted) {
  EXPECT_TRUE(std::get<UsageError>(parse_words({"host", "status", "--json", "--x"})).json);
  EXPECT_FALSE(std::get<UsageError>(parse_words({"host", "status", "--x"})).json);
  const Variables wanted{{"MUSTER_JSON", "1"}};
  EXPECT_TRUE(std::get<UsageError>(parse_words({"host", "status", "--x"}, wanted)).json);
  EXPECT_TRUE(std::get<UsageError>(parse_words({"hots"}, wanted)).json);
  EXPECT_FALSE(std::get<UsageError>(parse_words({"host", "run", "--x"}, wanted)).json)
      << "a command that prints no JSON";
  const Variables refused{{"MUSTER_JSON", "0"}};
  EXPECT_FALSE(std::get<UsageError>(parse_words({"host", "status", "--x"}, refused)).json);
}

TEST(Parse, AnArgumentMayBeGivenSeveralTimes) {
  using Files = std::vector<std::string>;
  EXPECT_EQ(good({"read", "x"}).all("FILE"), (Files{"x"}));
  EXPECT_EQ(good({"read", "x", "y", "--to", "a", "z"}).all("FILE"), (Files{"x", "y", "z"}));
  EXPECT_TRUE(std::holds_alternative<UsageError>(parse_words({"read"})));
  EXPECT_TRUE(std::holds_alternative<UsageError>(parse_words({"read", "x", ""})));
  EXPECT_TRUE(std::holds_alternative<UsageError>(parse_words({"sign", "x", "y", "z"})));
}

}  // namespace
}  // namespace muster::cli
