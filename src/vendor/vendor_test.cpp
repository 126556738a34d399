#include "vendor/vendor.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <algorithm>
#include <csignal>
#include <cstdlib>

#include "base/file.h"
#include "base/ids.h"
#include "base/testing/temporary_directory.h"
#include "wire/json.h"

namespace muster::vendor {
namespace {

namespace fs = std::filesystem;
constexpr Instant kToday{seconds{1'767'600'000}};

unsigned mode_of(const fs::path& path) {
  struct stat status{};
  EXPECT_EQ(::stat(path.c_str(), &status), 0) << path;
  return status.st_mode & 07777;
}

template <class T>
std::string code_of(const Expected<T>& result) {
  return result ? "done" : std::string(entry(result.error().code).name);
}

Product product(std::string id, std::string group = "desktop") {
  Product out;
  out.id = std::move(id);
  out.group = std::move(group);
  return out;
}

class VendorTest : public ::testing::Test {
 protected:
  [[nodiscard]] HostOrder order(std::vector<std::string> products) const {
    HostOrder out;
    out.request =
        wire::sign_host_request({host_.public_key(), "host.corp", kToday}, *host_.signer()).value();
    out.customer = "Corp";
    out.products = std::move(products);
    return out;
  }
  [[nodiscard]] std::vector<std::string> register_lines() const {
    std::vector<std::string> out;
    if (!fs::exists(dir_ / "vendor" / "signed.jsonl")) return out;
    auto text = read_file(dir_ / "vendor" / "signed.jsonl").value();
    for (std::size_t end; (end = text.find('\n')) != text.npos; text.erase(0, end + 1)) {
      out.push_back(text.substr(0, end));
    }
    EXPECT_EQ(text, "");
    return out;
  }

  TemporaryDirectory dir_;
  Vendor vendor_ = Vendor::init(dir_ / "vendor", "Acme", "").value();
  wire::PrivateKey host_ = wire::PrivateKey::generate().value();
  SeededRandom random_{1};
};

TEST_F(VendorTest, init_makes_a_directory_for_its_owner_alone) {
  const auto dir = dir_ / "other";
  const auto vendor = Vendor::init(dir, "Other & Söhne", "a passphrase").value();
  EXPECT_EQ(mode_of(dir), 0700);
  EXPECT_EQ(mode_of(dir / "products"), 0700);
  EXPECT_EQ(mode_of(dir / "root.key"), 0600);
  EXPECT_TRUE(read_file(dir / "root.key")->starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
  EXPECT_EQ(Vendor::needs_passphrase(dir), true);
  EXPECT_EQ(vendor.name(), "Other & Söhne");
  EXPECT_NE(vendor.backup_note().find("passphrase apart"), std::string::npos);
  EXPECT_EQ(vendor.backup_note().find("warning"), std::string::npos);
  EXPECT_EQ(Vendor::open(dir, "a passphrase")->vendor_id(), vendor.vendor_id());
  EXPECT_EQ(code_of(Vendor::open(dir, "another")), "wrong_passphrase");
  EXPECT_EQ(code_of(Vendor::open(dir, "")), "wrong_passphrase");
}

TEST_F(VendorTest, a_key_without_a_passphrase_is_warned_about) {
  EXPECT_EQ(Vendor::needs_passphrase(dir_ / "vendor"), false);
  EXPECT_NE(vendor_.backup_note().find("warning"), std::string::npos);
}

TEST_F(VendorTest, init_takes_an_empty_directory_and_no_other) {
  fs::create_directory(dir_ / "empty");
  EXPECT_EQ(code_of(Vendor::init(dir_ / "empty", "A", "")), "done");
  EXPECT_EQ(mode_of(dir_ / "empty"), 0700);
  EXPECT_EQ(code_of(Vendor::init(dir_ / "vendor", "A", "")), "file_exists");
  EXPECT_EQ(code_of(Vendor::init(dir_ / "no" / "such", "A", "")), "file_unwritable");
  for (const auto& name : {std::string(), std::string(256, 'a'), std::string("a\nb")}) {
    EXPECT_EQ(code_of(Vendor::init(dir_ / "new", name, "")), "usage");
  }
  EXPECT_FALSE(fs::exists(dir_ / "new"));
}

TEST_F(VendorTest, init_leaves_nothing_where_it_cannot_be_done) {
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ::getrlimit(RLIMIT_FSIZE, &before);
  auto small = before;
  small.rlim_cur = 64;  // takes the passphrase, and not the key
  ::setrlimit(RLIMIT_FSIZE, &small);
  const auto made =
      code_of(Vendor::init(dir_ / "new", "A", "a passphrase", Passphrase::in_the_directory));
  ::setrlimit(RLIMIT_FSIZE, &before);
  EXPECT_EQ(made, "file_unwritable");
  EXPECT_FALSE(fs::exists(dir_ / "new"));
}

TEST_F(VendorTest, init_keeps_a_passphrase_that_was_made_for_it) {
  const auto dir = dir_ / "new";
  ASSERT_TRUE(Vendor::init(dir, "A", "a passphrase", Passphrase::in_the_directory));
  EXPECT_EQ(read_file(dir / kPassphraseFile), "a passphrase\n");
  EXPECT_EQ(mode_of(dir / kPassphraseFile), 0600);
}

TEST_F(VendorTest, a_name_that_no_file_can_have_is_an_error) {
  const auto dir = dir_ / std::string(300, 'x');
  EXPECT_EQ(code_of(Vendor::open(dir, "")), "file_unreadable");
  EXPECT_EQ(code_of(Vendor::needs_passphrase(dir)), "file_unreadable");
  EXPECT_EQ(code_of(Vendor::init(dir, "A", "")), "file_unwritable");
}

TEST_F(VendorTest, open_says_what_is_wrong_with_a_directory) {
  EXPECT_EQ(code_of(Vendor::open(dir_ / "none", "")), "not_a_vendor_directory");
  ASSERT_TRUE(write_file(dir_ / "vendor" / "root.key",
                         wire::PrivateKey::generate()->to_pem("").value(), 0600));
  EXPECT_EQ(code_of(Vendor::open(dir_ / "vendor", "")), "document_malformed");
  for (const auto* text : {"", "[]", "{}", R"({"muster_vendor":2,"name":"a"})",
                           R"({"muster_vendor":1,"name":7,"vendor_id":null})"}) {
    ASSERT_TRUE(write_file(dir_ / "vendor" / "vendor.json", text));
    EXPECT_EQ(code_of(Vendor::open(dir_ / "vendor", "")), "document_malformed") << text;
  }
}

TEST_F(VendorTest, add_product_gives_its_product_file_and_keeps_it) {
  auto cad = product("acme-cad");
  cad.name = "Acme CAD";
  cad.policy.threshold = 5;
  cad.policy.licensed = 100;
  cad.policy.entitlements = R"({ "plan" : "gold" })";
  const auto file = wire::read_product_file(*vendor_.add_product(cad, kToday)).value();
  EXPECT_EQ(file.vendor_id, vendor_.vendor_id());
  EXPECT_EQ(file.product, "acme-cad");
  EXPECT_EQ(file.name, "Acme CAD");
  EXPECT_EQ(file.group, "desktop");
  EXPECT_EQ(file.issued, kToday);
  ASSERT_TRUE(vendor_.add_product(product("acme-bim"), kToday));
  const auto kept = Vendor::open(dir_ / "vendor", "")->products().value();
  ASSERT_EQ(kept.size(), 2);
  EXPECT_EQ(kept[0].id, "acme-bim");
  EXPECT_EQ(kept[0].name, "acme-bim");
  cad.policy.entitlements = R"({"plan":"gold"})";
  EXPECT_EQ(kept[1].policy, cad.policy);
}

TEST_F(VendorTest, add_product_signs_the_same_terms_again) {
  auto cad = product("acme-cad");
  cad.policy.entitlements = R"({ "seats": 2 })";
  ASSERT_TRUE(vendor_.add_product(cad, kToday));
  const auto kept = read_file(dir_ / "vendor" / "products" / "acme-cad.json");
  const auto again = wire::read_product_file(*vendor_.add_product(cad, kToday + minutes(1)));
  EXPECT_EQ(again->issued, kToday + minutes(1));
  EXPECT_EQ(read_file(dir_ / "vendor" / "products" / "acme-cad.json"), kept);
  cad.policy.rearm_limit = 4;
  EXPECT_EQ(code_of(vendor_.add_product(cad, kToday)), "conflict");
}

TEST_F(VendorTest, add_product_refuses_and_changes_nothing) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  const auto with = [](Product base, auto change) {
    change(base);
    return base;
  };
  const auto days = [](int n) { return minutes(n * 24 * 60); };
  const struct {
    std::string_view what;
    Product product;
    std::string_view code;
  } cases[] = {
      {"the id is taken on other terms",
       with(product("acme-cad"), [](auto& p) { p.policy.threshold = 26; }), "conflict"},
      {"an id with a slash", product("../x"), "usage"},
      {"no id", product(""), "usage"},
      {"a group in capitals", product("x", "Desktop"), "usage"},
      {"a threshold of 0", with(product("x"), [](auto& p) { p.policy.threshold = 0; }),
       "policy_invalid"},
      {"a retention below two renewals",
       with(product("x"), [&](auto& p) { p.policy.retention = days(13); }), "policy_invalid"},
      {"another retention in the group",
       with(product("x"), [&](auto& p) { p.policy.retention = days(31); }), "policy_conflict"},
      {"another count_by in the group",
       with(product("x"), [](auto& p) { p.policy.count_by = CountBy::machine; }),
       "policy_conflict"},
      {"entitlements no object", with(product("x"), [](auto& p) { p.policy.entitlements = "[]"; }),
       "usage"},
      {"a name with a control character", with(product("x"), [](auto& p) { p.name = "\x1b"; }),
       "usage"},
  };
  for (const auto& c : cases) {
    EXPECT_EQ(code_of(vendor_.add_product(c.product, kToday)), c.code) << c.what;
  }
  EXPECT_EQ(vendor_.products()->size(), 1);
  auto other_group = product("x", "server");
  other_group.policy.count_by = CountBy::machine;
  EXPECT_EQ(code_of(vendor_.add_product(other_group, kToday)), "done");
}

TEST_F(VendorTest, a_product_that_was_damaged_is_named) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  const auto path = dir_ / "vendor" / "products" / "acme-cad.json";
  for (const auto* text : {"{", R"({"muster_product":1,"product":7})",
                           R"({"muster_product":1,"product":{"id":["a"]}})"}) {
    ASSERT_TRUE(write_file(path, text));
    const auto signed_host = vendor_.sign_host(order({"acme-cad"}), kToday, random_);
    EXPECT_EQ(code_of(signed_host), "document_malformed");
    EXPECT_NE(signed_host.error().detail.find("acme-cad.json"), std::string::npos);
  }
}

TEST_F(VendorTest, sign_host_signs_a_key_for_each_product_and_registers_it) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  ASSERT_TRUE(vendor_.add_product(product("acme-srv", "server"), kToday));
  auto asked = order({"acme-srv", "acme-cad"});
  asked.settings = {{"acme-cad", "threshold", "10"}, {"acme-cad", "licensed", "200"}};
  asked.entitlements = R"({"plan": "gold"})";
  const auto done = vendor_.sign_host(asked, kToday, random_).value();
  const auto keys = wire::read_host_key_file(done.key_file).value();
  ASSERT_EQ(keys.size(), 2);
  EXPECT_EQ(keys[0].product, "acme-srv");
  EXPECT_EQ(keys[0].policy.threshold, 25);
  EXPECT_EQ(keys[1].product, "acme-cad");
  EXPECT_EQ(keys[1].group, "desktop");
  EXPECT_EQ(keys[1].policy.threshold, 10);
  EXPECT_EQ(keys[1].policy.licensed, 200);
  EXPECT_EQ(keys[1].policy.entitlements, R"({"plan":"gold"})");
  EXPECT_EQ(keys[1].host, host_.public_key());
  EXPECT_EQ(keys[1].customer, "Corp");
  EXPECT_EQ(keys[1].issued, kToday);
  EXPECT_EQ(keys[1].expires, kToday + std::chrono::days(730));
  EXPECT_EQ(keys[1].id.size(), 22);
  EXPECT_NE(keys[0].id, keys[1].id);
  EXPECT_EQ(done.request.host_name, "host.corp");

  const auto lines = register_lines();
  ASSERT_EQ(lines.size(), 2);
  wire::json::Tree tree;
  ASSERT_TRUE(tree.parse(lines[1], 4096));
  wire::json::Claims claims(tree, tree.root(), ErrorCode::internal);
  EXPECT_EQ(claims.text("customer", 100), "Corp");
  EXPECT_EQ(claims.text("id", 100), keys[1].id);
  EXPECT_EQ(claims.text("host", 100), host_.public_key().thumbprint());
  EXPECT_EQ(claims.text("host_name", 100), "host.corp");
  EXPECT_EQ(claims.time("signed"), kToday);
  EXPECT_EQ(claims.time("expires"), keys[1].expires);
  EXPECT_EQ(claims.object("product").id("id"), "acme-cad");
  EXPECT_TRUE(claims.ok());
  // The product itself keeps its own numbers.
  EXPECT_EQ(vendor_.products()->front().policy.threshold, 25);
  ASSERT_TRUE(vendor_.sign_host(order({"acme-cad"}), kToday, random_));
  EXPECT_EQ(register_lines().size(), 3);
}

TEST_F(VendorTest, sign_host_refuses_and_registers_nothing) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  ASSERT_TRUE(vendor_.add_product(product("acme-bim"), kToday));
  using Change = void (*)(HostOrder&);
  const struct {
    std::string_view what;
    Change change;
    std::string_view code;
  } cases[] = {
      {"no product", [](HostOrder& o) { o.products.clear(); }, "usage"},
      {"a product twice", [](HostOrder& o) { o.products = {"acme-cad", "acme-cad"}; }, "usage"},
      {"a product that is not there", [](HostOrder& o) { o.products = {"acme-x"}; },
       "unknown_product"},
      {"a product outside the directory", [](HostOrder& o) { o.products = {"../vendor"}; },
       "unknown_product"},
      {"no customer", [](HostOrder& o) { o.customer.clear(); }, "usage"},
      {"a customer with a line end", [](HostOrder& o) { o.customer = "a\nb"; }, "usage"},
      {"no life", [](HostOrder& o) { o.valid_for = minutes(0); }, "usage"},
      {"too long a life", [](HostOrder& o) { o.valid_for *= 1000; }, "usage"},
      {"a setting for another product",
       [](HostOrder& o) { o.settings = {{"acme-x", "threshold", "1"}}; }, "usage"},
      {"a setting that is none", [](HostOrder& o) { o.settings = {{"acme-cad", "color", "1"}}; },
       "usage"},
      {"a number that is none",
       [](HostOrder& o) { o.settings = {{"acme-cad", "threshold", "ten"}}; }, "usage"},
      {"a number outside its bounds",
       [](HostOrder& o) { o.settings = {{"acme-cad", "threshold", "5001"}}; }, "policy_invalid"},
      {"a retention that the group does not share",
       [](HostOrder& o) { o.settings = {{"acme-cad", "retention", "60d"}}; }, "policy_conflict"},
      {"a count_by that the group does not share",
       [](HostOrder& o) { o.settings = {{"acme-bim", "count-by", "machine"}}; }, "policy_conflict"},
      {"entitlements that are no object", [](HostOrder& o) { o.entitlements = "7"; }, "usage"},
      {"entitlements with a member twice",
       [](HostOrder& o) { o.entitlements = R"({"a":1,"a":2})"; }, "usage"},
      {"entitlements too long",
       [](HostOrder& o) { o.entitlements = "{\"a\":\"" + std::string(2048, 'x') + "\"}"; },
       "usage"},
      {"entitlements too deep",
       [](HostOrder& o) {
         o.entitlements = "{\"a\":" + std::string(14, '[') + std::string(14, ']') + "}";
       },
       "usage"},
      {"a request that is none", [](HostOrder& o) { o.request = "hello"; }, "document_malformed"},
      {"a request that was changed",
       [](HostOrder& o) {
         auto& changed = o.request[o.request.size() - 40];
         changed = changed == 'A' ? 'B' : 'A';
       },
       "bad_signature"},
  };
  for (const auto& c : cases) {
    auto asked = order({"acme-cad", "acme-bim"});
    c.change(asked);
    EXPECT_EQ(code_of(vendor_.sign_host(asked, kToday, random_)), c.code) << c.what;
  }
  EXPECT_TRUE(register_lines().empty());
  auto both = order({"acme-cad", "acme-bim"});
  both.settings = {{"acme-cad", "retention", "60d"}, {"acme-bim", "retention", "60d"}};
  EXPECT_EQ(code_of(vendor_.sign_host(both, kToday, random_)), "done");
}

TEST(Setting, is_product_field_value) {
  const auto setting = parse_setting("acme-cad.threshold=10").value();
  EXPECT_EQ(setting.product, "acme-cad");
  EXPECT_EQ(setting.field, "threshold");
  EXPECT_EQ(setting.value, "10");
  for (const auto* text : {"", "a", "a.b", "a=b", ".b=c", "a.=c", "a.b=", "a=b.c"}) {
    EXPECT_EQ(code_of(parse_setting(text)), "usage") << text;
  }
}

TEST(Setting, sets_each_field_of_a_policy) {
  Policy policy;
  const std::pair<std::string_view, std::string_view> settings[] = {
      {"threshold", "7"},      {"validity", "1y"},         {"renewal", "8d"},
      {"retry", "3h"},         {"retention", "61d"},       {"clock-skew", "5m"},
      {"initial_grace", "1d"}, {"additional-grace", "2d"}, {"rearm-limit", "9"},
      {"count-by", "machine"}, {"licensed", "77"},         {"over", "refuse"}};
  for (const auto& [field, value] : settings) {
    EXPECT_TRUE(set_field(policy, field, value)) << field;
  }
  const Policy expected{.threshold = 7,
                        .validity = minutes(525'600),
                        .renewal_interval = minutes(11'520),
                        .retry_interval = minutes(180),
                        .initial_grace = minutes(1'440),
                        .additional_grace = minutes(2'880),
                        .retention = minutes(87'840),
                        .clock_skew = minutes(5),
                        .rearm_limit = 9,
                        .count_by = CountBy::machine,
                        .licensed = 77,
                        .over = Over::refuse};
  EXPECT_EQ(policy, expected);
  EXPECT_TRUE(set_field(policy, "licensed", "none"));
  EXPECT_TRUE(set_field(policy, "renewal_interval", "9d"));
  EXPECT_EQ(policy.licensed, std::nullopt);
  EXPECT_EQ(policy.renewal_interval, minutes(12'960));
  for (const auto& [field, value] : {std::pair("threshold", "-1"),
                                     {"threshold", "1x"},
                                     {"validity", "180"},
                                     {"count-by", "x"},
                                     {"over", ""},
                                     {"licensed", "some"},
                                     {"moon", "1"},
                                     {"", "1"}}) {
    EXPECT_EQ(code_of(set_field(policy, field, value)), "usage") << field;
  }
}

// ---- issue_mak

struct IssueMak : VendorTest {
  [[nodiscard]] static MakOrder mak_order() {
    MakOrder out;
    out.product = "acme-cad";
    out.customer = "Corp";
    out.ledger.fill(0x1d);
    out.policy.limit = 100;
    out.policy.release = Release::never;
    out.valid_for = minutes(60);
    out.hint = "call 1234";
    return out;
  }
};

TEST_F(IssueMak, SignsTheOrderAndKeepsNoKey) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  const auto issued = vendor_.issue_mak(mak_order(), kToday, random_);
  ASSERT_TRUE(issued) << issued.error().sentence();
  const auto& mak = issued->mak;
  EXPECT_EQ(mak.policy.limit, 100u);
  EXPECT_EQ(mak.policy.release, Release::never);
  EXPECT_EQ(mak.policy.expires, kToday + minutes(60));
  EXPECT_EQ(mak.hint, "call 1234");
  EXPECT_EQ(mak.key_hash, wire::mak_hash(issued->key.secret(vendor_.vendor_id())));
  EXPECT_TRUE(wire::read_mak(mak.text, {}));
  ASSERT_EQ(register_lines().size(), 1u);
  const auto line = register_lines().front();
  EXPECT_NE(line.find(R"("end":")" + issued->key.end() + R"(","limit":100)"), line.npos) << line;
  EXPECT_NE(line.find(mak.id), line.npos);
  EXPECT_EQ(line.find(issued->key.text()), line.npos);
  EXPECT_EQ(line.find(base64url(mak.key_hash)), line.npos);
}

TEST_F(IssueMak, AnIdIsNoOptionOfACommand) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  for (int i = 0; i < 300; ++i) {
    const auto issued = vendor_.issue_mak(mak_order(), kToday, random_);
    ASSERT_TRUE(issued);
    ASSERT_NE(issued->mak.id.front(), '-');
  }
}

TEST_F(IssueMak, WhatCannotBeSignedIsRefusedAndLeavesNoTrace) {
  ASSERT_TRUE(vendor_.add_product(product("acme-cad"), kToday));
  const std::vector<std::pair<std::string, std::function<void(MakOrder&)>>> rows{
      {"unknown_product", [](auto& order) { order.product = "acme-cam"; }},
      {"policy_invalid", [](auto& order) { order.policy.limit = 0; }},
      {"policy_invalid", [](auto& order) { order.policy.limit = 1'000'001; }},
      {"usage", [](auto& order) { order.customer = ""; }},
      {"usage", [](auto& order) { order.hint = std::string(256, 'x'); }},
      {"usage", [](auto& order) { order.valid_for = minutes(0); }}};
  for (const auto& [code, change] : rows) {
    auto order = mak_order();
    change(order);
    EXPECT_EQ(code_of(vendor_.issue_mak(order, kToday, random_)), code);
  }
  EXPECT_TRUE(register_lines().empty());
}

}  // namespace
}  // namespace muster::vendor
