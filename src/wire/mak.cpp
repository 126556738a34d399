// Key: header alg, typ muster-mak+jwt, kid (the vendor root's thumbprint), jwk (that root's public
// key, so that a host can prove the document). Claims:
//   iss         vendor id                           vendor        the vendor's name
//   sub         key id, 22 characters               product       id
//   customer    text                                ledger        32 hex digits
//   key         {"hash": base64url of 32 bytes, "end": the key's last group}
//   limit       1 to 1000000                        reactivation  "free" or "counts"
//   match       "any", "most" or "all"              release       "allowed" or "never"
//   hint        text, may be absent                 iat           NumericDate
//   exp         NumericDate, later than iat; absent: places are sold for ever
#include "wire/mak.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "wire/activation_parts.h"
#include "wire/mak_key.h"

namespace muster::wire {
namespace {

template <class Word>
Word read_word(json::Claims& claims, std::string_view name, std::string_view expected,
               std::optional<Word> (*word_of)(std::string_view)) {
  const auto word = word_of(claims.nonempty(name, kDocumentIdMost));
  if (!word) claims.refuse(name, expected);
  return word.value_or(Word{});
}

void read_key(json::Claims& claims, Mak& out) {
  auto key = claims.object("key");
  out.key_hash = key.bytes<32>("hash");
  out.key_end = key.nonempty("end", kMakEnd);
  if (!valid_mak_end(out.key_end)) key.refuse("end", "the last five characters of a key expected");
  claims.take(key);
}

Bytes16 read_ledger(json::Claims& claims) {
  const auto ledger = parse_ledger_id(claims.nonempty("ledger", kDocumentIdMost));
  if (!ledger) claims.refuse("ledger", "32 hex digits expected");
  return ledger.value_or(Bytes16{});
}

Expected<Mak> read_payload(const Jws& jws) {
  json::Tree tree;
  if (auto ok = parse_payload(tree, jws); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  Mak out;
  out.vendor_id = claims.thumbprint("iss");
  out.vendor = claims.nonempty("vendor", kPeopleNameMost);
  out.id = claims.nonempty("sub", kDocumentIdMost);
  out.product = claims.id("product");
  out.customer = claims.nonempty("customer", kPeopleNameMost);
  out.ledger = read_ledger(claims);
  read_key(claims, out);
  auto& policy = out.policy;
  policy.limit = claims.count("limit");
  policy.reactivation =
      read_word<Reactivation>(claims, "reactivation", "free or counts expected", reactivation_of);
  policy.match = read_word<Match>(claims, "match", "any, most or all expected", match_of);
  policy.release = read_word<Release>(claims, "release", "allowed or never expected", release_of);
  if (claims.has("hint")) out.hint = claims.text("hint", kMakHintMost);
  out.issued = claims.numeric_date("iat");
  if (claims.has("exp")) policy.expires = claims.numeric_date("exp");
  if (policy.expires && *policy.expires <= out.issued) {
    claims.refuse("exp", "later than iat expected");
  }
  if (!claims.ok()) return claims.failure();
  if (auto ok = check(policy); !ok) return std::unexpected(ok.error());
  return out;
}

// The key in the header, which is the one that `kid` names.
Expected<PublicKey> header_key(const Jws& jws) {
  json::Tree tree;
  if (auto ok = tree.parse(jws.header, kDocumentMost); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  const auto kid = claims.nonempty("kid", 64);
  const auto* jwk = claims.member("jwk", json::Kind::object);
  if (!claims.ok()) return claims.failure();
  auto key = read_jwk(tree, *jwk);
  if (!key || key->thumbprint() == kid) return key;
  return fail(ErrorCode::missing_claim, "kid: not the thumbprint of jwk");
}

}  // namespace

Expected<Bytes16> parse_ledger_id(std::string_view text) {
  Bytes16 out{};
  if (read_hex(text, out)) return out;
  return fail(ErrorCode::usage,
              "a ledger's id of 32 hex digits is expected, as 'muster host "
              "ledger-id' prints it");
}

Expected<std::string> sign_mak(const Mak& mak, Signer& root) {
  if (auto ok = check(mak.policy); !ok) return std::unexpected(ok.error());
  std::string header;
  json::Writer(header)
      .plain("alg", "ES256")
      .plain("typ", kTypMak)
      .plain("kid", root.public_key().thumbprint())
      .raw("jwk", root.public_key().jwk())
      .end();
  std::string payload;
  json::Writer writer(payload);
  writer.plain("iss", mak.vendor_id).text("vendor", mak.vendor).text("sub", mak.id);
  writer.plain("product", mak.product).text("customer", mak.customer);
  writer.plain("ledger", hex(mak.ledger));
  json::Writer(writer.key("key")).bytes("hash", mak.key_hash).text("end", mak.key_end).end();
  writer.number("limit", mak.policy.limit);
  writer.plain("reactivation", name_of(mak.policy.reactivation));
  writer.plain("match", name_of(mak.policy.match));
  writer.plain("release", name_of(mak.policy.release));
  if (!mak.hint.empty()) writer.text("hint", mak.hint);
  writer.date("iat", mak.issued);
  if (mak.policy.expires) writer.date("exp", *mak.policy.expires);
  writer.end();
  return sign_jws(root, header, payload);
}

Expected<Mak> read_mak(std::string_view text, const std::vector<PublicKey>& roots) {
  text = trimmed(text);
  const auto jws = parse_jws(text, kTypMak);
  if (!jws) return std::unexpected(jws.error());
  auto root = header_key(*jws);
  if (!root) return std::unexpected(root.error());
  if (!roots.empty() && find_key(roots, root->thumbprint()) == nullptr) {
    return fail(ErrorCode::unknown_vendor, "multiple activation key");
  }
  if (!root->verifies(jws->signed_text, jws->signature)) {
    return fail(ErrorCode::bad_signature, "multiple activation key");
  }
  auto out = read_payload(*jws);
  if (!out) return out;
  out->root = std::move(*root);
  out->text = text;
  return out;
}

}  // namespace muster::wire
