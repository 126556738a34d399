// Activation by a multiple activation key, from request bytes to answer bytes.
#include "service/mak_activate.h"

#include <gmock/gmock.h>

#include <set>
#include <thread>

#include "service/testing/mak_fixture.h"
#include "wire/exchange.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

using MakActivation = MakFixture;

TEST_F(MakActivation, PlacesAreSoldUntilTheLimit) {
  add(mak(2));
  EXPECT_EQ(sell(request(1)).place, 1u);
  EXPECT_EQ(sell(request(2)).place, 2u);
  const auto reply = post(request(3));
  EXPECT_EQ(reply.status, 200) << "a rule that refuses is an answer";
  const auto refused = *wire::decode_mak_answer(reply.body);
  EXPECT_FALSE(refused.activated);
  EXPECT_EQ(refused.error, ErrorCode::limit_reached);
  EXPECT_EQ(refused.limit, 2u);
  EXPECT_EQ(refused.used, 2u);
  EXPECT_EQ(refused.error_hint, "call 1234") << "the vendor's own";
  EXPECT_FALSE(refused.activation);
}

TEST_F(MakActivation, TheActivationProvesItselfWithoutAnEnd) {
  add(mak(2));
  (void)sell(request(1));
  const auto asked = request(2);
  const auto answer = sell(asked);
  const auto held = wire::verify_mak_activation(*answer.activation, product_file);
  ASSERT_TRUE(held) << held.error().sentence();
  EXPECT_EQ(held->activation.place, 2u);
  EXPECT_EQ(held->activation.turn, 1u);
  EXPECT_EQ(held->activation.sold, clock.wall);
  EXPECT_EQ(held->activation.cmid, asked.cmid);
  EXPECT_EQ(held->activation.nonce, asked.nonce);
  EXPECT_EQ(held->activation.facts, asked.facts);
  const auto event = events().back();
  EXPECT_EQ(held->activation.log.seq, event.place.seq);
  EXPECT_EQ(held->activation.log.hash, first16(event.hash));
}

TEST_F(MakActivation, ALostAnswerIsHadAgain) {
  add(mak(1));
  EXPECT_EQ(sell(request(1)).place, 1u);
  clock.pass(seconds(5));
  const auto again = sell(request(1));
  EXPECT_EQ(again.place, 1u);
  EXPECT_EQ(again.used, 1u);
  const auto held = wire::verify_mak_activation(*again.activation, product_file);
  ASSERT_TRUE(held);
  EXPECT_EQ(held->activation.turn, 1u);
  EXPECT_EQ(held->activation.sold, clock.wall - seconds(5));
}

TEST_F(MakActivation, APlaceIsHadAgainAfterTheKeyHasEndedAndTheHostWasRestarted) {
  auto document = mak(2);
  document.policy.expires = clock.wall + days(1);
  add(document);
  EXPECT_EQ(sell(request(1)).place, 1u);
  clock.pass(days(1));
  open_host();
  EXPECT_EQ(sell(request(1)).place, 1u);
  EXPECT_EQ(sell(request(2)).error, ErrorCode::mak_expired);
}

TEST_F(MakActivation, ABlockedKeyIsAnsweredAsOneThatIsNotThere) {
  add(mak(2));
  (void)sell(request(1));
  ASSERT_TRUE(block_mak(*host, "kkkkkkkkkkkkkkkkkkkkkk", true, "socket:0"));
  const auto blocked = post(request(1));
  auto other = request(1);
  other.secret[0] ^= 1;
  const auto unknown = post(other);
  EXPECT_EQ(blocked.body, unknown.body);
  EXPECT_EQ(blocked.status, unknown.status);
  EXPECT_THAT(blocked.body, HasSubstr("mak_unknown"));
  EXPECT_THAT(blocked.body, HasSubstr(R"("limit":null,"used":null)"));
  EXPECT_EQ(types().back(), "mak_activation") << "both are in the log";
  ASSERT_TRUE(block_mak(*host, "kkkkkkkkkkkkkkkkkkkkkk", false, "socket:0"));
  EXPECT_EQ(sell(request(1)).place, 1u);
}

TEST_F(MakActivation, AKeyForAnotherProductIsUnknown) {
  install({{"acme-cam", threshold_of(25)}});
  add(mak(2));
  auto one = request(1);
  one.product = "acme-cam";
  EXPECT_EQ(sell(one).error, ErrorCode::mak_unknown);
}

