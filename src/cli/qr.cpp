#include "cli/qr.h"

#include <qrencode.h>

#include <memory>

namespace muster::cli {
namespace {

constexpr int kQuiet = 4;

}  // namespace

Expected<std::vector<std::vector<bool>>> qr_squares(std::string_view text) {
  const std::unique_ptr<QRcode, void (*)(QRcode*)> code(
      QRcode_encodeData(static_cast<int>(text.size()),
                        reinterpret_cast<const unsigned char*>(text.data()), 0, QR_ECLEVEL_L),
      QRcode_free);
  if (!code) return fail(ErrorCode::usage, "the text is too long for one QR code");
  const auto width = static_cast<std::size_t>(code->width);
  std::vector<std::vector<bool>> out(width, std::vector<bool>(width));
  for (std::size_t y = 0; y < width; ++y) {
    for (std::size_t x = 0; x < width; ++x) out[y][x] = (code->data[y * width + x] & 1) != 0;
  }
  return out;
}

std::string qr_lines(const std::vector<std::vector<bool>>& squares) {
  const auto width = static_cast<int>(squares.size());
  const auto light = [&](int y, int x) {
    const bool inside = y >= 0 && x >= 0 && y < width && x < width;
    return !inside || !squares[static_cast<std::size_t>(y)][static_cast<std::size_t>(x)];
  };
  std::string out;
  for (int y = -kQuiet; y < width + kQuiet; y += 2) {
    for (int x = -kQuiet; x < width + kQuiet; ++x) {
      const bool upper = light(y, x);
      const bool lower = light(y + 1, x);
      out += upper ? (lower ? "\u2588" : "\u2580") : (lower ? "\u2584" : " ");
    }
    out += '\n';
  }
  return out;
}

}  // namespace muster::cli
