#include <fmt/format.h>
#include <fmt/ranges.h>

#include "cli/papers.h"
#include "cli/wording.h"

namespace muster::cli {
namespace {

// What roff would take for a command or an escape is written so that it stays text.
std::string roff(std::string_view text) {
  std::string out;
  bool line_begins = true;
  for (const char c : text) {
    if (line_begins && (c == '.' || c == '\'')) out += "\\&";
    if (c == '\\') {
      out += "\\e";
    } else if (c == '-') {
      out += "\\-";
    } else {
      out += c;
    }
    line_begins = c == '\n';
  }
  return out;
}

void append_paragraphs(std::string& out, std::string_view text) {
  while (!text.empty()) {
    const auto end = text.find("\n\n");
    out += fmt::format(".PP\n{}\n", roff(text.substr(0, end)));
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 2);
  }
}

void append_tagged(std::string& out, std::string_view tag, std::string_view text) {
  out += fmt::format(".TP\n.B {}\n{}\n", roff(tag), roff(text));
}

void append_options(std::string& out, const Command& command) {
  for (const auto& option : command.options) {
    std::string words(option.help);
    if (!option.choices.empty()) words += fmt::format(": {}", fmt::join(option.choices, ", "));
    if (option.required) words += "; required";
    if (option.repeated) words += "; may be repeated";
    if (const auto value = shown_default(option); !value.empty()) {
      words += fmt::format("; default {}", value);
    }
    append_tagged(out, spelled(option), fmt::format("{} [{}]", words, variable_of(option)));
  }
}

void append_command(std::string& out, const Command& command) {
  out += fmt::format(".SS {}\n{}\n", roff(synopsis(command)), roff(command.summary));
  append_paragraphs(out, command.description);
  for (const auto& argument : command.arguments) append_tagged(out, argument.name, argument.help);
  append_options(out, command);
  if (!command.fields.empty()) {
    out += ".PP\nMembers of the object that \\-\\-json prints:\n";
    for (const auto& field : command.fields) append_tagged(out, field.name, field.what);
  }
  for (const auto& example : command.examples) {
    out += fmt::format(".PP\n{}\n.PP\n.nf\n    {}\n.fi\n", roff(example.what), roff(example.line));
  }
}

}  // namespace

std::string man_page(std::span<const Command> table, std::string_view version) {
  auto out = fmt::format(
      ".TH MUSTER 1 \"\" \"muster {}\" \"Muster\"\n"
      ".SH NAME\nmuster \\- volume activation for fleets that come and go\n"
      ".SH SYNOPSIS\n.B muster\nCOMMAND [ARGUMENT...] [\\-\\-OPTION VALUE...]\n"
      ".SH DESCRIPTION\n"
      "A vendor signs a host key for a customer; the customer's host activates machines once it "
      "has seen enough of them; the machines renew by themselves. Every option may also be set by "
      "the environment variable that stands behind it in brackets.\n"
      ".SH COMMANDS\n",
      version);
  for (const auto& command : table) append_command(out, command);
  out += ".SH EXIT STATUS\n";
  for (const auto code : {Exit::done, Exit::usage, Exit::no_host, Exit::refused, Exit::document,
                          Exit::state, Exit::too_soon, Exit::internal}) {
    append_tagged(out, fmt::format("{}", static_cast<int>(code)), meaning(code));
  }
  return out;
}

}  // namespace muster::cli
