#include "cli/output.h"

#include <fmt/format.h>

#include <algorithm>
#include <cassert>
#include <ostream>

#include "base/ids.h"
#include "base/shown.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

std::string plain(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    // The shortest piece that is a character; none is longer than four bytes.
    std::size_t size = 1;
    while (size < 4 && size < text.size() && !valid_text(text.substr(0, size), 4)) ++size;
    const auto piece = text.substr(0, size);
    if (valid_text(piece, 4)) {
      out += piece;
      text.remove_prefix(size);
    } else {
      out += '?';
      text.remove_prefix(1);
    }
  }
  return out;
}

}  // namespace

JsonObject& JsonObject::add(std::string_view name, std::string_view value) {
  std::string text;
  wire::json::append_string(text, plain(value));
  return add_raw(name, text);
}

JsonObject& JsonObject::add(std::string_view name, const std::vector<JsonObject>& values) {
  std::string text = "[";
  for (const auto& value : values) text.append(text.size() > 1 ? "," : "").append(value.text());
  return add_raw(name, text + "]");
}

JsonObject& JsonObject::add(std::string_view name, const std::vector<std::string>& values) {
  std::string text = "[";
  for (const auto& value : values) {
    if (text.size() > 1) text += ',';
    wire::json::append_string(text, plain(value));
  }
  return add_raw(name, text + "]");
}

JsonObject& JsonObject::add_raw(std::string_view name, std::string_view json) {
  if (!names_.empty()) members_ += ',';
  names_.emplace_back(name);
  wire::json::append_string(members_, name);
  members_.append(":").append(json);
  return *this;
}

std::string printable(std::string_view text) { return escaped_text(text); }

std::string printable_lines(std::string_view text) {
  std::string out;
  while (!text.empty()) {
    const auto end = std::min(text.find('\n'), text.size());
    out += printable(text.substr(0, end));
    if (end < text.size()) out += '\n';
    text.remove_prefix(std::min(end + 1, text.size()));
  }
  return out;
}

void print_facts(Shell& shell, const Invocation& asked, const JsonObject& facts) {
  const auto documented = [&](const std::string& name) {
    return std::ranges::find(asked.command().fields, name, &Field::name) !=
           asked.command().fields.end();
  };
  assert(std::ranges::all_of(facts.names(), documented));
  shell.out << facts.text() << '\n';
}

void print_error(Shell& shell, const Error& error, std::string_view hint, bool json) {
  const auto& row = entry(error.code);
  if (hint.empty()) hint = row.hint;
  shell.err << "muster: error: " << printable(error.sentence()) << '\n';
  if (!hint.empty()) shell.err << "muster: hint: " << printable(hint) << '\n';
  if (!json) return;
  JsonObject out;
  out.add("error", row.name).add("title", row.title).add("detail", error.detail).add("hint", hint);
  shell.out << out.text() << '\n';
}

void print_warning(Shell& shell, std::string_view text) {
  shell.err << "muster: warning: " << printable(text) << '\n';
}

void print_note(Shell& shell, std::string_view text) {
  shell.err << "muster: note: " << printable(text) << '\n';
}

bool wants_json(const Invocation& asked) { return asked.flag("json"); }

FactTable& FactTable::row(std::string_view name, std::string value) {
  rows_.emplace_back(name, std::move(value));
  return *this;
}

std::string FactTable::text() const {
  std::size_t widest = 0;
  for (const auto& [name, value] : rows_) widest = std::max(widest, name.size());
  std::string out;
  for (const auto& [name, value] : rows_)
    out += fmt::format("{:<{}}  {}\n", name, widest, printable(value));
  return out;
}

std::string wrap(std::string_view text, std::size_t columns, std::string_view indent) {
  std::string out;
  std::size_t used = 0;  // columns of the line so far, the indent included; 0: no line is begun
  while (!text.empty()) {
    if (text.starts_with("\n\n")) {
      out += used > 0 ? "\n\n" : "";
      used = 0;
      text.remove_prefix(2);
      continue;
    }
    if (text.front() == ' ' || text.front() == '\n') {
      text.remove_prefix(1);
      continue;
    }
    const auto word = text.substr(0, text.find_first_of(" \n"));
    if (used > 0 && used + 1 + word.size() > columns) {
      out += '\n';
      used = 0;
    }
    out.append(used == 0 ? indent : " ").append(word);
    used += word.size() + (used == 0 ? indent.size() : 1);
    text.remove_prefix(word.size());
  }
  if (used > 0) out += '\n';
  return out;
}

}  // namespace muster::cli