TEST_F(MakActivation, WithoutAValidHostKeyNothingIsSold) {
  add(mak(2));
  clock.pass(days(730));
  const auto refused = sell(request(1));
  EXPECT_EQ(refused.error, ErrorCode::product_not_served);
  EXPECT_EQ(record().used(), 0u);
}

TEST_F(MakActivation, ALookSellsNothingSignsNothingAndLeavesNoEvent) {
  add(mak(2));
  (void)sell(request(1));
  const auto logged = events().size();
  auto held = request(1);
  held.look = true;
  const auto answer = sell(held);
  EXPECT_TRUE(answer.activated);
  EXPECT_EQ(answer.place, 1u);
  EXPECT_FALSE(answer.activation);
  auto stranger = request(2);
  stranger.look = true;
  EXPECT_EQ(sell(stranger).error, ErrorCode::no_place);
  EXPECT_EQ(record().used(), 1u);
  EXPECT_EQ(events().size(), logged);
}

// An activation by this host, as before it was restored.
std::string sold_before(const MakFixture& of, const wire::MakRequest& asked, std::uint32_t place,
                        const wire::PrivateKey& host_key, std::string_view host_key_text) {
  wire::MakActivation out;
  out.host_key_id = "AAAAAAAAAAAAAAAAAAAAAA";
  out.mak = "kkkkkkkkkkkkkkkkkkkkkk";
  out.cmid = asked.cmid;
  out.product = "acme-cad";
  out.issued = out.sold = of.clock.wall;
  out.id = "1-43";
  out.nonce = asked.nonce;
  out.facts = asked.facts;
  out.place = place;
  wire::take_terms(out, threshold_of(25));
  const auto mak = of.host->maks()->all().front()->mak.text;
  return *wire::sign_mak_activation(out, wire::mak_activation_header(host_key_text, mak),
                                    *host_key.signer());
}

TEST_F(MakActivation, AMachineThatTheLedgerForgotHasItsPlaceBackAndNothingNewIsSold) {
  add(mak(10));
  EXPECT_EQ(sell(request(1)).place, 1u);
  auto forgotten = request(2);
  const auto served = host->keys()->served().front().key.text;
  forgotten.activation = sold_before(*this, forgotten, 5, host_key, served);
  EXPECT_EQ(sell(forgotten).place, 5u);
  EXPECT_THAT(last_event().detail, HasSubstr(R"("gain":"restored")"));
  EXPECT_THAT(last_event().detail, HasSubstr(R"("behind":true)"));
  EXPECT_EQ(sell(request(3)).error, ErrorCode::ledger_behind);
  EXPECT_EQ(sell(request(1)).place, 1u) << "who has a place keeps it";
  EXPECT_TRUE(host->maks()->all().front()->behind);
  EXPECT_TRUE(reconcile_mak(*host, "kkkkkkkkkkkkkkkkkkkkkk", 7, false, "socket:0"));
  EXPECT_EQ(sell(request(3)).place, 8u);
}

// A machine without its key asks so.
TEST_F(MakActivation, ALookThatShowsARestoredLedgerStopsTheKeyAndIsAnEvent) {
  add(mak(10));
  EXPECT_EQ(sell(request(1)).place, 1u);
  auto forgotten = request(2);
  const auto served = host->keys()->served().front().key.text;
  forgotten.activation = sold_before(*this, forgotten, 1, host_key, served);
  forgotten.look = true;
  EXPECT_EQ(sell(forgotten).error, ErrorCode::ledger_behind) << "not that it was released";
  EXPECT_THAT(last_event().detail, HasSubstr(R"("activated":false,"look":true)"));
  EXPECT_THAT(last_event().detail, HasSubstr(R"("behind":true)"));
  EXPECT_TRUE(host->maks()->all().front()->behind);
  EXPECT_EQ(sell(request(3)).error, ErrorCode::ledger_behind);
  const auto logged = events().size();
  EXPECT_EQ(sell(forgotten).error, ErrorCode::ledger_behind);
  EXPECT_EQ(events().size(), logged) << "nothing new";
  EXPECT_EQ(record().used(), 1u);
}

