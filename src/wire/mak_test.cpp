#include "wire/mak.h"

#include <gtest/gtest.h>

#include <functional>

#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::filled;
using sample::kToday;
using sample::World;
using Change = std::function<void(MakActivation&, HostKey&, Mak&)>;

ErrorCode code_of(const auto& result) { return result ? ErrorCode::internal : result.error().code; }

// A document whose payload says something else, signed again by whoever signs such documents.
std::string rewritten(std::string_view text, std::string_view typ, Signer& signer,
                      std::string_view from, std::string_view to) {
  auto jws = parse_jws(text, typ).value();
  const auto at = jws.payload.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  jws.payload.replace(at, from.size(), to);
  return sign_jws(signer, jws.header, jws.payload).value();
}

TEST(Mak, is_read_as_it_was_signed) {
  const World world;
  auto mak = world.mak();
  mak.policy = {.limit = 40,
                .reactivation = Reactivation::counts,
                .match = Match::any,
                .release = Release::never,
                .expires = kToday + std::chrono::days(365)};
  const auto text = world.sign(mak);
  const auto read = read_mak(text + "\n", {world.root.public_key()}).value();
  EXPECT_EQ(read.vendor, "Acme");
  EXPECT_EQ(read.name(), (MakId{world.root.public_key().thumbprint(), "kkkkkkkkkkkkkkkkkkkkkk"}));
  EXPECT_EQ(read.product, "acme-cad");
  EXPECT_EQ(read.customer, "Corp");
  EXPECT_EQ(read.ledger, filled<16>(0x1d));
  EXPECT_EQ(read.key_hash, mak.key_hash);
  EXPECT_EQ(read.key_end, world.mak_key().end());
  EXPECT_EQ(read.policy, mak.policy);
  EXPECT_EQ(read.hint, "call +49 30 1234");
  EXPECT_EQ(read.issued, kToday);
  EXPECT_EQ(read.root, world.root.public_key());
  EXPECT_EQ(read.text, text);
  mak.policy.expires.reset();
  mak.hint.clear();
  const auto least = read_mak(world.sign(mak), {}).value();
  EXPECT_EQ(least.policy.expires, std::nullopt);
  EXPECT_EQ(least.hint, "");
}

TEST(Mak, never_holds_the_key) {
  const World world;
  const auto payload = parse_jws(world.sign(world.mak()), kTypMak)->payload;
  const auto key = world.mak_key().text();
  EXPECT_EQ(payload.find(key), payload.npos);
  EXPECT_EQ(payload.find(key.substr(0, 5)), payload.npos);
  const auto secret = world.mak_key().secret(world.mak().vendor_id);
  EXPECT_EQ(payload.find(base64url(secret)), payload.npos);
}

TEST(Mak, a_host_can_prove_it_with_nothing_else) {
  const World world;
  const auto stranger = PrivateKey::generate().value();
  const auto text = world.sign(world.mak());
  const auto jws = parse_jws(text, kTypMak).value();
  EXPECT_EQ(code_of(read_mak(sign_jws(*stranger.signer(), jws.header, jws.payload).value(), {})),
            ErrorCode::bad_signature);
  // Signed well, but by a key that is not the one that kid names.
  auto header = jws.header;
  const auto& jwk = world.root.public_key().jwk();
  header.replace(header.find(jwk), jwk.size(), stranger.public_key().jwk());
  EXPECT_EQ(code_of(read_mak(sign_jws(*stranger.signer(), header, jws.payload).value(), {})),
            ErrorCode::missing_claim);
  EXPECT_EQ(code_of(read_mak(text, {stranger.public_key()})), ErrorCode::unknown_vendor);
}

