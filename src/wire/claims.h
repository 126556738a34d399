// What several documents share: header, keys and policy as JSON, and reading a payload. Inside wire only.
#pragma once

#include "base/policy.h"
#include "wire/json.h"
#include "wire/jws.h"

namespace muster::wire {

inline constexpr std::size_t kDocumentMost = 64 * 1024;
inline constexpr std::size_t kPeopleNameMost = 255;

// Without spaces and line ends around it: a document in a file ends with a line end.
[[nodiscard]] std::string_view trimmed(std::string_view text);
// {"alg":"ES256","typ":typ,"kid":kid}
[[nodiscard]] std::string document_header(std::string_view typ, std::string_view kid);
// A member of a header; missing_claim without one. The header has been through parse_jws.
[[nodiscard]] Expected<std::string> header_text(const Jws& jws, std::string_view name, std::size_t most);
// Parses a payload whose every failure is a document's: document_malformed where it is no JSON object.
[[nodiscard]] Expected<void> parse_payload(json::Tree& tree, const Jws& jws);

// A key by its JWK; with_kid adds its thumbprint, and refuses another one when reading.
void append_jwk(std::string& out, const PublicKey& key, bool with_kid);
[[nodiscard]] Expected<PublicKey> read_jwk(const json::Tree& tree, const json::Value& value);
// The member `cnf.jwk` (RFC 7800).
[[nodiscard]] Expected<PublicKey> read_cnf(json::Claims& claims, const json::Tree& tree);

// The key of a list whose thumbprint is `kid`, or null.
[[nodiscard]] const PublicKey* find_key(const std::vector<PublicKey>& keys, std::string_view kid);

// A product and its policy as one JSON object, as it stands in a host key and in a vendor's directory:
//   id, group   ids                          name        text, at most 255 bytes
//   threshold   1 to 5000                    validity_min, renewal_interval_min, retry_interval_min,
//   initial_grace_min, additional_grace_min, retention_min, clock_skew_min   minutes
//   rearm_limit number                       count_by    "cmid" or "machine"
//   licensed    number, may be absent        over        "report" or "refuse"
//   entitlements  an object
struct ProductTerms {
  std::string id, group, name;
  Policy policy;
};
void append_product_terms(std::string& out, const ProductTerms& terms);
// Sets the failure of `claims`; the bounds of the policy are judged by check() afterwards.
[[nodiscard]] ProductTerms read_product_terms(json::Claims& claims);

}  // namespace muster::wire
