// UTF-16, little-endian and without a mark, as event logs hold their texts.
#pragma once

#include <string>

#include "base/bytes.h"

namespace muster::evtx {

// The text as UTF-8. A half of a pair that stands alone becomes U+FFFD; a last odd byte is not
// looked at. Every other character comes as it is.
void append_utf8(std::string& out, ByteView utf16);

// One character; what is none (a half of a pair, more than 0x10FFFF) becomes U+FFFD.
void append_character(std::string& out, std::uint32_t character);

}  // namespace muster::evtx