TEST_F(MakActivation, AnotherHostsWordForAPlaceIsNotTaken) {
  add(mak(10));
  // Another customer's host: the same vendor signed its key, and the key's document is no secret.
  const auto other = *wire::PrivateKey::generate();
  auto others = host->keys()->served().front().key;
  others.host = other.public_key();
  const auto text = *wire::sign_host_key(others, *root.signer());
  auto liar = request(1);
  liar.activation = sold_before(*this, liar, 10, other, text);
  EXPECT_TRUE(wire::verify_mak_activation(*liar.activation, product_file));
  EXPECT_EQ(sell(liar).place, 1u) << "sold, not given back";
  EXPECT_FALSE(record().behind);
}

TEST_F(MakActivation, ATicketThatIsNewerThanTheHostStopsEveryKey) {
  install({{"acme-cad", threshold_of(1)}});
  add(mak(10));
  EXPECT_EQ(sell(request(1)).place, 1u);
  auto machine = desk(7);
  (void)ask(machine);
  ASSERT_TRUE(machine.request.ticket);
  const auto& cmid = machine.request.cmid;
  const auto ticket_key = array_from_base64url<32>(**store.setting("ticket_key"));
  machine.request.ticket =
      core::make_ticket(*ticket_key, host->keys()->served().front().group, cmid, 9);
  EXPECT_TRUE(ask(machine).activated);
  EXPECT_EQ(last_event().type, "ledger_behind");
  EXPECT_TRUE(record().behind);
  EXPECT_EQ(sell(request(2)).error, ErrorCode::ledger_behind);
  open_host();
  EXPECT_EQ(sell(request(2)).error, ErrorCode::ledger_behind) << "also after a restart";
}

TEST_F(MakActivation, AfterReconcilingTheOtherMachinesOfTheSameRestoreStopNothing) {
  install({{"acme-cad", threshold_of(1)}});
  add(mak(10));
  const auto ticket_key = *array_from_base64url<32>(**store.setting("ticket_key"));
  const auto show_newer = [&](int n) {
    auto machine = desk(n);
    (void)ask(machine);
    machine.request.ticket = core::make_ticket(ticket_key, host->keys()->served().front().group,
                                               machine.request.cmid, 9);
    EXPECT_TRUE(ask(machine).activated);
  };
  clock.pass(seconds(10));
  show_newer(7);
  EXPECT_EQ(sell(request(1)).error, ErrorCode::ledger_behind);
  ASSERT_TRUE(reconcile_mak(*host, "kkkkkkkkkkkkkkkkkkkkkk", 0, false, "socket:0"));
  show_newer(8);
  EXPECT_EQ(sell(request(1)).place, 1u);
  // After another start it may have been another restore.
  clock.pass(seconds(10));
  open_host();
  show_newer(9);
  EXPECT_EQ(sell(request(2)).error, ErrorCode::ledger_behind);
}

TEST_F(MakActivation, AHostThatWasRestoredSellsNothingBeforeAnyMachineHasShownIt) {
  add(mak(10));
  EXPECT_EQ(sell(request(1)).place, 1u);
  open_host();
  ASSERT_TRUE(host->go_on_restored("command:0"));
  EXPECT_EQ(sell(request(2)).error, ErrorCode::ledger_behind);
  EXPECT_EQ(sell(request(1)).place, 1u) << "who has a place keeps it";
  open_host();
  EXPECT_EQ(sell(request(2)).error, ErrorCode::ledger_behind) << "also after its start";
  ASSERT_TRUE(reconcile_mak(*host, "kkkkkkkkkkkkkkkkkkkkkk", 3, false, "socket:0"));
  EXPECT_EQ(sell(request(2)).place, 4u);
}

TEST_F(MakActivation, MarkingTheKeysIsDoneAfterACrashInBetween) {
  add(mak(10));
  // As the batch's unit leaves it.
  auto unit = *store.open({});
  unit->put_setting("host_behind", format_time(clock.wall));
  ASSERT_TRUE(unit->commit());
  unit.reset();
  open_host();
  EXPECT_EQ(sell(request(2)).error, ErrorCode::ledger_behind);
  EXPECT_TRUE(record().behind);
  EXPECT_FALSE(store.setting("host_behind")->has_value());
}

