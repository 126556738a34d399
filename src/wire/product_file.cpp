// Product file: header alg, typ muster-product+jwt, kid (one of its own vendor_keys). Claims:
//   iss            vendor id                     vendor       the vendor's name
//   sub            product id                    name         the product's name
//   group          count group                   vendor_keys  a list of JWK, each with its kid
//   initial_grace_min, additional_grace_min, retry_interval_min   minutes
//   rearm_limit    number                        iat          NumericDate
#include "wire/claims.h"
#include "wire/documents.h"

namespace muster::wire {
namespace {

constexpr std::size_t kKeysMost = 16;

Expected<std::vector<PublicKey>> read_keys(json::Claims& claims, const json::Tree& tree) {
  const auto* list = claims.member("vendor_keys", json::Kind::array);
  if (list == nullptr) return claims.failure();
  std::vector<PublicKey> out;
  for (const auto* at = tree.first(*list); at != nullptr; at = tree.next(*at)) {
    auto key = read_jwk(tree, *at);
    if (!key) return std::unexpected(key.error());
    out.push_back(std::move(*key));
  }
  if (!out.empty() && out.size() <= kKeysMost) return out;
  claims.refuse("vendor_keys", "1 to 16 keys expected");
  return claims.failure();
}

}  // namespace

Expected<std::string> sign_product_file(const ProductFile& product, Signer& root) {
  std::string payload;
  json::Writer writer(payload);
  writer.plain("iss", product.vendor_id).text("vendor", product.vendor);
  writer.plain("sub", product.product).text("name", product.name).plain("group", product.group);
  auto& keys = writer.key("vendor_keys");
  keys.push_back('[');
  for (const auto& key : product.vendor_keys) {
    if (&key != &product.vendor_keys.front()) keys.push_back(',');
    append_jwk(keys, key, /*with_kid=*/true);
  }
  keys.push_back(']');
  writer.duration("initial_grace_min", product.initial_grace);
  writer.duration("additional_grace_min", product.additional_grace);
  writer.duration("retry_interval_min", product.retry_interval);
  writer.number("rearm_limit", product.rearm_limit).date("iat", product.issued);
  writer.end();
  return sign_jws(root, document_header(kTypProduct, root.public_key().thumbprint()), payload);
}

Expected<ProductFile> read_product_file(std::string_view text) {
  json::Tree tree;
  const auto read = read_unproved(tree, text, kTypProduct);
  if (!read) return std::unexpected(read.error());
  const auto& [jws, kid] = *read;
  json::Claims claims(tree, tree.root(), ErrorCode::missing_claim);
  ProductFile out;
  out.vendor_id = claims.thumbprint("iss");
  out.vendor = claims.nonempty("vendor", kPeopleNameMost);
  out.product = claims.id("sub");
  out.name = claims.nonempty("name", kPeopleNameMost);
  out.group = claims.id("group");
  out.initial_grace = claims.duration("initial_grace_min");
  out.additional_grace = claims.duration("additional_grace_min");
  out.retry_interval = claims.duration("retry_interval_min");
  if (out.retry_interval < minutes(1)) claims.refuse("retry_interval_min", "1 or more expected");
  out.rearm_limit = claims.count("rearm_limit");
  out.issued = claims.numeric_date("iat");
  if (!claims.ok()) return claims.failure();
  auto keys = read_keys(claims, tree);
  if (!keys) return std::unexpected(keys.error());
  out.vendor_keys = std::move(*keys);
  const auto* signer = find_key(out.vendor_keys, kid);
  if (signer == nullptr || find_key(out.vendor_keys, out.vendor_id) == nullptr) {
    return fail(ErrorCode::unknown_vendor, "the product file does not list the key it names");
  }
  if (!signer->verifies(jws.signed_text, jws.signature)) return fail(ErrorCode::bad_signature);
  return out;
}

}  // namespace muster::wire
