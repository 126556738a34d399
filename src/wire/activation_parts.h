// What the two kinds of activation share: the claims that both hold, and how a host key proves
// them. Inside wire only.
#pragma once

#include "wire/claims.h"
#include "wire/documents.h"

namespace muster::wire {

inline constexpr std::size_t kDocumentIdMost = 64;

// {kind: base64url of 16 bytes}, at most 8.
[[nodiscard]] Facts read_facts(json::Claims& claims, const json::Tree& tree);
void append_facts(std::string& out, const Facts& facts);
// {"epoch","seq","hash": base64url of 16 bytes}
[[nodiscard]] LogPlace read_log_place(json::Claims& claims);
void append_log_place(std::string& out, const LogPlace& place);

// The host key in the header, which this product's vendor signed for this product, and whose host
// signed the activation: missing_claim, unknown_vendor, wrong_product, bad_signature, and what
// read_host_key says. `known` as verify_activation has it.
[[nodiscard]] Expected<HostKey> proving_host_key(const Jws& jws, const ProductFile& product,
                                                 std::optional<HostKey>& known);

// Whose activation it is and when it was made.
struct Source {
  std::string_view product, host_key_id;
  Instant issued{};
};
// wrong_product, wrong_host_key, host_key_expired.
[[nodiscard]] Expected<void> check_source(const Source& source, const ProductFile& product,
                                          const HostKey& key);

}  // namespace muster::wire
