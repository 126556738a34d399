// P-256 keys on OpenSSL: PublicKey, PrivateKey and the signer of a key in this process.
#include <fmt/format.h>
#include <openssl/bio.h>
#include <openssl/core_names.h>
#include <openssl/crypto.h>
#include <openssl/ec.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/param_build.h>
#include <openssl/pem.h>
#include <openssl/pkcs12.h>
#include <openssl/rand.h>
#include <openssl/x509.h>

#include <cassert>

#include "base/digest.h"
#include "wire/json.h"
#include "wire/jws.h"

namespace muster::wire {
namespace {

template <auto release>
struct Release {
  template <class T>
  void operator()(T* object) const {
    release(object);
  }
};
using Context = std::unique_ptr<EVP_PKEY_CTX, Release<EVP_PKEY_CTX_free>>;
using Bio = std::unique_ptr<BIO, Release<BIO_free_all>>;
using Sealed = std::unique_ptr<X509_SIG, Release<X509_SIG_free>>;
using Pkcs8 = std::unique_ptr<PKCS8_PRIV_KEY_INFO, Release<PKCS8_PRIV_KEY_INFO_free>>;
using Group = std::unique_ptr<EC_GROUP, Release<EC_GROUP_free>>;
using CurvePoint = std::unique_ptr<EC_POINT, Release<EC_POINT_free>>;
using Number = std::unique_ptr<BIGNUM, Release<BN_clear_free>>;
using Work = std::unique_ptr<BN_CTX, Release<BN_CTX_free>>;
using SharedKey = std::shared_ptr<EVP_PKEY>;

constexpr std::size_t kJwkMost = 4096;
constexpr std::size_t kPemMost = 16 * 1024;
// As costly to guess as N = 2^17 with p = 1, within the 32 MiB that OpenSSL allows a reader.
constexpr std::uint64_t kScryptN = 1 << 14, kScryptR = 8, kScryptP = 5;

SharedKey shared(EVP_PKEY* key) { return {key, EVP_PKEY_free}; }

bool is_p256(EVP_PKEY* key) {
  char name[32] = {};
  return key != nullptr && EVP_PKEY_is_a(key, "EC") == 1 &&
         EVP_PKEY_get_utf8_string_param(key, OSSL_PKEY_PARAM_GROUP_NAME, name, sizeof name,
                                        nullptr) == 1 &&
         std::string_view(name) == SN_X9_62_prime256v1;
}

// The uncompressed point: 04 | x | y.
using Point = std::array<std::uint8_t, 65>;

// The public key, or with `number` the private one.
SharedKey key_of(const Point& point, const BIGNUM* number = nullptr) {
  char curve[] = SN_X9_62_prime256v1;
  auto bytes = point;
  Bytes32 native{};
  if (number != nullptr && BN_bn2nativepad(number, native.data(), native.size()) < 0) return {};
  const OSSL_PARAM params[] = {
      OSSL_PARAM_construct_utf8_string(OSSL_PKEY_PARAM_GROUP_NAME, curve, 0),
      OSSL_PARAM_construct_octet_string(OSSL_PKEY_PARAM_PUB_KEY, bytes.data(), bytes.size()),
      number == nullptr
          ? OSSL_PARAM_construct_end()
          : OSSL_PARAM_construct_BN(OSSL_PKEY_PARAM_PRIV_KEY, native.data(), native.size()),
      OSSL_PARAM_construct_end()};
  const Context context(EVP_PKEY_CTX_new_from_name(nullptr, "EC", nullptr));
  EVP_PKEY* key = nullptr;
  if (!context || EVP_PKEY_fromdata_init(context.get()) != 1 ||
      EVP_PKEY_fromdata(context.get(), &key,
                        number == nullptr ? EVP_PKEY_PUBLIC_KEY : EVP_PKEY_KEYPAIR,
                        const_cast<OSSL_PARAM*>(params)) != 1) {
    ERR_clear_error();
    return nullptr;
  }
  return shared(key);
}

std::string jwk_of(const Point& point) {
  std::string out(R"({"crv":"P-256","kty":"EC","x":")");
  append_base64url(out, ByteView(point).subspan(1, 32));
  out.append(R"(","y":")");
  append_base64url(out, ByteView(point).subspan(33, 32));
  return out.append("\"}");
}

// One INTEGER of the SEQUENCE { r, s } that ECDSA makes in DER.
bool take_integer(ByteView& der, std::uint8_t* to) {
  if (der.size() < 2 || der[0] != 0x02 || der[1] > der.size() - 2) return false;
  auto number = der.subspan(2, der[1]);
  der = der.subspan(2 + number.size());
  while (!number.empty() && number[0] == 0) number = number.subspan(1);
  if (number.size() > 32) return false;
  std::memset(to, 0, 32 - number.size());
  std::memcpy(to + 32 - number.size(), number.data(), number.size());
  return true;
}

std::size_t put_integer(std::uint8_t* to, const std::uint8_t* number) {
  std::size_t zeros = 0;
  while (zeros < 31 && number[zeros] == 0) ++zeros;
  const bool negative = (number[zeros] & 0x80) != 0;
  const std::size_t size = 32 - zeros + (negative ? 1 : 0);
  to[0] = 0x02;
  to[1] = static_cast<std::uint8_t>(size);
  to[2] = 0;
  std::memcpy(to + 2 + (negative ? 1 : 0), number + zeros, 32 - zeros);
  return 2 + size;
}

class EcSigner final : public Signer {
 public:
  EcSigner(SharedKey key, PublicKey public_key)
      : key_(std::move(key)), public_(std::move(public_key)) {
    context_.reset(EVP_PKEY_CTX_new(key_.get(), nullptr));
    if (context_ && EVP_PKEY_sign_init(context_.get()) != 1) context_.reset();
  }