TEST(Mak, every_claim_is_held_to_what_the_paper_says) {
  const World world;
  const auto signer = world.root.signer();
  const auto text = world.sign(world.mak());
  struct Row {
    const char* from;
    const char* to;
    ErrorCode code;
  };
  const Row table[] = {
      {R"("limit":100)", R"("limit":0)", ErrorCode::policy_invalid},
      {R"("limit":100)", R"("limit":1000001)", ErrorCode::policy_invalid},
      {R"("limit":100)", R"("limit":-1)", ErrorCode::missing_claim},
      {R"("limit":100)", R"("x":100)", ErrorCode::missing_claim},
      {R"("reactivation":"free")", R"("reactivation":"some")", ErrorCode::missing_claim},
      {R"("match":"most")", R"("match":"few")", ErrorCode::missing_claim},
      {R"("release":"allowed")", R"("release":"")", ErrorCode::missing_claim},
      {R"("ledger":"1d1d)", R"("ledger":"1x1d)", ErrorCode::missing_claim},
      {R"("ledger":"1d1d)", R"("ledger":"1d1d1d)", ErrorCode::missing_claim},
      {R"("hash":")", R"("hash":"AA)", ErrorCode::missing_claim},
      {R"("end":")", R"("end":"2)", ErrorCode::missing_claim},
      {R"("key":{)", R"("x":{)", ErrorCode::missing_claim},
      {R"("product":"acme-cad")", R"("product":"Acme")", ErrorCode::missing_claim},
      {R"("customer":"Corp")", R"("customer":"")", ErrorCode::missing_claim},
      {R"("iat":)", R"("exp":1,"iat":)", ErrorCode::missing_claim},
  };
  for (const auto& [from, to, code] : table) {
    EXPECT_EQ(code_of(read_mak(rewritten(text, kTypMak, *signer, from, to), {})), code) << to;
  }
  auto none = world.mak();
  none.policy.limit = 0;
  EXPECT_EQ(code_of(sign_mak(none, *signer)), ErrorCode::policy_invalid);
}

TEST(Mak, a_ledgers_id_is_32_hex_digits) {
  EXPECT_EQ(parse_ledger_id("1D1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"), filled<16>(0x1d));
  for (const auto* bad :
       {"", "1d", "1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1g", "1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d1d"}) {
    EXPECT_EQ(code_of(parse_ledger_id(bad)), ErrorCode::usage) << bad;
  }
}

TEST(MakActivation, is_read_as_it_was_signed) {
  const World world;
  auto activation = world.mak_activation();
  activation.turn = 3;
  const auto text = world.sign(activation, world.host_key(), world.mak());
  const auto read = verify_mak_activation(text, world.product()).value();
  EXPECT_EQ(read.activation.mak, "kkkkkkkkkkkkkkkkkkkkkk");
  EXPECT_EQ(read.activation.cmid, activation.cmid);
  EXPECT_EQ(read.activation.issued, activation.issued);
  EXPECT_EQ(read.activation.not_before, activation.issued - Policy{}.clock_skew);
  EXPECT_EQ(read.activation.id, "1-43");
  EXPECT_EQ(read.activation.nonce, activation.nonce);
  EXPECT_EQ(read.activation.facts, activation.facts);
  EXPECT_EQ(read.activation.place, 7U);
  EXPECT_EQ(read.activation.turn, 3U);
  EXPECT_EQ(read.activation.sold, activation.sold);
  EXPECT_EQ(read.activation.entitlements, "{}");
  EXPECT_EQ(read.activation.log.seq, 43U);
  EXPECT_EQ(read.host_key.id, "hhhhhhhhhhhhhhhhhhhhhh");
  EXPECT_EQ(read.mak.policy.limit, 100U);
  EXPECT_EQ(parse_jws(text, kTypMakActivation)->payload.find("\"exp\""), std::string::npos)
      << "it has no end";
}

