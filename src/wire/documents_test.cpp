#include "wire/documents.h"

#include <gtest/gtest.h>
#include <rapidcheck.h>

#include <functional>

#include "base/digest.h"
#include "wire/sample.h"

namespace muster::wire {
namespace {

using sample::kToday;
using sample::World;

std::string code_of(const Error& error) { return std::string(entry(error.code).name); }

// The payload of a document, changed by `change` and signed again.
std::string rewritten(std::string_view text, std::string_view typ, Signer& signer,
                      const std::function<void(std::string&)>& change) {
  auto jws = parse_jws(text, typ).value();
  change(jws.payload);
  return sign_jws(signer, jws.header, jws.payload).value();
}

// Takes a member with a simple value out of JSON text, whatever it holds.
std::string without(std::string json, std::string_view name) {
  const auto start = json.find("\"" + std::string(name) + "\":");
  EXPECT_NE(start, json.npos) << name;
  int depth = 0;
  auto end = start;
  for (; end < json.size(); ++end) {
    if (json[end] == '{' || json[end] == '[') ++depth;
    if ((json[end] == '}' || json[end] == ']') && depth-- == 0) break;
    if (json[end] == ',' && depth == 0) break;
  }
  json.erase(start, end - start + (json[end] == ',' ? 1 : 0));
  if (json[start] == '}' && json[start - 1] == ',') json.erase(start - 1, 1);
  return json;
}

TEST(ProductFile, is_read_as_it_was_signed) {
  const World world;
  const auto text = sign_product_file(world.product(), *world.root.signer()).value();
  const auto product = read_product_file(text + "\n").value();
  EXPECT_EQ(product.vendor, "Acme");
  EXPECT_EQ(product.vendor_id, world.root.public_key().thumbprint());
  EXPECT_EQ(product.product, "acme-cad");
  EXPECT_EQ(product.name, "Acme CAD");
  EXPECT_EQ(product.group, "desktop");
  ASSERT_EQ(product.vendor_keys.size(), 1);
  EXPECT_EQ(product.vendor_keys[0], world.root.public_key());
  EXPECT_EQ(product.initial_grace, minutes(43'200));
  EXPECT_EQ(product.additional_grace, minutes(43'200));
  EXPECT_EQ(product.retry_interval, minutes(120));
  EXPECT_EQ(product.rearm_limit, 3);
  EXPECT_EQ(product.issued, kToday);
}

TEST(ProductFile, must_list_the_key_that_signed_it_and_the_first_root) {
  const World world;
  const auto other = PrivateKey::generate().value();
  auto product = world.product();
  EXPECT_EQ(read_product_file(*sign_product_file(product, *other.signer())).error().code,
            ErrorCode::unknown_vendor);
  product.vendor_keys = {world.root.public_key(), other.public_key()};
  EXPECT_TRUE(read_product_file(*sign_product_file(product, *other.signer())));
  product.vendor_keys = {other.public_key()};
  EXPECT_EQ(read_product_file(*sign_product_file(product, *other.signer())).error().code,
            ErrorCode::unknown_vendor);
}

TEST(ProductFile, every_claim_is_needed) {
  const World world;
  const auto signer = world.root.signer();
  const auto text = sign_product_file(world.product(), *signer).value();
  for (const auto* name :
       {"iss", "vendor", "sub", "name", "group", "vendor_keys", "initial_grace_min",
        "additional_grace_min", "retry_interval_min", "rearm_limit", "iat"}) {
    const auto cut = rewritten(text, kTypProduct, *signer,
                               [&](std::string& json) { json = without(json, name); });
    EXPECT_EQ(code_of(read_product_file(cut).error()), "missing_claim") << name;
  }
}

TEST(HostKey, is_read_as_it_was_signed) {
  const World world;
  auto key = world.host_key();
  key.policy.threshold = 10;
  key.policy.count_by = CountBy::machine;
  key.policy.licensed = 500;
  key.policy.over = Over::refuse;
  key.policy.entitlements = R"({"seats":[1,2.50],"plan":"gold"})";
  const auto text = world.sign(key);
  for (const auto& roots : {std::vector<PublicKey>{}, {world.root.public_key()}}) {
    const auto read = read_host_key(text, roots).value();
    EXPECT_EQ(read.vendor, key.vendor);
    EXPECT_EQ(read.vendor_id, key.vendor_id);
    EXPECT_EQ(read.id, key.id);
    EXPECT_EQ(read.host, key.host);
    EXPECT_EQ(read.customer, key.customer);
    EXPECT_EQ(read.product, key.product);
    EXPECT_EQ(read.name, key.name);
    EXPECT_EQ(read.group, key.group);
    EXPECT_EQ(read.policy, key.policy);
    EXPECT_EQ(read.issued, key.issued);
    EXPECT_EQ(read.expires, key.expires);
    EXPECT_EQ(read.text, text);
  }
}

TEST(HostKey, is_held_against_the_roots_that_are_given) {
  const World world;
  const World other;
  EXPECT_EQ(read_host_key(world.sign(world.host_key()), {other.root.public_key()}).error().code,
            ErrorCode::unknown_vendor);
  const auto forged = rewritten(world.sign(world.host_key()), kTypHostKey, *other.root.signer(),
                                [](std::string&) {});
  EXPECT_EQ(read_host_key(forged, {world.root.public_key()}).error().code,
            ErrorCode::bad_signature);
}

TEST(HostKey, every_claim_and_every_number_of_the_policy_is_needed) {
  const World world;
  const auto signer = world.root.signer();
  const auto text = world.sign(world.host_key());
  for (const auto* name : {"iss",
                           "vendor",
                           "sub",
                           "cnf",
                           "jwk",
                           "product",
                           "id",
                           "group",
                           "name",
                           "threshold",
                           "validity_min",
                           "renewal_interval_min",
                           "retry_interval_min",
                           "initial_grace_min",
                           "additional_grace_min",
                           "retention_min",
                           "clock_skew_min",
                           "rearm_limit",
                           "count_by",
                           "over",
                           "entitlements",
                           "customer",
                           "iat",
                           "exp"}) {
    const auto cut = rewritten(text, kTypHostKey, *signer,
                               [&](std::string& json) { json = without(json, name); });
    EXPECT_EQ(code_of(read_host_key(cut, {}).error()), "missing_claim") << name;
  }
}

TEST(HostKey, claims_of_another_kind_are_refused) {
  const World world;
  const auto signer = world.root.signer();
  const auto text = world.sign(world.host_key());
  const struct {
    std::string_view from, to, code;
  } cases[] = {
      {R"("threshold":25)", R"("threshold":"25")", "missing_claim"},
      {R"("threshold":25)", R"("threshold":25.0)", "missing_claim"},
      {R"("threshold":25)", R"("threshold":0)", "policy_invalid"},
      {R"("threshold":25)", R"("threshold":5001)", "policy_invalid"},
      {R"("retention_min":43200)", R"("retention_min":20159)", "policy_invalid"},
      {R"("count_by":"cmid")", R"("count_by":"mood")", "missing_claim"},
      {R"("over":"report")", R"("over":1)", "missing_claim"},
      {R"("entitlements":{})", R"("entitlements":[])", "missing_claim"},
      {R"("group":"desktop")", R"("group":"Desk top")", "missing_claim"},
      {R"("iat":1767600000)", R"("iat":1767600000.5)", "missing_claim"},
      {R"("exp":1830672000)", R"("exp":1767600000)", "missing_claim"},
      {R"("crv":"P-256")", R"("crv":"P-384")", "document_malformed"},
      {R"("customer":"Corp")", R"("customer":"Corp","customer":"Other")", "document_malformed"},
  };
  for (const auto& c : cases) {
    const auto changed = rewritten(text, kTypHostKey, *signer, [&](std::string& json) {
      const auto at = json.find(c.from);
      ASSERT_NE(at, json.npos) << c.from;
      json.replace(at, c.from.size(), c.to);
    });
    EXPECT_EQ(code_of(read_host_key(changed, {}).error()), c.code) << c.to;
  }
}

TEST(HostKey, a_file_holds_several) {
  const World world;
  auto second = world.host_key();
  second.product = "acme-render";
  const auto file = "\n" + world.sign(world.host_key()) + "\r\n\n" + world.sign(second);
  const auto keys = read_host_key_file(file).value();
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[1].product, "acme-render");
  EXPECT_EQ(read_host_key_file("\n").error().code, ErrorCode::document_malformed);
  const auto bad = read_host_key_file(world.sign(second) + "\nx\n");
  EXPECT_EQ(bad.error().code, ErrorCode::document_malformed);
  EXPECT_TRUE(bad.error().detail.starts_with("line 2: ")) << bad.error().detail;
}

TEST(HostKey, a_policy_outside_its_bounds_is_not_signed) {
  const World world;
  auto key = world.host_key();
  key.policy.threshold = 0;
  EXPECT_EQ(sign_host_key(key, *world.root.signer()).error().code, ErrorCode::policy_invalid);
}

TEST(HostRequest, shows_that_the_host_holds_its_key) {
  const World world;
  const HostRequest request{world.host.public_key(), "host.corp.example", kToday};
  const auto read = read_host_request(*sign_host_request(request, *world.host.signer())).value();
  EXPECT_EQ(read.host, request.host);
  EXPECT_EQ(read.host_name, request.host_name);
  EXPECT_EQ(read.issued, kToday);
  EXPECT_EQ(read_host_request(*sign_host_request(request, *world.root.signer())).error().code,
            ErrorCode::bad_signature);
  EXPECT_EQ(read_host_request(world.sign(world.host_key())).error().code, ErrorCode::wrong_type);
}

TEST(Activation, is_read_as_it_was_signed) {
  const World world;
  auto key = world.host_key();
  key.policy.entitlements = R"({"plan":"gold","n":1.50})";
  auto activation = world.activation();
  activation.entitlements = key.policy.entitlements;
  const auto verified = verify_activation(world.sign(activation, key), world.product()).value();
  const auto& read = verified.activation;
  EXPECT_EQ(read.host_key_id, activation.host_key_id);
  EXPECT_EQ(read.cmid, activation.cmid);
  EXPECT_EQ(read.product, activation.product);
  EXPECT_EQ(read.issued, activation.issued);
  EXPECT_EQ(read.not_before, activation.issued - std::chrono::hours(4));
  EXPECT_EQ(read.expires, activation.issued + std::chrono::days(180));
  EXPECT_EQ(read.id, activation.id);
  EXPECT_EQ(read.nonce, activation.nonce);
  EXPECT_EQ(read.facts, activation.facts);
  EXPECT_EQ(read.count, 25);
  EXPECT_EQ(read.threshold, 25);
  EXPECT_EQ(read.renewal_interval, minutes(10'080));
  EXPECT_EQ(read.retry_interval, minutes(120));
  EXPECT_EQ(read.additional_grace, minutes(43'200));
  EXPECT_EQ(read.rearm_limit, 3);
  EXPECT_EQ(read.entitlements, activation.entitlements);
  EXPECT_EQ(read.log.epoch, 1);
  EXPECT_EQ(read.log.seq, 42);
  EXPECT_EQ(read.log.hash, activation.log.hash);
  EXPECT_EQ(verified.host_key.customer, "Corp");
}

struct Case {
  std::string_view what;
  std::function<void(Activation&, HostKey&)> change;
  std::string_view code;
};

TEST(Activation, the_chain_to_the_vendor_is_judged) {
  const World world;
  const Case cases[] = {
      {"as it should be", [](auto&, auto&) {}, "accepted"},
      {"host key for another product", [](auto&, auto& key) { key.product = "acme-render"; },
       "wrong_product"},
      {"activation for another product", [](auto& a, auto&) { a.product = "acme-render"; },
       "wrong_product"},
      {"both for another product",
       [](auto& a, auto& key) { a.product = key.product = "acme-render"; }, "wrong_product"},
      {"names another host key", [](auto& a, auto&) { a.host_key_id = "x"; }, "wrong_host_key"},
      {"host key of another vendor id",
       [](auto&, auto& key) { key.vendor_id = sample::World().root.public_key().thumbprint(); },
       "unknown_vendor"},
      {"in the host key's last second",
       [](auto& a, auto& key) {
         a.issued = key.expires - seconds(1);
         take_terms(a, key.policy);
       },
       "accepted"},
      {"when the host key has ended",
       [](auto& a, auto& key) {
         a.issued = key.expires;
         take_terms(a, key.policy);
       },
       "host_key_expired"},
      {"a clock skew before the host key began",
       [](auto& a, auto& key) {
         a.issued = key.issued - key.policy.clock_skew;
         take_terms(a, key.policy);
       },
       "accepted"},
      {"earlier than that",
       [](auto& a, auto& key) {
         a.issued = key.issued - key.policy.clock_skew - seconds(1);
         take_terms(a, key.policy);
       },
       "host_key_expired"},
  };
  std::optional<HostKey> known;
  for (const auto& c : cases) {
    auto activation = world.activation();
    auto key = world.host_key();
    c.change(activation, key);
    const auto text = world.sign(activation, key);
    const auto result = verify_activation(text, world.product());
    EXPECT_EQ(result ? "accepted" : code_of(result.error()), c.code) << c.what;
    // Whatever was proved before: the first time, and again.
    for (int time = 0; time < 2; ++time) {
      const auto again = verify_activation(text, world.product(), known);
      EXPECT_EQ(again ? "accepted" : code_of(again.error()), c.code) << c.what;
    }
  }
}

TEST(Activation, goes_no_further_than_its_host_keys_policy) {
  const World world;
  const Case cases[] = {
      {"a shorter life", [](auto& a, auto&) { a.expires -= seconds(1); }, "accepted"},
      {"a longer life", [](auto& a, auto&) { a.expires += seconds(1); }, "wrong_policy"},
      {"no life", [](auto& a, auto&) { a.expires = a.issued; }, "wrong_policy"},
      {"too early", [](auto& a, auto&) { a.not_before -= seconds(1); }, "wrong_policy"},
      {"too late", [](auto& a, auto&) { a.not_before = a.issued + seconds(1); }, "wrong_policy"},
      {"below the threshold", [](auto& a, auto&) { a.count = 24; }, "wrong_policy"},
      {"another threshold", [](auto& a, auto&) { a.threshold = 24; }, "wrong_policy"},
      {"a longer grace", [](auto& a, auto&) { a.additional_grace += minutes(1); }, "wrong_policy"},
      {"another renewal", [](auto& a, auto&) { a.renewal_interval += minutes(1); }, "wrong_policy"},
      {"another retry", [](auto& a, auto&) { a.retry_interval += minutes(1); }, "wrong_policy"},
      {"more rearms", [](auto& a, auto&) { a.rearm_limit = 4; }, "wrong_policy"},
      {"more rights", [](auto& a, auto&) { a.entitlements = R"({"all":true})"; }, "wrong_policy"},
  };
  std::optional<HostKey> known;
  for (const auto& c : cases) {
    auto activation = world.activation();
    auto key = world.host_key();
    c.change(activation, key);
    const auto text = world.sign(activation, key);
    const auto result = verify_activation(text, world.product());
    EXPECT_EQ(result ? "accepted" : code_of(result.error()), c.code) << c.what;
    // Whatever was proved before: the first time, and again.
    for (int time = 0; time < 2; ++time) {
      const auto again = verify_activation(text, world.product(), known);
      EXPECT_EQ(again ? "accepted" : code_of(again.error()), c.code) << c.what;
    }
  }
}

TEST(Activation, of_another_vendor_with_the_same_product_id_is_refused) {
  const World world;
  const World impostor;
  EXPECT_EQ(
      verify_activation(impostor.sign(impostor.activation(), impostor.host_key()), world.product())
          .error()
          .code,
      ErrorCode::unknown_vendor);
}

TEST(Activation, signed_by_another_host_is_refused) {
  World world;
  const auto header = activation_header(world.sign(world.host_key()));
  world.host = PrivateKey::generate().value();
  const auto text = sign_activation(world.activation(), header, *world.host.signer()).value();
  EXPECT_EQ(verify_activation(text, world.product()).error().code, ErrorCode::bad_signature);
}

TEST(Activation, a_host_key_is_known_by_its_very_bytes) {
  const World world;
  const auto product = world.product();
  std::optional<HostKey> known;
  ASSERT_TRUE(verify_activation(world.sign(world.activation(), world.host_key()), product, known));
  ASSERT_TRUE(known);
  const auto first = known->text;

  // One that says the same, and was never signed by the vendor.
  auto forged = first;
  forged.back() = forged.back() == 'A' ? 'Q' : 'A';
  const auto header = activation_header(forged);
  const auto text = sign_activation(world.activation(), header, *world.host.signer()).value();
  EXPECT_EQ(verify_activation(text, product, known).error().code, ErrorCode::bad_signature);
  EXPECT_EQ(known->text, first);

  // The known one, and an activation that its host never signed.
  const World impostor;
  const auto stolen =
      sign_activation(world.activation(), activation_header(first), *impostor.host.signer());
  EXPECT_EQ(verify_activation(*stolen, product, known).error().code, ErrorCode::bad_signature);

  // The vendor's next one takes its place.
  auto next = world.host_key();
  next.issued += minutes(1);
  auto activation = world.activation();
  activation.issued = next.issued;
  take_terms(activation, next.policy);
  ASSERT_TRUE(verify_activation(world.sign(activation, next), product, known));
  EXPECT_EQ(known->issued, next.issued);
}

TEST(Activation, a_vendor_may_change_its_root) {
  World world;
  const auto first = world.root;
  auto product = world.product();
  world.root = PrivateKey::generate().value();
  product.vendor_keys = {first.public_key(), world.root.public_key()};
  auto key = world.host_key();
  key.vendor_id = first.public_key().thumbprint();
  EXPECT_TRUE(verify_activation(world.sign(world.activation(), key), product));
}

TEST(Activation, every_claim_is_needed) {
  const World world;
  const auto signer = world.host.signer();
  const auto text = world.sign(world.activation(), world.host_key());
  for (const auto* name : {"iss",
                           "sub",
                           "aud",
                           "iat",
                           "nbf",
                           "exp",
                           "jti",
                           "nonce",
                           "facts",
                           "count",
                           "threshold",
                           "renewal_interval_min",
                           "retry_interval_min",
                           "additional_grace_min",
                           "rearm_limit",
                           "entitlements",
                           "log",
                           "epoch",
                           "seq",
                           "hash"}) {
    const auto cut = rewritten(text, kTypActivation, *signer,
                               [&](std::string& json) { json = without(json, name); });
    EXPECT_EQ(code_of(verify_activation(cut, world.product()).error()), "missing_claim") << name;
  }
  const auto bare = sign_jws(*signer, R"({"alg":"ES256","typ":"muster-activation+jwt"})",
                             parse_jws(text, kTypActivation)->payload);
  EXPECT_EQ(code_of(verify_activation(*bare, world.product()).error()), "missing_claim");
}

// No single changed character of a document leaves it accepted.
TEST(Activation, any_changed_character_is_found) {
  const World world;
  const auto text = world.sign(world.activation(), world.host_key());
  const auto product = world.product();
  EXPECT_TRUE(rc::check([&] {
    auto changed = text;
    const auto at = *rc::gen::inRange<std::size_t>(0, text.size());
    changed[at] = *rc::gen::element('A', 'Q', 'g', 'w', '0', '.', '=', '_');
    RC_PRE(changed != text);
    RC_ASSERT(!verify_activation(changed, product));
    std::optional<HostKey> known;
    RC_ASSERT(verify_activation(text, product, known).has_value());
    RC_ASSERT(!verify_activation(changed, product, known));
  }));
}

TEST(Activation, has_its_time) {
  const auto activation = World().activation();
  const struct {
    Instant now;
    std::string_view code;
  } cases[] = {{activation.not_before - seconds(1), "not_yet_valid"},
               {activation.not_before, "accepted"},
               {activation.expires - seconds(1), "accepted"},
               {activation.expires, "activation_expired"}};
  for (const auto& c : cases) {
    const auto result = check_times(activation, c.now);
    EXPECT_EQ(result ? "accepted" : code_of(result.error()), c.code) << format_time(c.now);
  }
}

TEST(Checkpoint, is_read_as_it_was_signed_and_only_of_its_host) {
  const World world;
  const Checkpoint checkpoint{.host = world.host.public_key().thumbprint(),
                              .epoch = 2,
                              .seq = 2000,
                              .hash = sample::filled<32>(3),
                              .previous_seq = 1000,
                              .previous = sample::filled<32>(4),
                              .issued = kToday};
  const auto text = sign_checkpoint(checkpoint, *world.host.signer()).value();
  const auto read = verify_checkpoint(text, world.host.public_key()).value();
  EXPECT_EQ(read.host, checkpoint.host);
  EXPECT_EQ(read.epoch, 2);
  EXPECT_EQ(read.seq, 2000);
  EXPECT_EQ(read.hash, checkpoint.hash);
  EXPECT_EQ(read.previous_seq, 1000);
  EXPECT_EQ(read.previous, checkpoint.previous);
  EXPECT_EQ(read.issued, kToday);
  EXPECT_EQ(verify_checkpoint(text, world.root.public_key()).error().code,
            ErrorCode::bad_signature);
  for (const auto* name : {"iss", "epoch", "seq", "hash", "previous_seq", "previous", "iat"}) {
    const auto cut = rewritten(text, kTypCheckpoint, *world.host.signer(),
                               [&](std::string& json) { json = without(json, name); });
    EXPECT_EQ(code_of(verify_checkpoint(cut, world.host.public_key()).error()), "missing_claim")
        << name;
  }
}

}  // namespace
}  // namespace muster::wire