TEST_F(MakActivation, ACommitThatFailsSellsNothing) {
  add(mak(1));
  disk->disk_full = true;
  EXPECT_EQ(post(request(1)).status, 503);
  EXPECT_EQ(record().used(), 0u);
  EXPECT_EQ(host->maks()->all().front()->used, 0u);
  disk->disk_full = false;
  host->tick();
  EXPECT_EQ(sell(request(2)).place, 1u);
}

TEST_F(MakActivation, AFullDiskSellsNothingNewAndKnownMachinesGoOn) {
  add(mak(2));
  (void)sell(request(1));
  disk->free_part = 0.05;
  host->tick();
  EXPECT_THAT(post(request(2)).body, HasSubstr("disk_low"));
  EXPECT_EQ(post(request(2)).status, 503);
  EXPECT_EQ(host->maks()->all().front()->used, 1u) << "what the metric and the log say";
  EXPECT_EQ(sell(request(1)).place, 1u);
  auto unknown = request(3);
  unknown.secret[0] ^= 1;
  EXPECT_EQ(post(unknown).status, 503) << "its event would be all that it leaves";
}

TEST_F(MakActivation, ASuspectClockSellsNothing) {
  add(mak(2));
  clock.wall += days(2);
  EXPECT_EQ(post(request(1)).status, 503);
  EXPECT_EQ(record().used(), 0u);
}

TEST_F(MakActivation, TheLogKnowsEverythingButTheKey) {
  add(mak(2));
  const auto asked = request(1);
  (void)sell(asked);
  const auto event = last_event();
  EXPECT_EQ(event.type, "mak_activation");
  EXPECT_EQ(event.actor, "client");
  for (const auto* part : {R"("mak":"kkkkkkkkkkkkkkkkkkkkkk")", R"("place":1,"turn":1)",
                           R"("gain":"sold","used":1,"limit":2)", R"("error":null)"}) {
    EXPECT_THAT(event.detail, HasSubstr(part));
  }
  for (const auto& row : events()) {
    EXPECT_THAT(row.line, Not(HasSubstr(key.text())));
    EXPECT_THAT(row.line, Not(HasSubstr(base64url(secret()))));
    EXPECT_THAT(row.line, Not(HasSubstr("desk-001"))) << "names are salted hashes";
    EXPECT_THAT(row.line, Not(HasSubstr("10.0.0.7")));
  }
  clock.pass(seconds(1));
  (void)sell(asked);
  EXPECT_THAT(last_event().detail,
              HasSubstr("\"place_prev\":" + std::to_string(events().back().place.seq - 1)));
}

TEST_F(MakActivation, AMalformedBodyIsAProblemDocument) {
  add(mak(2));
  EXPECT_EQ(post_mak_activation(*host, "{}", "", true).reply.status, 400);
  auto without = request(1);
  without.facts = {};
  EXPECT_THAT(post(without).body, HasSubstr("facts"));
}

TEST_F(MakActivation, SeveralInOneUnitAreDecidedOneAfterTheOther) {
  add(mak(2));
  const std::vector<wire::MakRequest> all{request(1), request(2), request(1), request(3)};
  const auto answers = activate_by_mak(*host, all, {"command:0", ""});
  ASSERT_TRUE(answers);
  std::vector<std::optional<std::uint32_t>> places;
  for (const auto& answer : *answers) places.push_back(answer->place);
  EXPECT_THAT(places, ElementsAre(1u, 2u, 1u, std::nullopt));
  EXPECT_EQ(last_event().actor, "command:0");
}

TEST_F(MakActivation, SixtyFourAtOnceNeverExceedTheLimit) {
  add(mak(40));
  std::vector<wire::MakRequest> asked;
  asked.reserve(64);
  for (int n = 0; n < 64; ++n) asked.push_back(request(n));
  std::vector<wire::MakAnswer> answers(64);
  {
    std::vector<std::jthread> threads;
    threads.reserve(64);
    for (std::size_t n = 0; n < 64; ++n) {
      threads.emplace_back([&, n] { answers[n] = sell(asked[n]); });
    }
  }
  std::set<std::uint32_t> places;
  for (const auto& answer : answers) {
    if (answer.activated) places.insert(*answer.place);
  }
  EXPECT_EQ(places.size(), 40u);
  EXPECT_EQ(*places.rbegin(), 40u);
  EXPECT_EQ(record().used(), 40u);
  EXPECT_EQ(host->maks()->all().front()->used, 40u);
}

}  // namespace
}  // namespace muster::service::testing
