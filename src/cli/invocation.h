// What a person asked for: one command with its values, checked against the table.
#pragma once

#include <cassert>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/command.h"

namespace muster::cli {

// Values are found by the option's name or the argument's; fallbacks are filled in. A value that is
// read as a number or a duration has been checked, so reading cannot fail; asking for a name that
// the table does not know is a mistake in this program and ends it.
class Invocation {
 public:
  explicit Invocation(const Command& command) : command_(&command) {}

  [[nodiscard]] const Command& command() const { return *command_; }
  [[nodiscard]] bool has(std::string_view name) const { return values_.contains(name); }
  // A flag that was set.
  [[nodiscard]] bool flag(std::string_view name) const;
  // REQUIRES: the value is required, has a fallback, or has(name).
  [[nodiscard]] const std::string& text(std::string_view name) const;
  [[nodiscard]] std::optional<std::string> maybe(std::string_view name) const;
  // Every value of a repeated option, in order; empty where there is none.
  [[nodiscard]] std::vector<std::string> all(std::string_view name) const;
  [[nodiscard]] std::int64_t number(std::string_view name) const;
  [[nodiscard]] minutes duration(std::string_view name) const;
  // True where the value was given on the line or in the environment, and is not the fallback.
  [[nodiscard]] bool given(std::string_view name) const;

  void set(std::string_view name, std::vector<std::string> values, bool is_given);

 private:
  struct Value {
    std::vector<std::string> values;
    bool given = false;
  };
  const Command* command_;
  std::map<std::string, Value, std::less<>> values_;
};

}  // namespace muster::cli
