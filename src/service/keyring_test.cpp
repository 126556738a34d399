#include "service/keyring.h"

#include <gtest/gtest.h>

namespace muster::service {
namespace {

using std::chrono::days;

struct Ring : testing::Test {
  Instant now{days(20'000)};
  wire::PrivateKey own = *wire::PrivateKey::generate();

  // Valid for a year from `issued` on.
  [[nodiscard]] wire::HostKey key(std::string product, std::string vendor, Instant issued,
                                  std::string id = "AAAAAAAAAAAAAAAAAAAAAA") const {
    return {.vendor = "Acme",
            .vendor_id = std::move(vendor),
            .id = std::move(id),
            .host = own.public_key(),
            .customer = "Example Ltd",
            .product = std::move(product),
            .name = "Acme CAD",
            .group = "desktop",
            .policy = {},
            .issued = issued,
            .expires = issued + days(365),
            .text = "a.b.c"};
  }
  [[nodiscard]] std::shared_ptr<const Keyring> ring(std::vector<wire::HostKey> keys) const {
    return *Keyring::make(std::move(keys), own.public_key(), now);
  }
};

TEST_F(Ring, FindsAProductByNameAndWhereTwoVendorsHaveItByVendor) {
  const auto keys = ring({key("sim", "v2", now), key("cad", "v1", now), key("cad", "v2", now)});
  EXPECT_EQ(keys->find("sim", std::nullopt)->key.vendor_id, "v2");
  EXPECT_EQ(keys->find("cad", std::nullopt), nullptr) << "whose?";
  EXPECT_EQ(keys->find("cad", "v1")->key.vendor_id, "v1");
  EXPECT_EQ(keys->find("cad", "v3"), nullptr);
  EXPECT_EQ(keys->find("cam", std::nullopt), nullptr);
  EXPECT_EQ(keys->groups(), (std::vector<GroupKey>{{"v1", "desktop"}, {"v2", "desktop"}}));
}

TEST_F(Ring, OfOneProductTheValidOneThenTheNewestThenTheLastServes) {
  struct Row {
    const char* what;
    Instant first, second;
    std::string serves;
  };
  const std::vector<Row> rows = {
      {"the later one", now - days(2), now - days(1), "second"},
      {"whichever stands first", now - days(1), now - days(2), "first"},
      {"of one second the last", now, now, "second"},
      {"none that is not valid yet", now - days(1), now + days(1), "first"},
      {"none that has expired", now - days(400), now - days(364), "second"},
      {"of two that have expired the later", now - days(400), now - days(500), "first"},
  };
  for (const auto& row : rows) {
    const auto keys =
        ring({key("cad", "v1", row.first, "first"), key("cad", "v1", row.second, "second")});
    ASSERT_EQ(keys->served().size(), 1u);
    EXPECT_EQ(keys->served().front().key.id, row.serves) << row.what;
  }
}

TEST_F(Ring, ProductsOfOneGroupAgreeInRetentionAndCountBy) {
  auto other = key("sim", "v1", now);
  other.policy.count_by = CountBy::machine;
  auto refused = Keyring::make({key("cad", "v1", now), other}, own.public_key(), now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::policy_conflict);
  other.vendor_id = "v2";
  EXPECT_TRUE(Keyring::make({key("cad", "v1", now), other}, own.public_key(), now));
}

TEST_F(Ring, AKeyForAnotherHostIsRefused) {
  const auto other = wire::PrivateKey::generate()->public_key();
  const auto refused = Keyring::make({key("cad", "v1", now)}, other, now);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::wrong_host_key);
}

}  // namespace
}  // namespace muster::service
