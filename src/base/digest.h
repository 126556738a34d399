// SHA-256, HMAC-SHA-256 (OpenSSL's) and SipHash-2-4 for tables whose keys a stranger chooses.
#pragma once

#include "base/bytes.h"

namespace muster {

[[nodiscard]] Bytes32 sha256(ByteView bytes);
// SHA-256 of several pieces one after the other, without joining them.
[[nodiscard]] Bytes32 sha256(std::initializer_list<ByteView> pieces);
[[nodiscard]] Bytes32 hmac_sha256(ByteView key, ByteView bytes);

// The first 16 bytes of a digest: our short form of one, everywhere.
[[nodiscard]] Bytes16 first16(const Bytes32& digest);

// SipHash-2-4 (Aumasson and Bernstein, 2012) of 16 bytes under a 16-byte key.
[[nodiscard]] std::uint64_t siphash(const Bytes16& key, const Bytes16& value);

}  // namespace muster
