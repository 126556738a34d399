#include "evtx/text_pieces.h"

#include <algorithm>

#include "base/ids.h"
#include "evtx/utf16.h"

namespace muster::evtx {
namespace {

using std::operator""sv;

constexpr std::size_t kPiece = std::size_t{64} * 1024;
constexpr std::size_t kLongestCharacter = 4;

bool is_tail(std::uint8_t byte) { return (byte & 0xc0) == 0x80; }

// How much of the text is whole characters of UTF-8, where its last one may have been cut.
std::size_t whole(ByteView bytes) {
  auto end = bytes.size();
  for (std::size_t back = 1; back <= std::min(end, kLongestCharacter - 1); ++back) {
    const auto byte = bytes[end - back];
    if (is_tail(byte)) continue;
    const std::size_t size = byte < 0xc0 ? 1 : byte < 0xe0 ? 2 : byte < 0xf0 ? 3 : 4;
    return size > back ? end - back : end;
  }
  return end;
}

// The bytes of the character at the text's begin; 0 where it is none. Control characters are
// characters here.
std::size_t character_size(std::string_view text) {
  const auto first = static_cast<std::uint8_t>(text.front());
  if (first < 0x80) return 1;
  const std::size_t size = first < 0xe0 ? 2 : first < 0xf0 ? 3 : 4;
  if (size > text.size()) return 0;
  if (first == 0xc2 && is_tail(static_cast<std::uint8_t>(text[1]))) return 2;  // U+0080 .. U+00BF
  return valid_text(text.substr(0, size), size) ? size : 0;
}

}  // namespace

void append_repaired(std::string& out, std::string_view text) {
  std::size_t clean = 0;
  for (std::size_t at = 0; at < text.size();) {
    const auto size = character_size(text.substr(at));
    if (size == 0) {
      out.append(text.substr(clean, at - clean));
      append_character(out, static_cast<std::uint8_t>(text[at]));
      clean = at + 1;
    }
    at += std::max<std::size_t>(size, 1);
  }
  out.append(text.substr(clean));
}

TextPieces::TextPieces(ByteView bytes) : bytes_(bytes) {
  const auto text = as_text(bytes);
  if (text.starts_with("\xef\xbb\xbf"sv)) {
    at_ = 3;
  } else if (text.starts_with("\xff\xfe"sv)) {
    at_ = 2;
    encoding_ = Encoding::utf16_le;
  } else if (text.starts_with("\xfe\xff"sv)) {
    at_ = 2;
    encoding_ = Encoding::utf16_be;
  } else if (bytes.size() > 3 && bytes[0] != 0 && bytes[1] == 0 && bytes[3] == 0) {
    encoding_ = Encoding::utf16_le;
  }
}

bool TextPieces::next(std::string& out) {
  if (at_ >= bytes_.size()) return false;
  auto piece = bytes_.subspan(at_, std::min(kPiece, bytes_.size() - at_));
  const bool last = at_ + piece.size() == bytes_.size();
  if (encoding_ == Encoding::utf8) {
    if (!last) piece = piece.first(whole(piece));
    append_repaired(out, as_text(piece));
    at_ += piece.size();
    return true;
  }
  std::string swapped;
  if (encoding_ == Encoding::utf16_be) {
    swapped = as_text(piece);
    for (std::size_t i = 0; i + 1 < swapped.size(); i += 2) std::swap(swapped[i], swapped[i + 1]);
  }
  auto units = encoding_ == Encoding::utf16_be ? as_bytes(swapped) : piece;
  // The first half of a pair waits for the second.
  if (!last && (units[units.size() - 1] & 0xfc) == 0xd8) units = units.first(units.size() - 2);
  append_utf8(out, units);
  at_ += units.size();
  return true;
}

}  // namespace muster::evtx
