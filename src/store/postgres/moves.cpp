// Layout, version 1, of what byte_codec.h writes: 1 | products: text* | moves*
//   a move: product's place in the list, from 1, or 0 for the group | before | now
// Lists have their length first.
#include "store/postgres/moves.h"

#include <algorithm>

#include "store/byte_codec.h"

namespace muster::store::pg {
namespace {

constexpr std::uint64_t kVersion = 1;

}  // namespace

std::string encode_moves(std::span<const ContactMove> moves) {
  std::vector<std::string_view> products;
  for (const auto& move : moves) {
    if (!move.product.empty()) products.emplace_back(move.product);
  }
  std::ranges::sort(products);
  const auto twice = std::ranges::unique(products);
  products.erase(twice.begin(), twice.end());

  std::string out;
  Encoder to{out};
  to.number(kVersion);
  to.number(products.size());
  for (const auto product : products) to.text(product);
  to.number(moves.size());
  for (const auto& move : moves) {
    const auto at = std::ranges::lower_bound(products, std::string_view(move.product));
    const auto place = static_cast<std::uint64_t>(at - products.begin()) + 1;
    to.number(move.product.empty() ? 0 : place);
    to.time(move.before);
    to.time(move.now);
  }
  return out;
}

Expected<void> decode_moves(ByteView bytes, std::vector<ContactMove>& out) {
  Decoder from{bytes};
  if (from.number() != kVersion) from.good = false;
  std::vector<std::string> products(from.number(from.in.size()));
  for (auto& product : products) product = from.text();
  for (auto left = from.number(from.in.size()); left > 0 && from.good; --left) {
    const auto place = from.number(products.size());
    auto& move = out.emplace_back();
    if (place > 0) move.product = products[place - 1];
    move.before = from.time();
    move.now = from.time();
  }
  if (from.good && from.in.empty()) return {};
  return fail(ErrorCode::store_corrupt, "what a unit has moved cannot be read");
}

}  // namespace muster::store::pg
