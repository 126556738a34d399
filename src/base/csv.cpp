#include "base/csv.h"

namespace muster {

void append_csv_field(std::string& out, std::string_view text) {
  constexpr std::string_view formula = "=+-@\t\r";
  const bool guarded = !text.empty() && formula.find(text.front()) != formula.npos;
  const bool quoted = text.find_first_of(",\"\r\n") != text.npos;
  if (quoted) out += '"';
  if (guarded) out += '\'';
  for (std::size_t quote = text.find('"'); quote != text.npos; quote = text.find('"')) {
    out.append(text.substr(0, quote + 1)) += '"';
    text.remove_prefix(quote + 1);
  }
  out += text;
  if (quoted) out += '"';
}

}  // namespace muster