  [[nodiscard]] const PublicKey& public_key() const override { return public_; }

  Expected<Signature> sign_digest(const Bytes32& digest) override {
    std::array<std::uint8_t, 80> der;
    std::size_t size = der.size();
    if (!context_ ||
        EVP_PKEY_sign(context_.get(), der.data(), &size, digest.data(), digest.size()) != 1) {
      ERR_clear_error();
      return fail(ErrorCode::internal, "OpenSSL made no signature");
    }
    Signature out;
    ByteView rest = ByteView(der).subspan(2, size - 2);
    const bool taken = take_integer(rest, out.data()) && take_integer(rest, out.data() + 32);
    assert(taken && rest.empty());
    return out;
  }

 private:
  SharedKey key_;
  PublicKey public_;
  Context context_;
};

}  // namespace

Expected<PublicKey> PublicKey::from_jwk(std::string_view json) {
  json::Tree tree;
  if (auto ok = tree.parse(json, kJwkMost); !ok) {
    return fail(ErrorCode::document_malformed, "jwk: " + ok.error().sentence());
  }
  json::Claims jwk(tree, tree.root(), ErrorCode::document_malformed);
  if (jwk.text("kty", 16) != "EC") jwk.refuse("kty", "EC expected");
  if (jwk.text("crv", 16) != "P-256") jwk.refuse("crv", "P-256 expected");
  const auto x = jwk.bytes<32>("x");
  const auto y = jwk.bytes<32>("y");
  if (!jwk.ok()) return fail(ErrorCode::document_malformed, "jwk: " + jwk.failure().error().detail);
  Point point;
  point[0] = 4;
  std::memcpy(point.data() + 1, x.data(), x.size());
  std::memcpy(point.data() + 33, y.data(), y.size());
  PublicKey out;
  out.key_ = key_of(point);
  if (!out.key_) return fail(ErrorCode::document_malformed, "jwk: the point is not on P-256");
  out.jwk_ = jwk_of(point);
  out.thumbprint_ = base64url(sha256(as_bytes(out.jwk_)));
  return out;
}

bool PublicKey::verifies(std::string_view signed_text, const Signature& signature) const {
  if (!key_) return false;
  std::array<std::uint8_t, 72> der;
  std::size_t size = 2;
  size += put_integer(der.data() + size, signature.data());
  size += put_integer(der.data() + size, signature.data() + 32);
  der[0] = 0x30;
  der[1] = static_cast<std::uint8_t>(size - 2);
  const auto digest = sha256(as_bytes(signed_text));
  const Context context(EVP_PKEY_CTX_new(key_.get(), nullptr));
  const bool good =
      context && EVP_PKEY_verify_init(context.get()) == 1 &&
      EVP_PKEY_verify(context.get(), der.data(), size, digest.data(), digest.size()) == 1;
  if (!good) ERR_clear_error();
  return good;
}

Expected<PrivateKey> PrivateKey::from_openssl(std::shared_ptr<evp_pkey_st> key) {
  Point point;
  std::size_t size = 0;
  if (!is_p256(key.get()) ||
      EVP_PKEY_get_octet_string_param(key.get(), OSSL_PKEY_PARAM_PUB_KEY, point.data(),
                                      point.size(), &size) != 1 ||
      size != point.size() || point[0] != 4) {
    ERR_clear_error();
    return fail(ErrorCode::document_malformed, "not a P-256 private key");
  }
  auto public_key = PublicKey::from_jwk(jwk_of(point));
  if (!public_key) return std::unexpected(public_key.error());
  PrivateKey out;
  out.key_ = std::move(key);
  out.public_ = std::move(*public_key);
  return out;
}

Expected<PrivateKey> PrivateKey::generate() {
  auto key = shared(EVP_EC_gen(SN_X9_62_prime256v1));
  if (!key) {
    ERR_clear_error();
    return fail(ErrorCode::internal, "OpenSSL made no key");
  }
  return from_openssl(std::move(key));
}

Expected<PrivateKey> PrivateKey::from_secret(const Bytes32& secret) {
  const Group group(EC_GROUP_new_by_curve_name(NID_X9_62_prime256v1));
  const Number number(BN_secure_new());
  const Number most(group ? BN_dup(EC_GROUP_get0_order(group.get())) : nullptr);
  const Work work(BN_CTX_secure_new());
  const auto made = [&]() -> SharedKey {
    if (!number || !most || !work) return nullptr;
    const CurvePoint point(EC_POINT_new(group.get()));
    Point bytes;
    if (!point ||
        BN_bin2bn(secret.data(), static_cast<int>(secret.size()), number.get()) == nullptr ||
        BN_sub_word(most.get(), 1) != 1 ||
        BN_mod(number.get(), number.get(), most.get(), work.get()) != 1 ||
        BN_add_word(number.get(), 1) != 1 ||
        EC_POINT_mul(group.get(), point.get(), number.get(), nullptr, nullptr, work.get()) != 1 ||
        EC_POINT_point2oct(group.get(), point.get(), POINT_CONVERSION_UNCOMPRESSED, bytes.data(),
                           bytes.size(), work.get()) != bytes.size()) {
      return nullptr;
    }
    return key_of(bytes, number.get());
  }();
  if (!made) {
    ERR_clear_error();
    return fail(ErrorCode::internal, "OpenSSL made no key");
  }
  return from_openssl(made);
}

Expected<PrivateKey> PrivateKey::from_pem(std::string_view pem, std::string_view passphrase) {
  if (pem.size() > kPemMost) return fail(ErrorCode::document_malformed, "no key is that long");
  const Bio bio(BIO_new_mem_buf(pem.data(), static_cast<int>(pem.size())));
  Pkcs8 info;
  if (pem.find("-----BEGIN ENCRYPTED PRIVATE KEY-----") != pem.npos) {
    const Sealed sealed(PEM_read_bio_PKCS8(bio.get(), nullptr, nullptr, nullptr));
    if (!sealed) {
      ERR_clear_error();
      return fail(ErrorCode::document_malformed, "not a private key in PEM");
    }
    info.reset(PKCS8_decrypt(sealed.get(), passphrase.data(), static_cast<int>(passphrase.size())));
    ERR_clear_error();
    if (!info) return fail(ErrorCode::wrong_passphrase);
  } else {
    info.reset(PEM_read_bio_PKCS8_PRIV_KEY_INFO(bio.get(), nullptr, nullptr, nullptr));
  }
  auto key = shared(info ? EVP_PKCS82PKEY(info.get()) : nullptr);
  ERR_clear_error();
  if (!key) return fail(ErrorCode::document_malformed, "not a private key in PEM");
  return from_openssl(std::move(key));
}

Expected<std::string> PrivateKey::to_pem(std::string_view passphrase) const {
  const auto failed = [] {
    ERR_clear_error();
    return fail(ErrorCode::internal, "OpenSSL did not write the key");
  };
  const Bio bio(BIO_new(BIO_s_mem()));
  Pkcs8 info(EVP_PKEY2PKCS8(key_.get()));
  if (!bio || !info) return failed();
  if (passphrase.empty()) {
    if (PEM_write_bio_PKCS8_PRIV_KEY_INFO(bio.get(), info.get()) != 1) return failed();
  } else {
    std::array<std::uint8_t, 16> salt;
    if (RAND_bytes(salt.data(), static_cast<int>(salt.size())) != 1) return failed();
    X509_ALGOR* scheme =
        PKCS5_pbe2_set_scrypt(EVP_aes_256_cbc(), salt.data(), static_cast<int>(salt.size()),
                              nullptr, kScryptN, kScryptR, kScryptP);
    if (scheme == nullptr) return failed();
    const Sealed sealed(
        PKCS8_set0_pbe(passphrase.data(), static_cast<int>(passphrase.size()), info.get(), scheme));
    if (!sealed) {
      X509_ALGOR_free(scheme);
      return failed();
    }
    if (PEM_write_bio_PKCS8(bio.get(), sealed.get()) != 1) return failed();
  }
  char* text = nullptr;
  const auto size = BIO_get_mem_data(bio.get(), &text);
  return std::string(text, static_cast<std::size_t>(size));
}

std::unique_ptr<Signer> PrivateKey::signer() const {
  return std::make_unique<EcSigner>(key_, public_);
}

}  // namespace muster::wire
