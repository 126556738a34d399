// Rows of CSV, piece by piece: quotes, quotes in quotes, and line ends in quotes (RFC 4180).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"
#include "evtx/text_pieces.h"

namespace muster::evtx {

class CsvRows {
 public:
  // No row of a log is longer; what is, has a quote too many.
  static constexpr std::size_t kLongestRow = std::size_t{1} << 20;

  CsvRows(ByteView bytes, char separator) : pieces_(bytes), separator_(separator) {}

  enum class Next : std::uint8_t { row, no_row, end };
  // The next row into cells(); empty lines are passed over. no_row: a quote that is never closed or
  // that stands in the middle; reading goes on at the next line.
  Next next();
  // Valid until the next call.
  [[nodiscard]] std::span<const std::string> cells() const { return {cells_.data(), size_}; }
  // Where the row begins in the file.
  [[nodiscard]] std::uint64_t offset() const { return offset_; }

 private:
  enum class Scan : std::uint8_t { row, broken, more };
  Scan scan();
  bool fill();
  void skip_line();
  std::string& new_cell();

  TextPieces pieces_;
  char separator_;
  std::string text_;  // not yet read, from at_ on
  std::size_t at_ = 0;
  std::uint64_t text_at_ = 0;  // where text_ begins in the file
  std::uint64_t offset_ = 0;
  bool ended_ = false;
  std::vector<std::string> cells_;  // the first size_ of them
  std::size_t size_ = 0;
};

}  // namespace muster::evtx
