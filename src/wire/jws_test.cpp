#include "wire/jws.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include "wire/sample.h"

namespace muster::wire {
namespace {

constexpr std::string_view kTyp = "muster-test+jwt";
constexpr std::string_view kHeader = R"({"alg":"ES256","typ":"muster-test+jwt"})";
// The order of the group of P-256.
constexpr std::string_view kOrder =
    "ffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551";

std::string code_of(std::string_view text) {
  const auto jws = parse_jws(text, kTyp);
  return jws ? "accepted" : std::string(entry(jws.error().code).name);
}

std::string made(std::string_view header, std::string_view payload = "{}") {
  return base64url(as_bytes(header)) + "." + base64url(as_bytes(payload)) + "." +
         base64url(sample::filled<64>(1));
}

// SEC 2: the generator of P-256, whose key has the number 1.
TEST(PrivateKey, of_a_secret_is_the_same_every_time) {
  const auto bytes_of = [](std::string_view hex) {
    Bytes32 out;
    std::ranges::copy(from_hex(hex).value(), out.begin());
    return out;
  };
  const auto key_of = [&](std::string_view hex) {
    return PrivateKey::from_secret(bytes_of(hex)).value();
  };
  const auto x =
      base64url(bytes_of("6b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"));
  const std::string zeros(64, '0');
  const auto one = key_of(zeros);
  EXPECT_NE(one.public_key().jwk().find(x), std::string::npos);
  std::string less_one(kOrder);
  less_one.back() = '0';
  EXPECT_EQ(key_of(less_one).public_key(), one.public_key()) << "the order less 1 begins anew";
  const auto other = key_of(std::string(64, 'f'));
  EXPECT_FALSE(other.public_key() == one.public_key());
  const auto text = sign_jws(*other.signer(), kHeader, "{}").value();
  const auto jws = parse_jws(text, kTyp).value();
  EXPECT_TRUE(other.public_key().verifies(jws.signed_text, jws.signature));
  EXPECT_FALSE(one.public_key().verifies(jws.signed_text, jws.signature));
}

TEST(Jws, is_refused_with_a_reason) {
  const auto good = made(kHeader);
  const struct {
    std::string_view what;
    std::string text, code;
  } cases[] = {
      {"as it should be", good, "accepted"},
      {"no algorithm", made(R"({"alg":"none","typ":"muster-test+jwt"})"), "wrong_algorithm"},
      {"a shared secret", made(R"({"alg":"HS256","typ":"muster-test+jwt"})"), "wrong_algorithm"},
      {"Edwards curve", made(R"({"alg":"EdDSA","typ":"muster-test+jwt"})"), "wrong_algorithm"},
      {"in lower case", made(R"({"alg":"es256","typ":"muster-test+jwt"})"), "wrong_algorithm"},
      {"alg missing", made(R"({"typ":"muster-test+jwt"})"), "wrong_algorithm"},
      {"alg a list", made(R"({"alg":["ES256"],"typ":"muster-test+jwt"})"), "wrong_algorithm"},
      {"a private key", "-----BEGIN PRIVATE KEY-----\nMIG.x.y\n", "key_not_document"},
      {"another typ", made(R"({"alg":"ES256","typ":"JWT"})"), "wrong_type"},
      {"typ in upper case", made(R"({"alg":"ES256","typ":"MUSTER-TEST+JWT"})"), "wrong_type"},
      {"typ missing", made(R"({"alg":"ES256"})"), "wrong_type"},
      {"crit", made(R"({"alg":"ES256","typ":"muster-test+jwt","crit":["exp"]})"),
       "document_malformed"},
      {"alg twice", made(R"({"alg":"none","alg":"ES256","typ":"muster-test+jwt"})"),
       "document_malformed"},
      {"the header no object", made("[]"), "document_malformed"},
      {"padding", good + "==", "document_malformed"},
      {"cut by one", good.substr(0, good.size() - 1), "document_malformed"},
      {"two parts", good.substr(0, good.rfind('.')), "document_malformed"},
      {"four parts", good + ".", "document_malformed"},
      {"no signature", good.substr(0, good.rfind('.') + 1), "document_malformed"},
      {"the other alphabet", made(kHeader) + "+", "document_malformed"},
      {"a space in front", " " + good, "document_malformed"},
      {"nothing", "", "document_malformed"},
      {"too long", made(kHeader, std::string(70'000, ' ')), "document_malformed"},
  };
  for (const auto& c : cases) EXPECT_EQ(code_of(c.text), c.code) << c.what;
}

TEST(Jws, what_is_signed_verifies_and_what_is_changed_does_not) {
  const auto key = PrivateKey::generate().value();
  const auto signer = key.signer();
  EXPECT_TRUE(rc::check([&](const std::string& payload) {
    const auto text = sign_jws(*signer, kHeader, payload).value();
    const auto jws = parse_jws(text, kTyp).value();
    RC_ASSERT(jws.payload == payload);
    RC_ASSERT(key.public_key().verifies(jws.signed_text, jws.signature));
    auto changed = jws.signature;
    changed[*rc::gen::inRange<std::size_t>(0, 64)] ^= 1;
    RC_ASSERT(!key.public_key().verifies(jws.signed_text, changed));
    RC_ASSERT(!key.public_key().verifies(std::string(jws.signed_text) + "A", jws.signature));
  }));
}

TEST(Jws, another_key_does_not_verify) {
  const auto text = sign_jws(*PrivateKey::generate()->signer(), kHeader, "{}").value();
  const auto jws = parse_jws(text, kTyp).value();
  EXPECT_FALSE(PrivateKey::generate()->public_key().verifies(jws.signed_text, jws.signature));
  EXPECT_FALSE(PublicKey().verifies(jws.signed_text, jws.signature));
}

// n - s is as good a signature as s, and RFC 7518 does not forbid it.
TEST(Jws, low_and_high_s_are_both_accepted) {
  const auto key = PrivateKey::generate().value();
  const auto signature = key.signer()->sign("text").value();
  auto other = signature;
  const auto order = from_hex(kOrder).value();
  int borrow = 0;
  for (int i = 31; i >= 0; --i) {
    const int difference = static_cast<std::uint8_t>(order[static_cast<std::size_t>(i)]) -
                           signature[static_cast<std::size_t>(32 + i)] - borrow;
    borrow = difference < 0 ? 1 : 0;
    other[static_cast<std::size_t>(32 + i)] = static_cast<std::uint8_t>(difference);
  }
  EXPECT_NE(other, signature);
  EXPECT_TRUE(key.public_key().verifies("text", signature));
  EXPECT_TRUE(key.public_key().verifies("text", other));
}

TEST(Jws, r_and_s_outside_their_range_are_refused) {
  const auto key = PrivateKey::generate().value();
  const auto good = key.signer()->sign("text").value();
  const auto order = from_hex(kOrder).value();
  for (const std::size_t half : {0, 32}) {
    for (const auto& value : {std::string(32, '\0'), order, std::string(32, '\xff')}) {
      auto bad = good;
      std::memcpy(bad.data() + half, value.data(), value.size());
      EXPECT_FALSE(key.public_key().verifies("text", bad)) << half << " " << hex(as_bytes(value));
    }
  }
}

// Leading zeros make DER shorter: 2,000 signatures meet some dozens of them.
TEST(Jws, every_length_of_der_is_read) {
  const auto key = PrivateKey::generate().value();
  const auto signer = key.signer();
  int short_ones = 0;
  for (int i = 0; i < 2000; ++i) {
    const auto text = std::to_string(i);
    const auto signature = signer->sign(text).value();
    if (signature[0] == 0 || signature[32] == 0) ++short_ones;
    ASSERT_TRUE(key.public_key().verifies(text, signature)) << i;
  }
  EXPECT_GT(short_ones, 0);
}

TEST(Jws, a_public_key_has_one_form) {
  // RFC 7515 A.3's key; its RFC 7638 thumbprint made with another library.
  const auto key = PublicKey::from_jwk(
                       R"({"kty":"EC","crv":"P-256","use":"sig",
      "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})")
                       .value();
  EXPECT_EQ(key.jwk(),
            R"({"crv":"P-256","kty":"EC","x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",)"
            R"("y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})");
  EXPECT_EQ(key.thumbprint(), "oKIywvGUpTVTyxMQ3bwIIeQUudfr_CkLMjCE19ECD-U");
}

// RFC 7515 appendix A.3: a signature that neither we nor OpenSSL made.
TEST(Jws, the_example_of_the_rfc_verifies) {
  const auto key = PublicKey::from_jwk(
                       R"({"kty":"EC","crv":"P-256",
      "x":"f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
      "y":"x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0"})")
                       .value();
  constexpr std::string_view text =
      "eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFt"
      "cGxlLmNvbS9pc19yb290Ijp0cnVlfQ";
  const auto signature = array_from_base64url<64>(
      "DtEhU3ljbEg8L38VWAfUAqOyKAM6-Xx-F4GawxaepmXFCgfTjDxw5djxLa8ISlSApmWQxfKTUJqPP3-Kg6NU1Q");
  ASSERT_TRUE(signature);
  EXPECT_TRUE(key.verifies(text, *signature));
}

TEST(Jws, a_jwk_is_refused_that_is_no_p256_key) {
  const auto good = PrivateKey::generate()->public_key().jwk();
  auto off_curve = good;
  const auto y = off_curve.find("\"y\":\"") + 5;
  off_curve[y] = off_curve[y] == 'A' ? 'B' : 'A';
  const std::string cases[] = {
      off_curve,
      R"({"kty":"OKP","crv":"Ed25519","x":"11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo"})",
      R"({"kty":"EC","crv":"P-256","x":"AA","y":"AA"})",
      R"({"kty":"EC","crv":"P-256","x":")" + std::string(43, 'A') + R"(","y":")" +
          std::string(43, 'A') + "\"}",
      "[]",
      "",
      "{}"};
  for (const auto& text : cases) {
    EXPECT_EQ(PublicKey::from_jwk(text).error().code, ErrorCode::document_malformed) << text;
  }
  EXPECT_TRUE(PublicKey::from_jwk(good));
}

TEST(PrivateKey, is_kept_as_pem_with_and_without_a_passphrase) {
  const auto key = PrivateKey::generate().value();
  const auto open = key.to_pem("").value();
  const auto sealed = key.to_pem("correct horse").value();
  EXPECT_TRUE(open.starts_with("-----BEGIN PRIVATE KEY-----"));
  EXPECT_TRUE(sealed.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  EXPECT_EQ(PrivateKey::from_pem(open, "")->public_key(), key.public_key());
  const auto again = PrivateKey::from_pem(sealed, "correct horse").value();
  EXPECT_EQ(again.public_key(), key.public_key());
  EXPECT_TRUE(key.public_key().verifies("text", again.signer()->sign("text").value()));
  for (const auto* wrong : {"", "correct horse ", "x"}) {
    EXPECT_EQ(PrivateKey::from_pem(sealed, wrong).error().code, ErrorCode::wrong_passphrase);
  }
}

TEST(PrivateKey, other_pem_is_refused) {
  const auto pem = PrivateKey::generate()->to_pem("").value();
  // An Ed25519 key in PKCS#8 (RFC 8410, section 10.3).
  constexpr std::string_view edwards =
      "-----BEGIN PRIVATE KEY-----\n"
      "MC4CAQAwBQYDK2VwBCIEINTuctv5E1hK1bbY8fdp+K06/nwoy/HU++CXqI9EdVhC\n"
      "-----END PRIVATE KEY-----\n";
  for (const auto text : {std::string_view(""), std::string_view("key"),
                          std::string_view(pem).substr(0, pem.size() / 2), edwards}) {
    EXPECT_EQ(PrivateKey::from_pem(text, "").error().code, ErrorCode::document_malformed);
  }
}

}  // namespace
}  // namespace muster::wire
