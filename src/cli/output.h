// What commands print: facts on stdout, everything else on stderr.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/time.h"
#include "cli/invocation.h"
#include "cli/shell.h"

namespace muster::cli {

// A JSON object that keeps the order in which its members were added. Control characters and bytes
// that are no UTF-8 become '?'; every other character stays as it was sent.
class JsonObject {
 public:
  JsonObject& add(std::string_view name, std::string_view value);
  JsonObject& add(std::string_view name, const char* value) {
    return add(name, std::string_view(value));
  }
  JsonObject& add(std::string_view name, bool value) {
    return add_raw(name, value ? "true" : "false");
  }
  JsonObject& add(std::string_view name, std::int64_t value) {
    return add_raw(name, std::to_string(value));
  }
  JsonObject& add(std::string_view name, std::uint64_t value) {
    return add_raw(name, std::to_string(value));
  }
  JsonObject& add(std::string_view name, std::uint32_t value) {
    return add(name, std::uint64_t{value});
  }
  JsonObject& add(std::string_view name, Instant value) { return add(name, format_time(value)); }
  JsonObject& add(std::string_view name, const JsonObject& value) {
    return add_raw(name, value.text());
  }
  JsonObject& add(std::string_view name, const std::vector<JsonObject>& values);
  JsonObject& add(std::string_view name, const std::vector<std::string>& values);
  JsonObject& add_null(std::string_view name) { return add_raw(name, "null"); }
  // Null where there is none.
  template <class T>
  JsonObject& add(std::string_view name, const std::optional<T>& value) {
    return value ? add(name, *value) : add_null(name);
  }
  // A value that is JSON text already. REQUIRES: it is valid.
  JsonObject& add_raw(std::string_view name, std::string_view json);

  [[nodiscard]] const std::vector<std::string>& names() const { return names_; }
  // Compact, without newline.
  [[nodiscard]] std::string text() const { return "{" + members_ + "}"; }

 private:
  std::vector<std::string> names_;
  std::string members_;
};

// One line for a terminal: what nobody sees is written out, and every byte that is no UTF-8 is '?'
// (base/shown.h, escaped_text).
[[nodiscard]] std::string printable(std::string_view text);
// The same, but for the ends of lines.
[[nodiscard]] std::string printable_lines(std::string_view text);

// One line on stdout. REQUIRES: the members are those that the command's row of the table lists, so
// that what is printed is what is documented.
void print_facts(Shell& shell, const Invocation& asked, const JsonObject& facts);

// "muster: error: FACT" and "muster: hint: HINT" on stderr; with `json` also
// {"error":CODE,"title":...,"detail":...,"hint":...} as a line on stdout. `hint` empty: the error
// table's.
void print_error(Shell& shell, const Error& error, std::string_view hint, bool json);

// "muster: warning: ..." and "muster: note: ..." on stderr.
void print_warning(Shell& shell, std::string_view text);
void print_note(Shell& shell, std::string_view text);

// True where --json was given.
[[nodiscard]] bool wants_json(const Invocation& asked);

// "count  25 of 25" and so on: names in one column, values in the next.
class FactTable {
 public:
  FactTable& row(std::string_view name, std::string value);
  [[nodiscard]] std::string text() const;

 private:
  std::vector<std::pair<std::string, std::string>> rows_;
};

// Breaks paragraphs (apart by "\n\n") into lines of at most `columns`, each begun by `indent`.
[[nodiscard]] std::string wrap(std::string_view text, std::size_t columns, std::string_view indent);

}  // namespace muster::cli
