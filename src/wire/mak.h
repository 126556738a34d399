// The documents of multiple activation keys: the key's own, which a vendor signs for one host's
// ledger, and the activation, which has no end and names its place of the limit. Both are JWS
// (jws.h); their claims stand at the top of mak.cpp and mak_activation.cpp and in docs/protocol.md.
// Pure functions; nothing reads a clock. The key itself stands in none of them (mak_key.h).
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/mak.h"
#include "wire/documents.h"

namespace muster::wire {

inline constexpr std::string_view kTypMak = "muster-mak+jwt";
inline constexpr std::string_view kTypMakActivation = "muster-mak-activation+jwt";
inline constexpr std::size_t kMakHintMost = 255;  // bytes

// ---- the key's document: what a vendor hands to the host that is to sell the places.
struct Mak {
  std::string vendor, vendor_id;
  std::string id;  // `sub`: 22 characters, random; says nothing of the key
  std::string product, customer;
  Bytes16 ledger{};     // of the host's database that sells the places: no other can
  Bytes32 key_hash{};   // mak_hash() of the key's secret
  std::string key_end;  // the key's last group, for people
  MakPolicy policy;     // its `expires` is the claim `exp`
  std::string hint;     // what the vendor says where the limit is reached; may be empty
  Instant issued{};
  PublicKey root;    // the key that signed it, from the header
  std::string text;  // the document itself

  [[nodiscard]] MakId name() const { return {vendor_id, id}; }
};
[[nodiscard]] Expected<std::string> sign_mak(const Mak& mak, Signer& root);
// The signature is that of the key in the header, whose thumbprint is `kid` (bad_signature,
// missing_claim). Where `roots` are given `kid` is one of them (unknown_vendor); without, whoever
// reads it judges `root`.
[[nodiscard]] Expected<Mak> read_mak(std::string_view text, const std::vector<PublicKey>& roots);
// A ledger's id: 32 hex digits, read in either case, written in lower case. usage.
[[nodiscard]] Expected<Bytes16> parse_ledger_id(std::string_view text);

// ---- the activation: no `exp`, bound to the machine's facts.
struct MakActivation {
  std::string host_key_id;  // `iss`
  std::string mak;          // the key's id
  Cmid cmid;                // `sub`
  std::string product;      // `aud`
  Instant issued{}, not_before{};
  std::string id;  // `jti`
  Bytes16 nonce{};
  Facts facts;  // at least one
  // Which place of the limit, and the how manieth machine that holds it: more than 1 only where it
  // was released before. Two machines with one place and turn: the ledger was rolled back.
  std::uint32_t place = 0, turn = 1;
  Instant sold{};  // when the machine got it; `issued` may be later
  std::string entitlements = "{}";
  LogPlace log;
};
// Fills what the policy of the host key decides: not_before (from `issued`) and entitlements.
void take_terms(MakActivation& activation, const Policy& policy);
// The header of every activation of one key under one host key.
[[nodiscard]] PreparedHeader mak_activation_header(std::string_view host_key_text,
                                                   std::string_view mak_text);
[[nodiscard]] Expected<std::string> sign_mak_activation(const MakActivation& activation,
                                                        const PreparedHeader& header, Signer& host);

struct VerifiedMakActivation {
  MakActivation activation;
  HostKey host_key;
  Mak mak;
};
// Is it genuine: as verify_activation judges the host key and the signature, and the key's document
// in the header is this vendor's and for this product (unknown_vendor, bad_signature,
// wrong_product), and what the host says goes no further than it: the key is the one that is named,
// the place is within the limit, it was sold before the key expired, nbf and the entitlements are
// the host key's (wrong_policy). Whether it is for this machine and this request is the caller's to
// judge; it has no end.
[[nodiscard]] Expected<VerifiedMakActivation> verify_mak_activation(std::string_view text,
                                                                    const ProductFile& product);

}  // namespace muster::wire
