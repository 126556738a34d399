// The one table of commands. The parser, --help, shell completion, the man page and
// docs/commands.md all read it, so that none of them can say something else than the others. Each
// command stands in a file of its own (host_run.cpp ...), which fills one row and holds the
// function that runs it.
#pragma once

#include <cstdint>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster::cli {

class Invocation;
struct Shell;

// What a value must look like; checked before the command runs.
enum class Kind : std::uint8_t {
  flag,      // there or not; takes no value
  text,      // 1 to 255 bytes of UTF-8 without control characters
  number,    // a whole number within least .. most
  duration,  // 30m, 2h, 180d, 2y
  id,        // a product's or group's id
  file,      // a path
  directory,
  address,  // HOST:PORT
  url,      // http://HOST:PORT, https://..., or unix:PATH
  choice,   // one of `choices`
};

struct Option {
  std::string_view name;  // without the dashes: "clock-skew"
  Kind kind = Kind::text;
  std::string_view placeholder = {};  // "N", "FILE"; none for a flag
  std::string_view help = {};
  std::string_view fallback = {};  // the value where none is given; empty: none
  // What --help shows where the command itself supplies the value.
  std::string_view shown_fallback = {};
  bool required = false;
  bool repeated = false;  // may be given several times, or with several values at once
  std::int64_t least = 0, most = INT64_MAX;
  std::vector<std::string_view> choices = {};
  bool may_be_empty = false;       // "" is a value
  std::string_view variable = {};  // where it is not MUSTER_ and the name in capitals
};

struct Argument {
  std::string_view name;  // "FILE"; also what the command asks the Invocation for
  Kind kind = Kind::text;
  std::string_view help = {};
  bool required = true;
  std::vector<std::string_view> choices = {};
  bool repeated = false;  // may be given several times; only the last argument of a command
};

struct Example {
  std::string_view line;
  std::string_view what;
};

// A member of the object that --json prints.
struct Field {
  std::string_view name;
  std::string_view what;  // its type and meaning: "whole number: entries on the roll"
};

// What to do about an error, where the command knows better than the error table.
struct Hint {
  ErrorCode code;
  std::string_view text;
};

struct Command {
  std::string_view path;     // "host run"
  std::string_view summary;  // one line, a verb first: "run the host until it is told to stop"
  std::string_view description =
      {};  // paragraphs, apart by "\n\n"; lines are wrapped where they are shown
  std::vector<Argument> arguments = {};
  std::vector<Option> options = {};
  std::vector<Field> fields = {};  // not empty: the command has --json
  std::vector<Example> examples = {};
  std::vector<Hint> hints = {};
  std::vector<Exit> exits = {};  // besides 0, 2 and 70, which every command has
  // An error is printed by whoever calls; its exit code is the error table's.
  std::function<Expected<Exit>(const Invocation&, Shell&)> run = {};
};

// All commands, in the order in which --help and the papers list them.
[[nodiscard]] std::span<const Command> command_table();
// What the program is for: the first lines of its help.
[[nodiscard]] std::string_view introduction();
// The command with this path, or null.
[[nodiscard]] const Command* find_command(std::string_view path);

// Options that several commands share, said the same way everywhere.
[[nodiscard]] Option json_option();
[[nodiscard]] Option state_option();    // --state: the client's state directory
[[nodiscard]] Option product_option();  // --product: which one, where several are installed

}  // namespace muster::cli
