// Host keys of a running host: which are taken, and that one serves only while it is valid.
#include <gmock/gmock.h>

#include "service/admin_api.h"
#include "service/host_service.h"
#include "service/testing/host_fixture.h"
#include "wire/event.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using std::chrono::hours;
using ::testing::HasSubstr;

// A key of the fixture ends 730 days after it was issued.
struct HostKeys : HostFixture {
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(1)}});
  }
  Expected<void> install_issued(Instant issued, std::uint32_t threshold) {
    const auto done =
        host->install_keys(key_file({{"acme-cad", threshold_of(threshold)}}, issued), "socket:0");
    if (!done) return std::unexpected(done.error());
    return {};
  }
};

TEST_F(HostKeys, OneServesUntilTheSecondInWhichItExpires) {
  const auto expires = clock.wall + days(730);
  clock.pass(days(730) - seconds(1));
  auto a = desk(1);
  EXPECT_TRUE(ask(a).activated);
  clock.pass(seconds(1));
  ASSERT_EQ(clock.wall, expires);
  EXPECT_TRUE(ask_unserved(a).group.empty());
  EXPECT_THAT(get_status(*host, {}).body, HasSubstr(R"("valid":false)"));
}

TEST_F(HostKeys, AnExpiredOneIsRefusedAndReplacesNothing) {
  const auto refused = install_issued(clock.wall - days(800), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::host_key_expired);
  EXPECT_THAT(refused.error().detail, HasSubstr("acme-cad"));
  EXPECT_EQ(host->keys()->served().front().key.policy.threshold, 1u);
}

TEST_F(HostKeys, OneThatIsNotValidYetReplacesNothing) {
  const auto refused = install_issued(clock.wall + days(30), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::host_key_expired);
  EXPECT_TRUE(install_issued(clock.wall + hours(4), 1)) << "a vendor's clock may be ahead";
  auto a = desk(1);
  EXPECT_TRUE(ask(a).activated);
}

TEST_F(HostKeys, AnOlderOneInTheFileIsAConflictAndNothingIsLogged) {
  const auto logged = events().size();
  const auto refused = install_issued(clock.wall - days(1), 2);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ErrorCode::conflict);
  EXPECT_EQ(events().size(), logged);
}

TEST_F(HostKeys, OnlyThoseThatWereTakenAreAnnounced) {
  const auto older = key_file({{"acme-cad", threshold_of(2)}}, clock.wall - days(1));
  const auto other = key_file({{"acme-cam", threshold_of(2)}}, clock.wall);
  const auto installed = host->install_keys(older + other, "socket:0");
  ASSERT_TRUE(installed);
  ASSERT_EQ(installed->size(), 1u);
  EXPECT_EQ(installed->front().product, "acme-cam");
}

TEST_F(HostKeys, AValidOneReplacesAnExpiredOneThatWasIssuedLater) {
  // Two years are over; what was issued a day earlier for longer takes its place.
  const auto issued = clock.wall - days(1);
  clock.pass(days(730));
  host->tick();
  wire::HostKey key = host->keys()->served().front().key;
  key.issued = issued;
  key.expires = clock.wall + days(365);
  key.policy.threshold = 2;
  const auto text = *wire::sign_host_key(key, *root.signer());
  ASSERT_TRUE(host->install_keys(text, "socket:0"));
  EXPECT_EQ(host->keys()->served().front().key.policy.threshold, 2u);
  open_host();
  EXPECT_EQ(host->keys()->served().front().key.policy.threshold, 2u);
}

}  // namespace
}  // namespace muster::service::testing
