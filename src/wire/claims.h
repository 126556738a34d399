// What several documents share: header, keys and policy as JSON, and reading a payload. Inside wire
// only.
#pragma once

#include "wire/json.h"
#include "wire/jws.h"

namespace muster::wire {

inline constexpr std::size_t kDocumentMost = 64 * 1024;
inline constexpr std::size_t kPeopleNameMost = 255;

// {"alg":"ES256","typ":typ,"kid":kid}
[[nodiscard]] std::string document_header(std::string_view typ, std::string_view kid);
// A member of a header; missing_claim without one. The header has been through parse_jws.
[[nodiscard]] Expected<std::string> header_text(const Jws& jws, std::string_view name,
                                                std::size_t most);
// Parses a payload whose every failure is a document's: document_malformed where it is no JSON
// object.
[[nodiscard]] Expected<void> parse_payload(json::Tree& tree, const Jws& jws);

// A document that names its signer, before its signature is checked: what a file's text holds, its
// kid, and its payload in `tree`. The errors of parse_jws, header_text and parse_payload.
struct Unproved {
  Jws jws;  // points into the text
  std::string kid;
};
[[nodiscard]] Expected<Unproved> read_unproved(json::Tree& tree, std::string_view text,
                                               std::string_view typ);

// A key by its JWK; with_kid adds its thumbprint, and refuses another one when reading.
void append_jwk(std::string& out, const PublicKey& key, bool with_kid);
[[nodiscard]] Expected<PublicKey> read_jwk(const json::Tree& tree, const json::Value& value);
// The member `cnf.jwk` (RFC 7800).
[[nodiscard]] Expected<PublicKey> read_cnf(json::Claims& claims, const json::Tree& tree);

// The key of a list whose thumbprint is `kid`, or null.
[[nodiscard]] const PublicKey* find_key(const std::vector<PublicKey>& keys, std::string_view kid);

}  // namespace muster::wire
