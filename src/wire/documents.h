// The documents that are signed: product file, host key, activation, checkpoint; and the request
// for a host key. All are JWS (jws.h). Each one's claims stand at the top of the .cpp file that
// owns it (product_file.cpp, host_key.cpp, activation.cpp, checkpoint.cpp, host_request.cpp) and in
// docs/protocol.md. Everything here is a pure function of its arguments; nothing reads a clock.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/facts.h"
#include "base/ids.h"
#include "base/policy.h"
#include "base/time.h"
#include "wire/jws.h"

namespace muster::wire {

inline constexpr std::string_view kTypProduct = "muster-product+jwt";
inline constexpr std::string_view kTypHostKey = "muster-host-key+jwt";
inline constexpr std::string_view kTypHostRequest = "muster-host-request+jwt";
inline constexpr std::string_view kTypActivation = "muster-activation+jwt";
inline constexpr std::string_view kTypCheckpoint = "muster-checkpoint+jwt";

// ---- product file: what a vendor ships inside the software. Signed by one of its own vendor_keys.
struct ProductFile {
  std::string vendor;                  // the vendor's name, for people
  std::string vendor_id;               // thumbprint of the vendor's first root key
  std::string product, name, group;    // ids and the product's name for people
  std::vector<PublicKey> vendor_keys;  // found by `kid` (their thumbprints)
  minutes initial_grace{}, additional_grace{}, retry_interval{};
  std::uint32_t rearm_limit = 0;
  Instant issued{};
};
[[nodiscard]] Expected<std::string> sign_product_file(const ProductFile& product, Signer& root);
// Self-consistent: signed by a key it lists, and vendor_id is one of those keys' thumbprint.
// Whether that vendor is to be trusted is for whoever compiled the file in, or installed it.
[[nodiscard]] Expected<ProductFile> read_product_file(std::string_view text);

// ---- host key: by which a vendor lets a host activate one product.
struct HostKey {
  std::string vendor, vendor_id;
  std::string id;  // `sub`: 22 characters, random
  PublicKey host;  // `cnf.jwk`
  std::string customer;
  std::string product, name, group;
  Policy policy;
  Instant issued{}, expires{};
  std::string text;  // the document itself

  // What is signed under it at `at` is accepted. A host's clock may be behind its vendor's by as
  // much as a client's may be behind the host's.
  [[nodiscard]] bool valid_at(Instant at) const {
    return at >= issued - policy.clock_skew && at < expires;
  }
};
[[nodiscard]] Expected<std::string> sign_host_key(const HostKey& key, Signer& root);
// Reads without trusting: the signature is checked only against `roots` where any are given (by
// kid).
[[nodiscard]] Expected<HostKey> read_host_key(std::string_view text,
                                              const std::vector<PublicKey>& roots);
// A host's key file: one document a line, several products. Empty lines are ignored.
[[nodiscard]] Expected<std::vector<HostKey>> read_host_key_file(std::string_view text);

// ---- host request: what a host sends its vendor to be signed. Signed by the host's own key, so
// that the vendor knows it holds it.
struct HostRequest {
  PublicKey host;
  std::string host_name;
  Instant issued{};
};
[[nodiscard]] Expected<std::string> sign_host_request(const HostRequest& request, Signer& host);
[[nodiscard]] Expected<HostRequest> read_host_request(std::string_view text);

// ---- activation: what a machine receives.
struct LogPlace {
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;
  Bytes16 hash{};  // first 16 bytes of the event's chain hash
};
struct Activation {
  std::string host_key_id;  // `iss`
  Cmid cmid;                // `sub`
  std::string product;      // `aud`
  Instant issued{}, not_before{}, expires{};
  std::string id;  // `jti`
  Bytes16 nonce{};
  Facts facts;
  std::uint32_t count = 0, threshold = 0;
  minutes renewal_interval{}, retry_interval{}, additional_grace{};
  std::uint32_t rearm_limit = 0;
  std::string entitlements = "{}";
  LogPlace log;
};
// Fills what the policy of the host key decides: not_before and expires (from `issued`), threshold,
// the intervals, rearm_limit, additional_grace and entitlements. verify_activation refuses an
// activation with other terms.
void take_terms(Activation& activation, const Policy& policy);
// The header of every activation under one host key: made once, used for each signature.
[[nodiscard]] PreparedHeader activation_header(std::string_view host_key_text);
[[nodiscard]] Expected<std::string> sign_activation(const Activation& activation,
                                                    const PreparedHeader& header, Signer& host);
// What a verified activation says, and the host key that proves it.
struct VerifiedActivation {
  Activation activation;
  HostKey host_key;
};
// Is it genuine: the host key is this vendor's and for this product (unknown_vendor, wrong_product,
// bad_signature), was valid at `iat` (host_key_expired; from clock_skew before its own iat until
// before its exp), is the one that `iss` names (wrong_host_key), the signature is its host's
// (bad_signature), and the terms are those of its policy: threshold reached, exp and nbf within
// validity and clock_skew, the other numbers and the entitlements the same (wrong_policy). Whether
// it is for this machine, this request and this day is the caller's to judge, the day by
// check_times.
[[nodiscard]] Expected<VerifiedActivation> verify_activation(std::string_view text,
                                                             const ProductFile& product);
// The same for whoever verifies one product's activations again and again: a host key of the very
// bytes of `known` is not verified anew. `known` is none at first, then the last one that was
// proved. REQUIRES: it is used with this product file alone.
[[nodiscard]] Expected<VerifiedActivation> verify_activation(std::string_view text,
                                                             const ProductFile& product,
                                                             std::optional<HostKey>& known);
// activation_expired or not_yet_valid at `now`.
[[nodiscard]] Expected<void> check_times(const Activation& activation, Instant now);

// ---- checkpoint: a host's signature over its event log up to `seq`.
struct Checkpoint {
  std::string host;  // thumbprint of the host's key
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;
  Bytes32 hash{};                  // the chain's at `seq`
  std::uint64_t previous_seq = 0;  // the checkpoint before, 0: none in this epoch
  Bytes32 previous{};              // SHA-256 of its text
  Instant issued{};
};
[[nodiscard]] Expected<std::string> sign_checkpoint(const Checkpoint& checkpoint, Signer& host);
[[nodiscard]] Expected<Checkpoint> verify_checkpoint(std::string_view text, const PublicKey& host);

}  // namespace muster::wire
