// MAK activation: header alg, typ muster-mak-activation+jwt, host_key and mak (the two documents
// themselves). Claims:
//   iss    host key id       mak    key id             sub    CMID       aud   product id
//   iat    NumericDate       nbf    clock_skew earlier                   jti   text
//   nonce  base64url of 16 bytes                       facts  {kind: base64url of 16 bytes}, 1 to 8
//   place  1 to the key's limit                        turn   1 or more
//   sold   NumericDate, not after iat                  entitlements      the host key's
//   log    {"epoch","seq","hash": base64url of 16 bytes}
#include <fmt/format.h>

#include "base/ascii.h"
#include "wire/activation_parts.h"
#include "wire/mak.h"

namespace muster::wire {
namespace {

Expected<MakActivation> read_payload(const Jws& jws) {
  json::Tree tree;
  if (auto ok = parse_payload(tree, jws); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  MakActivation out;
  out.host_key_id = claims.nonempty("iss", kDocumentIdMost);
  out.mak = claims.nonempty("mak", kDocumentIdMost);
  out.cmid = claims.cmid("sub");
  out.product = claims.id("aud");
  out.issued = claims.numeric_date("iat");
  out.not_before = claims.numeric_date("nbf");
  out.id = claims.nonempty("jti", kDocumentIdMost);
  out.nonce = claims.bytes<16>("nonce");
  out.facts = read_facts(claims, tree);
  if (out.facts.empty()) claims.refuse("facts", "at least one expected");
  out.place = claims.count("place");
  out.turn = claims.count("turn");
  if (out.turn == 0) claims.refuse("turn", "1 or more expected");
  out.sold = claims.numeric_date("sold");
  out.entitlements = claims.object_text("entitlements");
  out.log = read_log_place(claims);
  if (!claims.ok()) return claims.failure();
  return out;
}

Expected<Mak> proving_mak(const Jws& jws, const ProductFile& product) {
  const auto text = header_text(jws, "mak", kDocumentMost);
  if (!text) return std::unexpected(text.error());
  auto mak = read_mak(*text, product.vendor_keys);
  if (!mak) return mak;
  if (mak->vendor_id != product.vendor_id) {
    return fail(ErrorCode::unknown_vendor, "multiple activation key");
  }
  if (mak->product == product.product) return mak;
  return fail(ErrorCode::wrong_product,
              fmt::format("the key is for '{}', and '{}' is asked", mak->product, product.product));
}

// A host sells what the key allows and no more: its owner holds the key and could sign anything.
Expected<void> check_terms(const VerifiedMakActivation& all) {
  const auto& [activation, host_key, mak] = all;
  const auto refuse = [](std::string detail) {
    return fail(ErrorCode::wrong_policy, std::move(detail));
  };
  if (activation.mak != mak.id) return refuse("the activation names another key");
  if (activation.place < 1 || activation.place > mak.policy.limit) {
    return refuse(
        fmt::format("place {}, and the key's limit is {}", activation.place, mak.policy.limit));
  }
  const auto skew = host_key.policy.clock_skew;
  // A key's later document, with a raised limit, is younger than the places sold before it.
  if (activation.sold > activation.issued ||
      (mak.policy.expires && activation.sold >= *mak.policy.expires)) {
    return refuse("sold: the key was not valid then");
  }
  if (activation.not_before > activation.issued ||
      activation.issued - activation.not_before > skew) {
    return refuse("nbf: the policy's clock_skew does not allow it");
  }
  if (activation.entitlements != host_key.policy.entitlements) {
    return refuse("entitlements: not the policy's");
  }
  return {};
}

}  // namespace

void take_terms(MakActivation& activation, const Policy& policy) {
  activation.not_before = activation.issued - policy.clock_skew;
  activation.entitlements = policy.entitlements;
}

PreparedHeader mak_activation_header(std::string_view host_key_text, std::string_view mak_text) {
  std::string out;
  json::Writer writer(out);
  writer.plain("alg", "ES256").plain("typ", kTypMakActivation);
  writer.plain("host_key", host_key_text).plain("mak", mak_text).end();
  return PreparedHeader(out);
}

Expected<std::string> sign_mak_activation(const MakActivation& activation,
                                          const PreparedHeader& header, Signer& host) {
  std::string payload;
  json::Writer writer(payload);
  writer.plain("iss", activation.host_key_id).text("mak", activation.mak);
  writer.cmid("sub", activation.cmid).plain("aud", activation.product);
  writer.date("iat", activation.issued).date("nbf", activation.not_before);
  writer.text("jti", activation.id).bytes("nonce", activation.nonce);
  append_facts(writer.key("facts"), activation.facts);
  writer.number("place", activation.place).number("turn", activation.turn);
  writer.date("sold", activation.sold).raw("entitlements", activation.entitlements);
  append_log_place(writer.key("log"), activation.log);
  writer.end();
  return header.sign(host, payload);
}

Expected<VerifiedMakActivation> verify_mak_activation(std::string_view text,
                                                      const ProductFile& product) {
  const auto jws = parse_jws(trimmed(text), kTypMakActivation);
  if (!jws) return std::unexpected(jws.error());
  std::optional<HostKey> none;
  auto key = proving_host_key(*jws, product, none);
  if (!key) return std::unexpected(key.error());
  auto mak = proving_mak(*jws, product);
  if (!mak) return std::unexpected(mak.error());
  auto activation = read_payload(*jws);
  if (!activation) return std::unexpected(activation.error());
  const Source source{activation->product, activation->host_key_id, activation->issued};
  if (auto ok = check_source(source, product, *key); !ok) return std::unexpected(ok.error());
  VerifiedMakActivation out{std::move(*activation), std::move(*key), std::move(*mak)};
  if (auto ok = check_terms(out); !ok) return std::unexpected(ok.error());
  return out;
}

}  // namespace muster::wire
