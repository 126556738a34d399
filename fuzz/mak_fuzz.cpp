// links: muster_wire
// Multiple activation keys: a key's text; the bodies of its exchange, and its files; a key's
// document and an activation as they are; and the same bytes as claims that are signed: a host must
// not sell more than its vendor allowed.
#include "must.h"
#include "wire/mak_exchange.h"
#include "wire/mak_file.h"
#include "wire/sample.h"

namespace {

using namespace muster;
using fuzz::must;

void read_key(std::string_view text) {
  const auto key = wire::MakKey::parse(text);
  if (key) must(wire::MakKey::parse(key->text()) == *key);
}

void read_bodies(std::string_view text) {
  if (const auto request = wire::decode_mak_request(text)) {
    must(!request->facts.empty());
    must(wire::decode_mak_request(wire::encode_mak_request(*request)).has_value());
  }
  (void)wire::decode_mak_answer(text);
}

void read_files(std::string_view text) {
  if (const auto request = wire::read_mak_request_file(text)) {
    must(!request->facts.empty());
    const auto again =
        wire::read_mak_request_file(wire::encode_mak_request_file(*request, "ABCDE"));
    must(again.has_value() && again->nonce == request->nonce && again->name == request->name);
  }
  (void)wire::read_mak_answer_file(text);
}

// The header of a document whose claims the input gives.
wire::PreparedHeader header_of(const std::string& document, std::string_view typ) {
  return wire::PreparedHeader(wire::parse_jws(document, typ)->header);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  static const wire::sample::World world;
  static const auto product = world.product();
  static const auto root = world.root.signer();
  static const auto host = world.host.signer();
  static const auto mak_text = world.sign(world.mak());
  static const auto mak_header = header_of(mak_text, wire::kTypMak);
  static const auto header = wire::mak_activation_header(world.sign(world.host_key()), mak_text);
  const auto text = as_text({data, size});
  read_key(text);
  read_bodies(text);
  read_files(text);
  must(!wire::read_mak(text, {world.root.public_key()}));
  must(!wire::verify_mak_activation(text, product));
  if (const auto mak = wire::read_mak(*mak_header.sign(*root, text), product.vendor_keys)) {
    must(check(mak->policy).has_value());
    must(wire::read_mak(*wire::sign_mak(*mak, *root), {}).has_value());
  }
  const auto read = wire::verify_mak_activation(*header.sign(*host, text), product);
  if (!read) return 0;
  must(read->activation.place >= 1 && read->activation.place <= read->mak.policy.limit);
  must(!read->activation.facts.empty());
  const auto again = wire::sign_mak_activation(read->activation, header, *host);
  must(wire::verify_mak_activation(*again, product).has_value());
  return 0;
}
