// links: muster_wire
// A compact JWS, a JWK and a key in PEM, from anybody.
#include "must.h"
#include "wire/jws.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  const auto text = as_text({data, size});
  if (const auto key = wire::PublicKey::from_jwk(text)) {
    must(wire::PublicKey::from_jwk(key->jwk()) == *key);
  }
  if (const auto key = wire::PrivateKey::from_pem(text, "")) {
    must(key->public_key().verifies("x", key->signer()->sign("x").value()));
  }
  const auto jws = wire::parse_jws(text, "muster-test+jwt");
  if (!jws) return 0;
  // Each accepted text has one form: base64url leaves no choice.
  std::string again = base64url(as_bytes(jws->header)) + "." + base64url(as_bytes(jws->payload));
  must(again == jws->signed_text);
  must(again + "." + base64url(jws->signature) == text);
  return 0;
}
