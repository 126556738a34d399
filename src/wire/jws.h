// JWS in compact form (RFC 7515) with ES256 (RFC 7518) and nothing else.
//   compact = base64url(header JSON) "." base64url(payload JSON) "." base64url(r | s, 64 bytes)
// One algorithm, no negotiation: another `alg`, an unknown `typ`, `crit`, a repeated member,
// padding or a character outside the alphabet is refused.
#pragma once

#include <array>
#include <memory>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"

struct evp_pkey_st;

namespace muster::wire {

using Signature = std::array<std::uint8_t, 64>;  // r | s, big-endian

// A P-256 public key. Immutable, cheap to copy, may be shared between threads.
class PublicKey {
 public:
  // {"kty":"EC","crv":"P-256","x":"...","y":"..."} as JSON text; a point off the curve is refused.
  [[nodiscard]] static Expected<PublicKey> from_jwk(std::string_view json);
  // The same four members in RFC 7638's order, without spaces.
  [[nodiscard]] const std::string& jwk() const { return jwk_; }
  // RFC 7638: base64url(SHA-256(jwk)), 43 characters. Used as `kid`.
  [[nodiscard]] const std::string& thumbprint() const { return thumbprint_; }
  [[nodiscard]] bool verifies(std::string_view signed_text, const Signature& signature) const;
  friend bool operator==(const PublicKey& a, const PublicKey& b) { return a.jwk_ == b.jwk_; }

 private:
  friend class PrivateKey;
  std::shared_ptr<evp_pkey_st> key_;
  std::string jwk_, thumbprint_;
};

// Makes signatures. PKCS#11 and TPM keys will be other implementations. One object per thread.
class Signer {
 public:
  virtual ~Signer() = default;
  [[nodiscard]] virtual const PublicKey& public_key() const = 0;
  // Of a text's SHA-256, which is what a token or a TPM is given too.
  [[nodiscard]] virtual Expected<Signature> sign_digest(const Bytes32& digest) = 0;
  [[nodiscard]] Expected<Signature> sign(std::string_view text) {
    return sign_digest(sha256(as_bytes(text)));
  }
};

// A P-256 private key in this process. Immutable, may be shared between threads; make a signer per
// thread.
class PrivateKey {
 public:
  [[nodiscard]] static Expected<PrivateKey> generate();
  // The key whose number is 1 + `secret` modulo the group's order less 1: the same key for the same
  // bytes. For simulations; what anybody relies on is made by generate().
  [[nodiscard]] static Expected<PrivateKey> from_secret(const Bytes32& secret);
  // PKCS#8 PEM; encrypted (PBES2: scrypt, AES-256-CBC) where a passphrase is given.
  // wrong_passphrase or document_malformed.
  [[nodiscard]] static Expected<PrivateKey> from_pem(std::string_view pem,
                                                     std::string_view passphrase);
  [[nodiscard]] Expected<std::string> to_pem(std::string_view passphrase) const;
  [[nodiscard]] const PublicKey& public_key() const { return public_; }
  [[nodiscard]] std::unique_ptr<Signer> signer() const;

 private:
  [[nodiscard]] static Expected<PrivateKey> from_openssl(std::shared_ptr<evp_pkey_st> key);
  std::shared_ptr<evp_pkey_st> key_;
  PublicKey public_;
};

// A compact JWS taken apart; the views point into the text that was given.
struct Jws {
  std::string header;   // decoded JSON
  std::string payload;  // decoded JSON
  Signature signature{};
  std::string_view signed_text;  // header.payload as it was signed
};
// Splits and decodes; checks `alg` ES256, `typ` and the absence of `crit`. Not the signature.
[[nodiscard]] Expected<Jws> parse_jws(std::string_view compact, std::string_view typ);

// header_json must say alg and typ; both are written as they are.
[[nodiscard]] Expected<std::string> sign_jws(Signer& signer, std::string_view header_json,
                                             std::string_view payload_json);

// A header that many documents share, encoded and hashed once: what a host does thousands of times
// a second.
class PreparedHeader {
 public:
  PreparedHeader() = default;
  explicit PreparedHeader(std::string_view header_json);
  [[nodiscard]] Expected<std::string> sign(Signer& signer, std::string_view payload_json) const;

 private:
  std::string text_;  // its base64url and the dot
  Sha256 hashed_;     // of text_
};

}  // namespace muster::wire
