// links: muster_wire muster_base
// The signed documents. A text that nobody signed gets no further than its signature, so the rest
// of the input is signed here: its first byte says as what, and the claims are whatever follows.
// The key is this target's own and stands in the seeds.
#include "must.h"
#include "wire/documents.h"
#include "wire/usage_report.h"

namespace {

constexpr std::string_view kPem =
    "-----BEGIN PRIVATE KEY-----\n"
    "MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgT9lOz19OeaItWav7\n"
    "8tV5VnZ/dtA5fwtvdMdRuqw5oIehRANCAAQku83kOtZLTBfart2E0LWDQwvA7Bbi\n"
    "9/rBoDjAxB3K9k5dCSnv8NXFHSHDXhDBg/jyexIu5h+MLIi30KvmvEry\n"
    "-----END PRIVATE KEY-----\n";

struct Key {
  muster::wire::PrivateKey secret = muster::wire::PrivateKey::from_pem(kPem, {}).value();
  std::unique_ptr<muster::wire::Signer> signer = secret.signer();
};

std::string sign(Key& key, std::string_view typ, std::string_view claims) {
  std::string header = R"({"alg":"ES256","typ":")";
  header.append(typ).append(R"(","kid":")").append(key.secret.public_key().thumbprint());
  header.append("\"}");
  return muster::wire::sign_jws(*key.signer, header, claims).value();
}

void read_as_it_is(std::string_view text) {
  using namespace muster;
  (void)wire::read_product_file(text);
  (void)wire::read_host_key(text, {});
  (void)wire::read_host_key_file(text);
  (void)wire::read_host_request(text);
  (void)wire::PublicKey::from_jwk(text);
  for (const auto typ : {wire::kTypActivation, wire::kTypCheckpoint}) {
    const auto jws = wire::parse_jws(text, typ);
    if (jws) fuzz::must(text.starts_with(jws->signed_text));
  }
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  static Key key;
  if (size == 0) return 0;
  const auto claims = as_text({data + 1, size - 1});
  switch (data[0]) {
    case 'p': {
      const auto product = wire::read_product_file(sign(key, wire::kTypProduct, claims));
      if (!product) break;
      const auto again = wire::sign_product_file(*product, *key.signer);
      fuzz::must(again.has_value() && wire::read_product_file(*again).has_value());
      break;
    }
    case 'k': {
      const auto text = sign(key, wire::kTypHostKey, claims);
      const auto host_key = wire::read_host_key(text, {key.secret.public_key()});
      if (host_key) fuzz::must(check(host_key->policy).has_value());
      break;
    }
    case 'r': (void)wire::read_host_request(sign(key, wire::kTypHostRequest, claims)); break;
    case 'c': {
      const auto text = sign(key, wire::kTypCheckpoint, claims);
      (void)wire::verify_checkpoint(text, key.secret.public_key());
      break;
    }
    case 'u': {
      const auto text = sign(key, wire::kTypReport, claims);
      const auto report = wire::verify_report(text, key.secret.public_key());
      if (report) fuzz::must(report->from <= report->to);
      break;
    }
    default: read_as_it_is(claims);
  }
  return 0;
}
