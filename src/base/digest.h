// SHA-256 and HMAC-SHA-256 (OpenSSL's).
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

// HMAC-SHA-256 of many texts under one key, which is hashed once: half the cost on short texts. A
// key of 32 bytes stands for it. Threads: any, at once.
class Hmac {
 public:
  Hmac(const Bytes32& key) : Hmac(ByteView(key)) {}  // NOLINT(google-explicit-constructor)
  explicit Hmac(ByteView key);
  [[nodiscard]] Bytes32 of(ByteView bytes) const;

 private:
  Sha256 inner_, outer_;
};

// The first 16 bytes of a digest: our short form of one, everywhere.
[[nodiscard]] Bytes16 first16(const Bytes32& digest);

}  // namespace muster
