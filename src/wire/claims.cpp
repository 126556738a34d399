#include "wire/claims.h"

#include <algorithm>

#include "base/ascii.h"

namespace muster::wire {

std::string document_header(std::string_view typ, std::string_view kid) {
  std::string out;
  json::Writer writer(out);
  writer.plain("alg", "ES256").plain("typ", typ).plain("kid", kid).end();
  return out;
}

Expected<std::string> header_text(const Jws& jws, std::string_view name, std::size_t most) {
  json::Tree tree;
  if (auto ok = tree.parse(jws.header, kDocumentMost); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  auto out = claims.nonempty(name, most);
  if (!claims.ok()) return claims.failure();
  return out;
}

Expected<void> parse_payload(json::Tree& tree, const Jws& jws) {
  if (auto ok = tree.parse(jws.payload, kDocumentMost); !ok) {
    return fail(ErrorCode::document_malformed, "payload: " + ok.error().sentence());
  }
  if (tree.root().kind == json::Kind::object) return {};
  return fail(ErrorCode::document_malformed, "payload: a JSON object expected");
}

Expected<Unproved> read_unproved(json::Tree& tree, std::string_view text, std::string_view typ) {
  auto jws = parse_jws(trimmed(text), typ);
  if (!jws) return std::unexpected(jws.error());
  auto kid = header_text(*jws, "kid", 64);
  if (!kid) return std::unexpected(kid.error());
  if (auto ok = parse_payload(tree, *jws); !ok) return std::unexpected(ok.error());
  return Unproved{std::move(*jws), std::move(*kid)};
}

void append_jwk(std::string& out, const PublicKey& key, bool with_kid) {
  out.append(key.jwk());
  if (!with_kid) return;
  out.pop_back();
  out.append(",\"kid\":\"").append(key.thumbprint()).append("\"}");
}

Expected<PublicKey> read_jwk(const json::Tree& tree, const json::Value& value) {
  std::string text;
  tree.append(text, value);
  auto key = PublicKey::from_jwk(text);
  if (!key) return key;
  const auto* kid = tree.find(value, "kid");
  if (kid != nullptr && kid->text != key->thumbprint()) {
    return fail(ErrorCode::missing_claim, "kid: not the key's thumbprint");
  }
  return key;
}

Expected<PublicKey> read_cnf(json::Claims& claims, const json::Tree& tree) {
  auto cnf = claims.object("cnf");
  const auto* jwk = cnf.member("jwk", json::Kind::object);
  claims.take(cnf);
  if (jwk == nullptr) return claims.failure();
  return read_jwk(tree, *jwk);
}

const PublicKey* find_key(const std::vector<PublicKey>& keys, std::string_view kid) {
  const auto at = std::ranges::find(keys, kid, &PublicKey::thumbprint);
  return at == keys.end() ? nullptr : &*at;
}

}  // namespace muster::wire
