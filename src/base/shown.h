// Texts that a stranger chose, made fit to be shown.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster {

// Controls, marks of direction and of joining, separators of lines, the byte order mark: what a
// terminal obeys, or what makes a text look like another one.
[[nodiscard]] bool is_hidden(std::uint32_t character);

// The first character of a text: its code and how many bytes it takes. One that is no UTF-8 is
// U+FFFD of one byte. REQUIRES: the text is not empty.
struct Character {
  std::uint32_t code;
  std::size_t size;
};
[[nodiscard]] Character first_character(std::string_view text);

// The text with \u{202E} for every hidden character, so that whoever reads it sees that it is
// there, and '?' for every byte that is no UTF-8. What is stored and signed stays as it was sent:
// this is for tables, terminals and spreadsheets alone.
[[nodiscard]] std::string escaped_text(std::string_view text);

// The text with '?' for every hidden character and every byte that is no UTF-8. One of more than
// `most` characters is cut and ends in "...".
[[nodiscard]] std::string shown_text(std::string_view text, std::size_t most);

}  // namespace muster
