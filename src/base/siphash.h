// SipHash-2-4 for tables whose keys a stranger chooses.
#pragma once

#include "base/bytes.h"

namespace muster {

// SipHash-2-4 (Aumasson and Bernstein, 2012) of 16 bytes under a 16-byte key.
[[nodiscard]] std::uint64_t siphash(const Bytes16& key, const Bytes16& value);

}  // namespace muster
