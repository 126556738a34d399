#include "wire/claims.h"

#include <algorithm>

namespace muster::wire {

std::string_view trimmed(std::string_view text) {
  constexpr std::string_view blank = " \t\r\n";
  const auto first = text.find_first_not_of(blank);
  if (first == text.npos) return {};
  return text.substr(first, text.find_last_not_of(blank) - first + 1);
}

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

void append_product_terms(std::string& out, const ProductTerms& terms) {
  const auto& policy = terms.policy;
  json::Writer writer(out);
  writer.plain("id", terms.id).plain("group", terms.group).text("name", terms.name);
  writer.number("threshold", policy.threshold);
  writer.duration("validity_min", policy.validity);
  writer.duration("renewal_interval_min", policy.renewal_interval);
  writer.duration("retry_interval_min", policy.retry_interval);
  writer.duration("initial_grace_min", policy.initial_grace);
  writer.duration("additional_grace_min", policy.additional_grace);
  writer.duration("retention_min", policy.retention);
  writer.duration("clock_skew_min", policy.clock_skew);
  writer.number("rearm_limit", policy.rearm_limit);
  writer.plain("count_by", name_of(policy.count_by));
  if (policy.licensed) writer.number("licensed", *policy.licensed);
  writer.plain("over", name_of(policy.over));
  writer.raw("entitlements", policy.entitlements);
  writer.end();
}

ProductTerms read_product_terms(json::Claims& claims) {
  ProductTerms out;
  out.id = claims.id("id");
  out.group = claims.id("group");
  out.name = claims.nonempty("name", kPeopleNameMost);
  auto& policy = out.policy;
  policy.threshold = claims.count("threshold");
  policy.validity = claims.duration("validity_min");
  policy.renewal_interval = claims.duration("renewal_interval_min");
  policy.retry_interval = claims.duration("retry_interval_min");
  policy.initial_grace = claims.duration("initial_grace_min");
  policy.additional_grace = claims.duration("additional_grace_min");
  policy.retention = claims.duration("retention_min");
  policy.clock_skew = claims.duration("clock_skew_min");
  policy.rearm_limit = claims.count("rearm_limit");
  const auto count_by = count_by_of(claims.text("count_by", 16));
  if (!count_by) claims.refuse("count_by", "cmid or machine expected");
  policy.count_by = count_by.value_or(CountBy::cmid);
  policy.licensed.reset();
  if (claims.has("licensed")) policy.licensed = claims.count("licensed");
  const auto over = over_of(claims.text("over", 16));
  if (!over) claims.refuse("over", "report or refuse expected");
  policy.over = over.value_or(Over::report);
  policy.entitlements = claims.object_text("entitlements");
  return out;
}

}  // namespace muster::wire
