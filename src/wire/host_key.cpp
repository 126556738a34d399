// Host key: header alg, typ muster-host-key+jwt, kid (the vendor root's thumbprint). Claims:
//   iss       vendor id                          vendor    the vendor's name
//   sub       host key id, 22 characters         cnf       {"jwk": the host's public key}
//   product   the product and its whole policy: see product_terms.h
//   customer  text                               iat, exp  NumericDate
#include <fmt/format.h>

#include "base/ascii.h"
#include "wire/claims.h"
#include "wire/documents.h"
#include "wire/product_terms.h"

namespace muster::wire {
namespace {

constexpr std::size_t kIdMost = 64;
constexpr std::size_t kFileMost = 1024 * 1024;

Expected<HostKey> read_payload(const Jws& jws) {
  json::Tree tree;
  if (auto ok = parse_payload(tree, jws); !ok) return std::unexpected(ok.error());
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  HostKey out;
  out.vendor_id = claims.thumbprint("iss");
  out.vendor = claims.nonempty("vendor", kPeopleNameMost);
  out.id = claims.nonempty("sub", kIdMost);
  out.customer = claims.nonempty("customer", kPeopleNameMost);
  out.issued = claims.numeric_date("iat");
  out.expires = claims.numeric_date("exp");
  if (claims.ok() && out.expires <= out.issued) claims.refuse("exp", "later than iat expected");
  auto product = claims.object("product");
  auto terms = read_product_terms(product);
  claims.take(product);
  if (!claims.ok()) return claims.failure();
  out.product = std::move(terms.id);
  out.group = std::move(terms.group);
  out.name = std::move(terms.name);
  out.policy = std::move(terms.policy);
  if (auto ok = check(out.policy); !ok) return std::unexpected(ok.error());
  auto host = read_cnf(claims, tree);
  if (!host) return std::unexpected(host.error());
  out.host = std::move(*host);
  return out;
}

}  // namespace

Expected<std::string> sign_host_key(const HostKey& key, Signer& root) {
  if (auto ok = check(key.policy); !ok) return std::unexpected(ok.error());
  std::string payload;
  json::Writer writer(payload);
  writer.plain("iss", key.vendor_id).text("vendor", key.vendor).text("sub", key.id);
  writer.raw("cnf", fmt::format(R"({{"jwk":{}}})", key.host.jwk()));
  append_product_terms(writer.key("product"), {key.product, key.group, key.name, key.policy});
  writer.text("customer", key.customer).date("iat", key.issued).date("exp", key.expires);
  writer.end();
  return sign_jws(root, document_header(kTypHostKey, root.public_key().thumbprint()), payload);
}

Expected<HostKey> read_host_key(std::string_view text, const std::vector<PublicKey>& roots) {
  text = trimmed(text);
  const auto jws = parse_jws(text, kTypHostKey);
  if (!jws) return std::unexpected(jws.error());
  const auto kid = header_text(*jws, "kid", 64);
  if (!kid) return std::unexpected(kid.error());
  if (!roots.empty()) {
    const auto* root = find_key(roots, *kid);
    if (root == nullptr) return fail(ErrorCode::unknown_vendor, "host key");
    if (!root->verifies(jws->signed_text, jws->signature)) {
      return fail(ErrorCode::bad_signature, "host key");
    }
  }
  auto out = read_payload(*jws);
  if (out) out->text = text;
  return out;
}

Expected<std::vector<HostKey>> read_host_key_file(std::string_view text) {
  if (text.size() > kFileMost) {
    return fail(ErrorCode::document_malformed, "no host key file is longer than 1 MiB");
  }
  std::vector<HostKey> out;
  for (std::size_t line = 1; !text.empty(); ++line) {
    const auto end = text.find('\n');
    const auto document = trimmed(text.substr(0, end));
    text.remove_prefix(end == text.npos ? text.size() : end + 1);
    if (document.empty()) continue;
    auto key = read_host_key(document, {});
    if (!key) {
      key.error().detail = fmt::format("line {}: {}", line, key.error().detail);
      return std::unexpected(key.error());
    }
    out.push_back(std::move(*key));
  }
  if (out.empty()) return fail(ErrorCode::document_malformed, "the file holds no host key");
  return out;
}

}  // namespace muster::wire
