// A QR code for a terminal, by libqrencode.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster::cli {

// The code's squares, row by row, true is dark; without the quiet zone. usage where the text is too
// long for one code.
[[nodiscard]] Expected<std::vector<std::vector<bool>>> qr_squares(std::string_view text);
// Two rows of squares a line, in half blocks, light on the terminal's dark ground, with the quiet
// zone of four squares that readers need.
[[nodiscard]] std::string qr_lines(const std::vector<std::vector<bool>>& squares);

}  // namespace muster::cli