TEST(MakActivation, goes_no_further_than_its_documents) {
  const World world;
  const World stranger;
  struct Row {
    const char* what;
    ErrorCode code;  // internal: accepted
    Change change;
  };
  const auto good = ErrorCode::internal;
  const std::vector<Row> table{
      {"as it should be", good, [](auto&, auto&, auto&) {}},
      {"the last place", good, [](auto& a, auto&, auto&) { a.place = 100; }},
      {"one place more", ErrorCode::wrong_policy, [](auto& a, auto&, auto&) { a.place = 101; }},
      {"no place", ErrorCode::wrong_policy, [](auto& a, auto&, auto&) { a.place = 0; }},
      {"turn 0", ErrorCode::missing_claim, [](auto& a, auto&, auto&) { a.turn = 0; }},
      {"bound to nothing", ErrorCode::missing_claim, [](auto& a, auto&, auto&) { a.facts = {}; }},
      {"of another key", ErrorCode::wrong_policy, [](auto& a, auto&, auto&) { a.mak = "other"; }},
      {"under another host key", ErrorCode::wrong_host_key,
       [](auto& a, auto&, auto&) { a.host_key_id = "other"; }},
      {"for another product", ErrorCode::wrong_product,
       [](auto& a, auto&, auto&) { a.product = "acme-render"; }},
      {"a key for another product", ErrorCode::wrong_product,
       [](auto&, auto&, auto& m) { m.product = "acme-render"; }},
      {"a host key for another product", ErrorCode::wrong_product,
       [](auto&, auto& k, auto&) { k.product = "acme-render"; }},
      {"a key of another vendor", ErrorCode::unknown_vendor,
       [&](auto&, auto&, auto& m) { m.vendor_id = stranger.root.public_key().thumbprint(); }},
      {"sold after it was made", ErrorCode::wrong_policy,
       [](auto& a, auto&, auto&) { a.sold = a.issued + seconds(1); }},
      {"sold before the key's document was issued anew", good,
       [](auto& a, auto&, auto& m) { a.sold = m.issued - Policy{}.clock_skew - seconds(1); }},
      {"sold in the key's last second", good,
       [](auto& a, auto&, auto& m) { m.policy.expires = a.sold + seconds(1); }},
      {"sold when the key had expired", ErrorCode::wrong_policy,
       [](auto& a, auto&, auto& m) { m.policy.expires = a.sold; }},
      {"more rights than granted", ErrorCode::wrong_policy,
       [](auto& a, auto&, auto&) { a.entitlements = R"({"all":true})"; }},
      {"from earlier on than allowed", ErrorCode::wrong_policy,
       [](auto& a, auto&, auto&) { a.not_before -= seconds(1); }},
      {"made when the host key had ended", ErrorCode::host_key_expired,
       [](auto& a, auto& k, auto&) {
         a.issued = k.expires;
         take_terms(a, k.policy);
       }},
  };
  for (const auto& row : table) {
    auto activation = world.mak_activation();
    auto key = world.host_key();
    auto mak = world.mak();
    row.change(activation, key, mak);
    const auto text = world.sign(activation, key, mak);
    EXPECT_EQ(code_of(verify_mak_activation(text, world.product())), row.code) << row.what;
  }
}

TEST(MakActivation, whoever_signs_it_is_proved) {
  const World world;
  const World stranger;
  const auto header = mak_activation_header(world.sign(world.host_key()), world.sign(world.mak()));
  EXPECT_EQ(
      code_of(verify_mak_activation(
          sign_mak_activation(world.mak_activation(), header, *stranger.host.signer()).value(),
          world.product())),
      ErrorCode::bad_signature);
  // A host's owner who makes a key of his own.
  auto mak = world.mak();
  mak.policy.limit = 1'000'000;
  const auto forged = mak_activation_header(world.sign(world.host_key()), stranger.sign(mak));
  EXPECT_EQ(code_of(verify_mak_activation(
                sign_mak_activation(world.mak_activation(), forged, *world.host.signer()).value(),
                world.product())),
            ErrorCode::unknown_vendor);
  // An ordinary activation is none of a key, and the other way round.
  const auto counted = world.sign(world.activation(), world.host_key());
  EXPECT_EQ(code_of(verify_mak_activation(counted, world.product())), ErrorCode::wrong_type);
  const auto by_mak = world.sign(world.mak_activation(), world.host_key(), world.mak());
  EXPECT_EQ(code_of(verify_activation(by_mak, world.product())), ErrorCode::wrong_type);
}

}  // namespace
}  // namespace muster::wire
