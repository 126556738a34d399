#include "host/key_watch.h"

#include <gmock/gmock.h>

namespace muster::host {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using ::testing::HasSubstr;

struct Watch : ::testing::Test {
  Instant now{days(20'000)};
  milliseconds monotonic{0};
  wire::PrivateKey root = *wire::PrivateKey::generate();
  wire::PrivateKey own = *wire::PrivateKey::generate();
  KeyWatch watch;

  [[nodiscard]] std::shared_ptr<const service::Keyring> ring(Instant issued,
                                                             Instant expires) const {
    const wire::HostKey key{.vendor = "Acme",
                            .vendor_id = root.public_key().thumbprint(),
                            .id = "AAAAAAAAAAAAAAAAAAAAAA",
                            .host = own.public_key(),
                            .customer = "Example Ltd",
                            .product = "acme-cad",
                            .name = "Acme CAD",
                            .group = "desktop",
                            .policy = {},
                            .issued = issued,
                            .expires = expires,
                            .text = {}};
    const auto text = *wire::sign_host_key(key, *root.signer());
    return *service::Keyring::make({*wire::read_host_key(text, {})}, own.public_key(), now);
  }
  void pass(seconds span) {
    now += span;
    monotonic += span;
  }
};

TEST_F(Watch, AKeyThatIsGoodForLongIsNotSpokenOf) {
  const auto keys = ring(now, now + days(31));
  EXPECT_TRUE(watch.look(*keys, now, monotonic).empty());
}

TEST_F(Watch, ItSaysSoAMonthBeforeAndEveryDayAndWhenItEnds) {
  const auto keys = ring(now, now + days(32));
  int soon = 0;
  int expired = 0;
  for (int hour = 0; hour < 24 * 35; ++hour, pass(hours(1))) {
    for (const auto& warning : watch.look(*keys, now, monotonic)) {
      ++(warning.message.find("soon") != std::string_view::npos ? soon : expired);
      EXPECT_EQ(warning.product, "acme-cad");
    }
    if (hour == 24 * 32) {
      EXPECT_EQ(expired, 1) << "in the hour in which it ends";
    }
  }
  EXPECT_EQ(soon, 30);
  EXPECT_EQ(expired, 3);
}

TEST_F(Watch, ANewKeyEndsIt) {
  const auto old = ring(now - days(10), now);
  EXPECT_EQ(watch.look(*old, now, monotonic).size(), 1u);
  EXPECT_TRUE(watch.look(*old, now, monotonic).empty());
  EXPECT_TRUE(watch.look(*ring(now, now + days(365)), now, monotonic).empty());
  EXPECT_EQ(watch.look(*old, now, monotonic).size(), 1u) << "and it may begin again";
}

TEST_F(Watch, AKeyThatIsNotValidYetIsSaid) {
  const auto said = watch.look(*ring(now + days(2), now + days(365)), now, monotonic);
  ASSERT_EQ(said.size(), 1u);
  EXPECT_THAT(std::string(said.front().message), HasSubstr("not valid yet"));
}

}  // namespace
}  // namespace muster::host
