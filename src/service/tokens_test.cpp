#include "service/tokens.h"

#include <gmock/gmock.h>

#include "base/digest.h"
#include "service/testing/host_fixture.h"

namespace muster::service::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Tokens : HostFixture {
  void SetUp() override { open_host(); }
  std::string make(Role role, std::optional<minutes> lifetime = std::nullopt) {
    return create_token(*host, "grafana", role, lifetime, "host").value().text;
  }
};

TEST_F(Tokens, ATokenIsItsHoldersAndNobodyElses) {
  const auto text = make(Role::operating);
  const auto token = check_token(*host, text);
  ASSERT_TRUE(token) << token.error().sentence();
  EXPECT_EQ(token->token.name, "grafana");
  EXPECT_EQ(token->token.role, Role::operating);
  EXPECT_FALSE(token->expired);
  for (std::size_t i = 0; i < text.size(); ++i) {
    auto wrong = text;
    wrong[i] = wrong[i] == 'a' ? 'b' : 'a';
    const auto refused = check_token(*host, wrong);
    ASSERT_FALSE(refused) << i;
    EXPECT_EQ(refused.error().code, ErrorCode::unauthorized);
    EXPECT_FALSE(check_token(*host, text.substr(0, i)));
  }
  EXPECT_FALSE(check_token(*host, text + "a"));
}

TEST_F(Tokens, TheStoreHoldsNoSecret) {
  const auto text = make(Role::admin);
  const auto kept_settings = store.settings("token/").value();
  ASSERT_EQ(kept_settings.size(), 1u);
  for (const auto& [name, value] : kept_settings) {
    EXPECT_THAT(value, Not(HasSubstr(text.substr(16))));
    EXPECT_THAT(value, HasSubstr(hex(sha256(as_bytes(text)))));
  }
  const auto rows = store.events({}, 1000).value();
  for (const auto& row : rows) {
    EXPECT_THAT(row.line, Not(HasSubstr(text.substr(16))));
  }
}

TEST_F(Tokens, ItsTimeEnds) {
  const auto text = make(Role::viewer, minutes(60));
  clock.pass(seconds(3599));
  host->tick();
  EXPECT_FALSE(check_token(*host, text)->expired);
  clock.pass(seconds(1));
  host->tick();
  EXPECT_TRUE(check_token(*host, text)->expired);
  EXPECT_EQ(list_tokens(*host)->size(), 1u) << "an expired one is still shown";
}

TEST_F(Tokens, ARevokedOneIsGoneAndTheActIsLogged) {
  const auto text = make(Role::viewer);
  const auto id = list_tokens(*host)->front().id;
  EXPECT_TRUE(revoke_token(*host, id, "socket:0"));
  EXPECT_FALSE(check_token(*host, text));
  EXPECT_TRUE(list_tokens(*host)->empty());
  EXPECT_EQ(revoke_token(*host, id, "socket:0").error().code, ErrorCode::not_found);
  EXPECT_EQ(revoke_token(*host, "../x", "socket:0").error().code, ErrorCode::not_found);
  const auto rows = store.events({}, 1000).value();
  EXPECT_THAT(rows.back().line, HasSubstr(R"("type":"token_revoked")"));
  EXPECT_THAT(rows.back().line, HasSubstr(R"("actor":"socket:0")"));
}

std::optional<Instant> last_used(HostService& host) {
  return list_tokens(host).value().front().last_used;
}

TEST_F(Tokens, ItsLastUseIsKnownAndCostsNoWriteEach) {
  const auto text = make(Role::viewer);
  EXPECT_EQ(last_used(*host), std::nullopt);
  const auto first = clock.wall;
  ASSERT_TRUE(check_token(*host, text));
  EXPECT_EQ(last_used(*host), first);
  host->tick();
  const auto stored = store.settings("token_used/").value();
  ASSERT_EQ(stored.size(), 1U);
  EXPECT_TRUE(store.checkpoints({}, 10)->empty()) << "and no checkpoint sooner than without it";
  for (int i = 0; i < 59; ++i) {
    clock.pass(seconds(1));
    host->tick();
    ASSERT_TRUE(check_token(*host, text));
  }
  host->tick();
  EXPECT_EQ(last_used(*host), first + seconds(59));
  EXPECT_EQ(store.settings("token_used/").value(), stored) << "stored once a minute";
  clock.pass(seconds(1));
  host->tick();
  ASSERT_TRUE(check_token(*host, text));
  host->tick();
  EXPECT_NE(store.settings("token_used/").value(), stored);
}

TEST_F(Tokens, ItsLastUseOutlivesARestart) {
  const auto text = make(Role::viewer);
  ASSERT_TRUE(check_token(*host, text));
  host->tick();
  clock.pass(seconds(7));
  host->tick();
  const auto used = clock.wall;
  ASSERT_TRUE(check_token(*host, text));
  ASSERT_TRUE(host->stop());
  open_host();
  EXPECT_EQ(last_used(*host), used);
}

TEST_F(Tokens, AWrongOrExpiredOneIsNotUsed) {
  const auto text = make(Role::viewer, minutes(1));
  auto wrong = text;
  wrong.back() = wrong.back() == 'A' ? 'B' : 'A';
  EXPECT_FALSE(check_token(*host, wrong));
  clock.pass(seconds(60));
  host->tick();
  EXPECT_TRUE(check_token(*host, text)->expired);
  EXPECT_EQ(last_used(*host), std::nullopt);
}

TEST_F(Tokens, OfARevokedOneNothingIsLeft) {
  const auto text = make(Role::viewer);
  ASSERT_TRUE(check_token(*host, text));
  host->tick();
  const auto id = list_tokens(*host)->front().id;
  ASSERT_TRUE(revoke_token(*host, id, "socket:0"));
  EXPECT_TRUE(store.settings("token").value().empty());
  // A request that was under way meanwhile.
  host->token_uses().used(id, clock.wall + seconds(100));
  host->tick();
  EXPECT_TRUE(store.settings("token").value().empty());
}

TEST_F(Tokens, WhatTheDiskDidNotTakeIsStoredLater) {
  const auto text = make(Role::viewer);
  ASSERT_TRUE(check_token(*host, text));
  disk->disk_full = true;
  host->tick();
  disk->disk_full = false;
  EXPECT_TRUE(store.settings("token_used/").value().empty());
  host->tick();
  EXPECT_EQ(store.settings("token_used/").value().size(), 1U);
}

TEST_F(Tokens, WhatIsNoNameOrTimeMakesNone) {
  for (const auto& name :
       {std::string(), std::string(65, 'x'), std::string("a\nb"), std::string("\xff")}) {
    EXPECT_EQ(create_token(*host, name, Role::viewer, std::nullopt, "host").error().code,
              ErrorCode::malformed_request);
  }
  EXPECT_FALSE(create_token(*host, "x", Role::viewer, minutes(0), "host"));
  EXPECT_TRUE(list_tokens(*host)->empty());
}

TEST_F(Tokens, WithoutADiskThereIsNoToken) {
  disk->disk_full = true;
  EXPECT_EQ(create_token(*host, "x", Role::viewer, std::nullopt, "host").error().code,
            ErrorCode::store_unavailable);
  disk->disk_full = false;
  EXPECT_TRUE(list_tokens(*host)->empty());
}

TEST_F(Tokens, RolesHaveNames) {
  for (const auto role : {Role::viewer, Role::operating, Role::admin}) {
    EXPECT_EQ(role_of(name_of(role)), role);
  }
  EXPECT_FALSE(role_of("root"));
}

}  // namespace
}  // namespace muster::service::testing
