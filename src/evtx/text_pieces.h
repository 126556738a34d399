// The text of an exported log, as UTF-8, piece by piece: no more than a piece is in memory.
#pragma once

#include <cstdint>
#include <string>

#include "base/bytes.h"

namespace muster::evtx {

// Reads UTF-8, and UTF-16 of either order (with its mark; the little-endian one also without). What
// is no UTF-8 is read as Latin-1, byte by byte: exports in a console's code page keep at least what
// is ASCII. The mark is no part of the text.
class TextPieces {
 public:
  // `bytes` are valid as long as this is.
  explicit TextPieces(ByteView bytes);

  // Appends the next piece; false at the end. No character is divided between two pieces.
  bool next(std::string& out);

  // Where in the file the next piece begins, and how many bytes a character of ASCII takes there.
  [[nodiscard]] std::uint64_t at() const { return at_; }
  [[nodiscard]] std::size_t unit() const { return encoding_ == Encoding::utf8 ? 1 : 2; }

 private:
  enum class Encoding : std::uint8_t { utf8, utf16_le, utf16_be };

  ByteView bytes_;
  std::size_t at_ = 0;
  Encoding encoding_ = Encoding::utf8;
};

// Appends the text as UTF-8; bytes that are none become the characters of Latin-1.
void append_repaired(std::string& out, std::string_view text);

}  // namespace muster::evtx
