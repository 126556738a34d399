#include "wire/activation_parts.h"

#include <fmt/format.h>

namespace muster::wire {
namespace {

Expected<HostKey> trusted_host_key(std::string_view text, const ProductFile& product) {
  auto key = read_host_key(text, product.vendor_keys);
  if (!key) return key;
  if (key->vendor_id != product.vendor_id) return fail(ErrorCode::unknown_vendor, "host key");
  if (key->product == product.product) return key;
  return fail(ErrorCode::wrong_product, fmt::format("the host key is for '{}', and '{}' is asked",
                                                    key->product, product.product));
}

}  // namespace

Facts read_facts(json::Claims& claims, const json::Tree& tree) {
  Facts out;
  const auto* object = claims.member("facts", json::Kind::object);
  if (object == nullptr) return out;
  for (const auto* at = tree.first(*object); at != nullptr; at = tree.next(*at)) {
    const auto hash = array_from_base64url<16>(at->text);
    if (at->kind != json::Kind::string || !hash || !out.add(std::string(at->key), *hash)) {
      claims.refuse("facts", "at most 8 kinds with base64url of 16 bytes each expected");
    }
  }
  return out;
}

void append_facts(std::string& out, const Facts& facts) {
  json::Writer writer(out);
  for (const auto& fact : facts) writer.bytes(fact.kind, fact.value);
  writer.end();
}

LogPlace read_log_place(json::Claims& claims) {
  LogPlace out;
  auto log = claims.object("log");
  out.epoch = log.count("epoch");
  out.seq = log.place("seq");
  out.hash = log.bytes<16>("hash");
  claims.take(log);
  return out;
}

void append_log_place(std::string& out, const LogPlace& place) {
  json::Writer writer(out);
  writer.number("epoch", place.epoch).number("seq", static_cast<std::int64_t>(place.seq));
  writer.bytes("hash", place.hash).end();
}

Expected<HostKey> proving_host_key(const Jws& jws, const ProductFile& product,
                                   std::optional<HostKey>& known) {
  const auto text = header_text(jws, "host_key", kDocumentMost);
  if (!text) return std::unexpected(text.error());
  if (!known || known->text != *text) {
    auto key = trusted_host_key(*text, product);
    if (!key) return key;
    known = std::move(*key);
  }
  if (known->host.verifies(jws.signed_text, jws.signature)) return *known;
  return fail(ErrorCode::bad_signature, "activation");
}

Expected<void> check_source(const Source& source, const ProductFile& product, const HostKey& key) {
  if (source.product != product.product) {
    return fail(ErrorCode::wrong_product,
                fmt::format("the activation is for '{}', and '{}' is asked", source.product,
                            product.product));
  }
  if (source.host_key_id != key.id) {
    return fail(ErrorCode::wrong_host_key, "the activation names another host key");
  }
  if (key.valid_at(source.issued)) return {};
  return fail(ErrorCode::host_key_expired,
              fmt::format("it is valid until {}, and the activation was made at {}",
                          format_time(key.expires), format_time(source.issued)));
}

}  // namespace muster::wire
