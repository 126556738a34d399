// SHA-256, HMAC-SHA-256 (OpenSSL's) and SipHash-2-4 for tables whose keys a stranger chooses.
#pragma once

#include <openssl/sha.h>

#include "base/bytes.h"

namespace muster {

// SHA-256 of pieces that come one after the other. A copy goes on from where the original was, so
// that what many texts begin with is hashed once.
class Sha256 {
 public:
  Sha256();
  Sha256& add(ByteView piece);
  [[nodiscard]] Bytes32 digest() const;

 private:
  SHA256state_st state_;
};

[[nodiscard]] Bytes32 sha256(ByteView bytes);
[[nodiscard]] Bytes32 hmac_sha256(ByteView key, ByteView bytes);

// The first 16 bytes of a digest: our short form of one, everywhere.
[[nodiscard]] Bytes16 first16(const Bytes32& digest);

// SipHash-2-4 (Aumasson and Bernstein, 2012) of 16 bytes under a 16-byte key.
[[nodiscard]] std::uint64_t siphash(const Bytes16& key, const Bytes16& value);

}  // namespace muster
