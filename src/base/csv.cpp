#include "base/csv.h"

namespace muster {

namespace {

// Whether a spreadsheet takes a text that begins so for a formula; the last four are the wide forms
// of East Asia.
bool begins_formula(std::string_view text) {
  constexpr std::string_view plain = "=+-@\t\r";
  if (text.empty() || plain.find(text.front()) != plain.npos) return !text.empty();
  return text.starts_with("\xef\xbc\x9d") || text.starts_with("\xef\xbc\x8b") ||
         text.starts_with("\xef\xbc\x8d") || text.starts_with("\xef\xbc\xa0");
}

}  // namespace

void append_csv_field(std::string& out, std::string_view text) {
  const bool quoted = text.find_first_of(",\"\r\n") != text.npos;
  if (quoted) out += '"';
  if (begins_formula(text)) out += '\'';
  for (std::size_t at = text.find_first_of("\";"); at != text.npos;
       at = text.find_first_of("\";")) {
    out.append(text.substr(0, at + 1));
    const char mark = text[at];
    text.remove_prefix(at + 1);
    if (mark == '"') out += '"';
    // Where numbers have decimal commas, spreadsheets part cells at semicolons, whatever is quoted.
    const auto next = text.find_first_not_of(" \"");
    if (mark == ';' && next != text.npos && begins_formula(text.substr(next))) out += '\'';
  }
  out += text;
  if (quoted) out += '"';
}

}  // namespace muster
