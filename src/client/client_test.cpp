#include "client/client.h"

#include "client/client_fixture.h"

namespace muster::client {
namespace {

namespace fs = std::filesystem;
using std::chrono::hours;
using testing::ElementsAre;
using testing::HasSubstr;

// ---- install

TEST_F(ClientTest, NothingInstalledIsSaidSo) {
  EXPECT_TRUE(must(client().status()).empty());
  EXPECT_EQ(client().check().error().code, ErrorCode::not_installed);
  EXPECT_EQ(client().activate().error().code, ErrorCode::not_installed);
  EXPECT_EQ(client().rearm().error().code, ErrorCode::not_installed);
  EXPECT_EQ(client().status("acme-cad").error().code, ErrorCode::not_installed);
  EXPECT_FALSE(fs::exists(directory()));
}

TEST_F(ClientTest, InstallationStartsTheInitialGrace) {
  const auto result = must(client().install(vendor_.product_file() + "\n"));
  EXPECT_TRUE(result.changed);
  EXPECT_TRUE(result.new_cmid);
  EXPECT_EQ(result.status.state, LicenceState::initial_grace);
  EXPECT_EQ(result.status.minutes_left, 43'200);
  EXPECT_EQ(result.status.rearms_left, 3u);
  EXPECT_TRUE(must(client().check()).usable);
  clock_.pass(hours(24 * 30));
  const auto check = must(client().check());
  EXPECT_FALSE(check.usable);
  EXPECT_EQ(check.products[0].state, LicenceState::notification);
  EXPECT_EQ(check.products[0].error->code, ErrorCode::not_licensed);
}

TEST_F(ClientTest, InstallingAgainChangesNothing) {
  const auto first = must(client().install(vendor_.product_file()));
  clock_.pass(hours(24 * 20));
  const auto again = must(client().install(vendor_.product_file()));
  EXPECT_FALSE(again.new_cmid);
  EXPECT_EQ(again.status.cmid, first.status.cmid);
  EXPECT_EQ(again.status.grace_until, first.status.grace_until);
  must(client().uninstall());
  EXPECT_TRUE(must(client().status()).empty());
  const auto back = must(client().install(vendor_.product_file()));
  EXPECT_TRUE(back.changed);
  EXPECT_EQ(back.status.grace_until, first.status.grace_until);
  EXPECT_EQ(back.status.cmid, first.status.cmid);
}

TEST_F(ClientTest, ANewerProductFileBringsItsNumbersAndAnOlderNone) {
  must(client().install(vendor_.product_file()));
  vendor_.policy.rearm_limit = 9;
  const auto newer = must(client().install(
      vendor_.product_file("acme-cad", "desktop", *parse_time("2026-01-02T00:00:00Z"))));
  EXPECT_EQ(newer.status.rearm_limit, 9u);
  vendor_.policy.rearm_limit = 1;
  const auto older = must(client().install(
      vendor_.product_file("acme-cad", "desktop", *parse_time("2025-01-02T00:00:00Z"))));
  EXPECT_FALSE(older.changed);
  EXPECT_EQ(older.status.rearm_limit, 9u);
}

TEST_F(ClientTest, ProductsOfOneGroupShareACmid) {
  must(client().install(vendor_.product_file("acme-cad")));
  must(client().install(vendor_.product_file("acme-cam")));
  must(client().install(vendor_.product_file("acme-server", "server")));
  const auto all = must(client().status());
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0].cmid, all[1].cmid);
  EXPECT_NE(all[0].cmid, all[2].cmid);
  EXPECT_EQ(client().activate().error().code, ErrorCode::usage);
}

TEST_F(ClientTest, AnotherVendorsProductTakesANewCmidAndNoOldActivation) {
  install();
  ASSERT_TRUE(activate().activated);
  const auto before = status();
  FakeVendor other("Evil");
  const auto over = must(client().install(other.product_file()));
  EXPECT_TRUE(over.new_cmid);
  EXPECT_NE(over.status.cmid, before.cmid);
  EXPECT_EQ(over.status.state, LicenceState::initial_grace);
  clock_.pass(hours(24 * 10));
  const auto back = must(client().install(vendor_.product_file()));
  EXPECT_TRUE(back.new_cmid);
  EXPECT_NE(back.status.cmid, before.cmid);
  EXPECT_EQ(back.status.state, LicenceState::initial_grace);
  EXPECT_EQ(back.status.minutes_left, 20 * 1440) << "a vendor in between restarts no grace";
}

TEST_F(ClientTest, WhatIsNoProductFileIsRefusedAndChangesNothing) {
  EXPECT_FALSE(client().install("nonsense"));
  auto text = vendor_.product_file();
  text[text.size() / 2] = text[text.size() / 2] == 'A' ? 'B' : 'A';
  EXPECT_FALSE(client().install(text));
  EXPECT_FALSE(fs::exists(directory()));
}

// ---- activate

TEST_F(ClientTest, The25thMachineIsActivated) {
  install();
  const auto result = activate();
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(result.count, 25u);
  EXPECT_EQ(result.threshold, 25u);
  EXPECT_EQ(result.host, kHost);
  EXPECT_FALSE(result.error);
  EXPECT_EQ(result.status.state, LicenceState::licensed);
  EXPECT_EQ(result.status.valid_until, clock_.time + hours(24 * 180));
  EXPECT_EQ(result.status.host, kHost);
  ASSERT_EQ(host_.requests.size(), 1u);
  const auto& request = host_.requests[0];
  EXPECT_EQ(request.name, "desk-001.corp.example");
  EXPECT_EQ(request.vendor, vendor_.id());
  EXPECT_EQ(request.state, LicenceState::initial_grace);
  EXPECT_EQ(request.minutes_left, 43'200);
  EXPECT_EQ(request.is_virtual, true);
  EXPECT_EQ(request.facts.size(), 1u);
  EXPECT_FALSE(request.ticket);
}

TEST_F(ClientTest, BelowTheThresholdTheCountIsToldAndTheTicketKept) {
  FakeHost young(vendor_, clock_);
  network_.hosts[kHost] = young.answers();
  install();
  const auto result = activate();
  EXPECT_FALSE(result.activated);
  EXPECT_EQ(result.count, 1u);
  EXPECT_EQ(result.error->code, "count_insufficient");
  EXPECT_EQ(result.error->exit, Exit::refused);
  EXPECT_EQ(result.retry_after, seconds(7200));
  EXPECT_EQ(result.status.state, LicenceState::initial_grace);
  activate();
  EXPECT_THAT(young.chain, ElementsAre("first", "renewal"));
}

TEST_F(ClientTest, ARefusedRenewalStaysLicensedOnWhatIsLeft) {
  install();
  const auto until = activate().status.valid_until;
  vendor_.policy.threshold = 50;
  clock_.pass(hours(24 * 7));
  const auto result = activate();
  EXPECT_FALSE(result.activated);
  EXPECT_EQ(result.status.state, LicenceState::licensed);
  EXPECT_EQ(result.status.valid_until, until);
  clock_.pass(hours(24 * 173));
  EXPECT_EQ(status().state, LicenceState::additional_grace);
  clock_.pass(hours(24 * 30));
  EXPECT_EQ(status().state, LicenceState::notification);
}

TEST_F(ClientTest, NoHostIsToldWithWhatWasTried) {
  must(client().install(vendor_.product_file()));
  auto result = activate();
  EXPECT_EQ(result.error->code, "no_host");
  EXPECT_THAT(result.error->detail, HasSubstr("none is configured"));
  must(client().set_host("dead.example"));
  result = activate();
  EXPECT_EQ(result.error->code, "no_host");
  EXPECT_THAT(result.tried, ElementsAre("http://dead.example:8688: connection refused"));
  EXPECT_FALSE(result.retry_after);
}

TEST_F(ClientTest, TheHostThatLastAnsweredIsAskedAfterTheConfiguredOne) {
  install();
  activate();
  must(client().set_host("dead.example"));
  network_.asked.clear();
  EXPECT_EQ(activate().host, kHost);
  EXPECT_THAT(network_.asked, ElementsAre("http://dead.example:8688", kHost));
  ASSERT_TRUE(client().clear_host());
  network_.asked.clear();
  EXPECT_TRUE(activate().activated);
  EXPECT_THAT(network_.asked, ElementsAre(kHost));
}

TEST_F(ClientTest, AnAnswerThatDoesNotVerifyStoresNothingAndTheNextHostIsAsked) {
  struct Case {
    std::string_view what, code;
    std::function<void(wire::Activation&)> forge;
  };
  SeededRandom other(99);
  Facts facts;
  facts.add("machine_id", hash_fact("x", "machine_id", "y"));
  const std::vector<Case> cases = {
      {"an old answer", "wrong_nonce", [&](auto& a) { a.nonce = other.bytes<16>(); }},
      {"another machine's", "wrong_cmid", [&](auto& a) { a.cmid = Cmid::random(other); }},
      {"another product's", "wrong_product", [](auto& a) { a.product = "acme-cam"; }},
      {"with other facts", "wrong_machine", [&](auto& a) { a.facts = facts; }},
      {"without facts", "wrong_machine", [](auto& a) { a.facts = {}; }},
      {"of the far future", "not_yet_valid",
       [](auto& a) {
         a.issued += hours(5);
         a.not_before += hours(5);
       }},
      {"ended", "activation_expired",
       [&](auto& a) {
         a.issued -= hours(48);
         a.not_before -= hours(48);
         a.expires = clock_.time;
       }},
  };
  for (const auto& one : cases) {
    SCOPED_TRACE(one.what);
    fs::remove_all(directory());
    must(client().install(vendor_.product_file()));
    must(client().set_host("http://forged.example"));
    FakeHost forged(vendor_, clock_);
    forged.seen_before(30);
    forged.forge = one.forge;
    network_.hosts["http://forged.example:8688"] = forged.answers();
    const auto result = activate();
    EXPECT_FALSE(result.activated);
    EXPECT_EQ(result.error->code, one.code);
    EXPECT_EQ(result.status.state, LicenceState::initial_grace);
    EXPECT_FALSE(fs::exists(directory() / "activations" / "acme-cad.jws"));
    EXPECT_FALSE(activate().activated);
    ASSERT_EQ(forged.requests.size(), 2u);
    EXPECT_FALSE(forged.requests[1].ticket) << "not even its ticket is kept";
    network_.hosts.erase("http://forged.example:8688");
  }
  must(client().activate({}, {kHost}));
  EXPECT_TRUE(activate().activated) << "the host that last answered is asked next";
}

TEST_F(ClientTest, AnotherVendorsHostIsRefused) {
  FakeVendor other("Evil");
  FakeHost forged(other, clock_);
  forged.seen_before(30);
  network_.hosts[kHost] = forged.answers();
  install();
  const auto result = activate();
  EXPECT_EQ(result.error->code, "unknown_vendor");
  EXPECT_EQ(result.error->exit, Exit::document);
}

TEST_F(ClientTest, NonsenseFromAHostIsNoAnswer) {
  install();
  for (const auto* body : {"", "{}", "[]", "hello", "{\"activated\":true}"}) {
    network_.hosts[kHost] = [&](std::string_view) -> Expected<HttpAnswer> {
      return HttpAnswer{200, body, std::nullopt};
    };
    EXPECT_EQ(activate().error->known, ErrorCode::bad_answer) << body;
  }
}

TEST_F(ClientTest, ABusyHostSaysWhenToComeAgain) {
  install();
  network_.hosts[kHost] = [](std::string_view) -> Expected<HttpAnswer> {
    return HttpAnswer{503, wire::encode_problem(Error{ErrorCode::host_full, ""}), seconds(90)};
  };
  const auto result = activate();
  EXPECT_EQ(result.error->code, "host_full");
  EXPECT_EQ(result.retry_after, seconds(90));
  EXPECT_EQ(result.error->exit, Exit::no_host);
}

TEST_F(ClientTest, RetryAfterIsHeldToItsBounds) {
  vendor_.policy.threshold = 100;
  install();
  for (const auto& [asked, kept] : std::vector<std::pair<seconds, seconds>>{
           {seconds(0), seconds(60)},
           {seconds(61), seconds(61)},
           {hours(24 * 365), seconds(hours(24 * 7)) * 11 / 10}}) {
    host_.retry_after = asked;
    EXPECT_EQ(activate().retry_after, kept);
  }
}

TEST_F(ClientTest, AHostGivenForOnceIsTheOnlyOneAsked) {
  must(client().install(vendor_.product_file()));
  must(client().set_host("dead.example"));
  EXPECT_TRUE(must(client().activate({}, {kHost})).activated);
  EXPECT_THAT(network_.asked, ElementsAre(kHost));
  EXPECT_EQ(status().configured_host, "http://dead.example:8688");
}

// ---- the renewal chain

TEST_F(ClientTest, LostAnswersAreAskedForAgainWithTheSameNonce) {
  install();
  activate();
  host_.lose_answers = true;
  EXPECT_EQ(activate().error->code, "no_host");
  EXPECT_EQ(activate().error->code, "no_host");
  host_.lose_answers = false;
  EXPECT_TRUE(activate().activated);
  EXPECT_TRUE(activate().activated);
  EXPECT_THAT(host_.chain, ElementsAre("first", "renewal", "repeat", "repeat", "renewal"));
}

TEST_F(ClientTest, AnUncountedRefusalKeepsTicketAndNonce) {
  install();
  activate();
  host_.lose_answers = true;
  activate();
  host_.lose_answers = false;
  host_.refuse = ErrorCode::product_not_served;
  const auto refused = activate();
  EXPECT_EQ(refused.error->code, "product_not_served");
  EXPECT_FALSE(refused.count);
  host_.refuse.reset();
  activate();
  EXPECT_THAT(host_.chain, ElementsAre("first", "renewal", "repeat"));
}

TEST_F(ClientTest, ARevertedSnapshotBringsEverythingBack) {
  install();
  activate();
  copy(directory(), temporary_.path() / "snapshot");
  const auto before = status();
  must(client().rearm());
  restart();
  activate();
  EXPECT_NE(status().cmid, before.cmid);
  copy(temporary_.path() / "snapshot", directory());
  const auto after = status();
  EXPECT_EQ(after.cmid, before.cmid);
  EXPECT_EQ(after.rearms_left, before.rearms_left);
  EXPECT_EQ(after.state, LicenceState::licensed);
  activate();
  EXPECT_EQ(host_.chain.back(), "renewal") << "of the old identity, which nobody used meanwhile";
  copy(temporary_.path() / "snapshot", directory());
  activate();
  EXPECT_EQ(host_.chain.back(), "older");
}

// ---- another machine

TEST_F(ClientTest, ACopiedStateDirectoryIsAnotherMachinesUntilRenewed) {
  install();
  activate();
  os_.facts["machine_id"] = "ffffffffffffffff0123456789abcdef";
  auto now = status();
  EXPECT_EQ(now.state, LicenceState::additional_grace);
  EXPECT_EQ(now.error->code, ErrorCode::wrong_machine);
  EXPECT_TRUE(now.usable());
  EXPECT_FALSE(now.last_attempt) << "the other machine's retry_after does not bind this one";
  EXPECT_TRUE(activate().activated);
  now = status();
  EXPECT_EQ(now.state, LicenceState::licensed);
  EXPECT_FALSE(now.error);
}

TEST_F(ClientTest, AGivenFactStandsForTheMachine) {
  const auto one = temporary_.path() / "one";
  const auto two = temporary_.path() / "two";
  must(client_on(one, "desk-1").install(vendor_.product_file()));
  EXPECT_TRUE(must(client_on(one).activate({}, {kHost})).activated);
  EXPECT_EQ(host_.requests[0].facts.size(), 1u);
  EXPECT_NE(host_.requests[0].facts.find("set"), nullptr);
  copy(one, two);
  EXPECT_EQ(must(client_on(two).status()).at(0).state, LicenceState::licensed)
      << "kept in the state";
  const auto other = must(client_on(two, "desk-2").status()).at(0);
  EXPECT_EQ(other.error->code, ErrorCode::wrong_machine);
  os_.facts["machine_id"] = "ffffffffffffffff0123456789abcdef";
  const auto moved = must(client_on(one).status()).at(0);
  EXPECT_EQ(moved.error->code, ErrorCode::wrong_machine) << "a kept fact stays on its machine";
  EXPECT_EQ(client_on(one, "a\nb").status().error().code, ErrorCode::usage);
}

TEST_F(ClientTest, FactsThatOnlyRootReadsStayKept) {
  os_.facts["product_uuid"] = "4c4c4544-0042-3510-8054-b4c04f595232";
  install();
  activate();
  os_.facts.erase("product_uuid");
  EXPECT_EQ(status().state, LicenceState::licensed);
  activate();
  EXPECT_EQ(host_.requests[1].facts, host_.requests[0].facts);
}

// ---- time

TEST_F(ClientTest, AClockSetBackIsSaidSoAndHeals) {
  install();
  activate();
  clock_.time -= hours(5);
  auto now = status();
  EXPECT_EQ(now.state, LicenceState::additional_grace);
  EXPECT_EQ(now.error->code, ErrorCode::clock_set_back);
  clock_.time += hours(5);
  now = status();
  EXPECT_EQ(now.state, LicenceState::licensed);
  EXPECT_FALSE(now.error);
}

TEST_F(ClientTest, SettingTheClockBackAfterTheGraceGivesNothing) {
  install();
  clock_.pass(hours(24 * 31));
  EXPECT_EQ(status().state, LicenceState::notification);
  clock_.time -= hours(24 * 30);
  EXPECT_EQ(status().state, LicenceState::notification);
}

TEST_F(ClientTest, AnActivationHealsAClockThatWasFarAhead) {
  install();
  clock_.time += hours(24 * 3650);
  EXPECT_EQ(status().state, LicenceState::notification);
  clock_.time -= hours(24 * 3650);
  EXPECT_EQ(status().state, LicenceState::notification);
  EXPECT_EQ(activate().status.state, LicenceState::licensed);
}

}  // namespace
}  // namespace muster::client
