// What a unit has moved in a group's counts, as the other hosts of the database read it: one blob.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "base/bytes.h"
#include "store/group_book.h"

namespace muster::store::pg {

[[nodiscard]] std::string encode_moves(std::span<const ContactMove> moves);
// Appends to `out`. store_corrupt where the bytes are none that encode_moves makes.
[[nodiscard]] Expected<void> decode_moves(ByteView bytes, std::vector<ContactMove>& out);

}  // namespace muster::store::pg
