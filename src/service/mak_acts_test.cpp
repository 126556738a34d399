// What administrators do with multiple activation keys.
#include "service/mak_acts.h"

#include <gmock/gmock.h>

#include "service/admin_json.h"
#include "service/testing/admin_body.h"
#include "service/testing/mak_fixture.h"

namespace muster::service::testing {
namespace {

using std::chrono::days;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr std::string_view kId = "kkkkkkkkkkkkkkkkkkkkkk";

struct MakActs : MakFixture {
  ErrorCode refusal(const wire::Mak& document, const wire::PrivateKey& by) {
    const auto logged = events().size();
    const auto added = add_mak(*host, *wire::sign_mak(document, *by.signer()), "socket:0");
    EXPECT_FALSE(added);
    EXPECT_EQ(events().size(), logged) << "nothing has changed";
    EXPECT_TRUE(host->maks()->all().empty());
    return added ? ErrorCode::internal : added.error().code;
  }
  Expected<ReleasedPlace> release(int n, std::optional<std::uint32_t> place = std::nullopt) {
    return release_place(*host, kId, desk(n).request.cmid, place, "token:3f2a51c0");
  }
};

TEST_F(MakActs, AKeyForAnotherLedgerIsRefused) {
  auto other = mak(10);
  other.ledger[0] ^= 1;
  EXPECT_EQ(refusal(other, root), ErrorCode::wrong_ledger);
}

TEST_F(MakActs, AKeyOfAnotherVendorIsRefused) {
  const auto stranger = *wire::PrivateKey::generate();
  EXPECT_EQ(refusal(mak(10), stranger), ErrorCode::unknown_vendor) << "he says that he is Acme";
  auto own = mak(10);
  own.vendor_id = stranger.public_key().thumbprint();
  EXPECT_EQ(refusal(own, stranger), ErrorCode::product_not_served);
}

TEST_F(MakActs, AKeyForAProductThatIsNotServedOrThatHasEndedIsRefused) {
  auto other = mak(10);
  other.product = "acme-cam";
  EXPECT_EQ(refusal(other, root), ErrorCode::product_not_served);
  auto ended = mak(10);
  ended.issued = clock.wall - days(2);
  ended.policy.expires = clock.wall;
  EXPECT_EQ(refusal(ended, root), ErrorCode::mak_expired);
}

TEST_F(MakActs, AddingTwiceChangesNothing) {
  const auto text = sign(mak(10));
  EXPECT_TRUE(add_mak(*host, text, "socket:0")->is_new);
  (void)sell(request(1));
  const auto logged = events().size();
  EXPECT_FALSE(add_mak(*host, text, "socket:0")->is_new);
  EXPECT_EQ(events().size(), logged);
  EXPECT_EQ(record().used(), 1u);
}

TEST_F(MakActs, ALaterDocumentOfTheSameKeyRaisesTheLimit) {
  add(mak(1));
  (void)sell(request(1));
  EXPECT_EQ(sell(request(2)).error, ErrorCode::limit_reached);
  EXPECT_EQ(add_mak(*host, sign(mak(2)), "socket:0").error().code, ErrorCode::conflict)
      << "it was issued in the same second";
  clock.pass(seconds(1));
  add(mak(2));
  EXPECT_EQ(sell(request(2)).place, 2u);
  EXPECT_EQ(record().used(), 2u);
  clock.pass(days(1));
  host->tick();
  auto later = mak(3);
  add(later);
  const auto again = sell(request(1));
  EXPECT_EQ(again.place, 1u);
  EXPECT_TRUE(wire::verify_mak_activation(*again.activation, product_file))
      << "sold before this document was issued";
  auto another = mak(3);
  another.key_hash[0] ^= 1;
  another.issued = clock.wall + seconds(1);
  EXPECT_EQ(add_mak(*host, sign(another), "socket:0").error().code, ErrorCode::conflict);
}

TEST_F(MakActs, AReleasedPlaceIsHadByAnotherMachineInItsNextTurn) {
  add(mak(1));
  (void)sell(request(1));
  const auto released = release(1);
  ASSERT_TRUE(released) << released.error().sentence();
  EXPECT_EQ(released->place, 1u);
  EXPECT_EQ(released->used, 0u);
  EXPECT_EQ(last_event().type, "mak_released");
  EXPECT_EQ(last_event().actor, "token:3f2a51c0");
  auto look = request(1);
  look.look = true;
  EXPECT_EQ(sell(look).error, ErrorCode::no_place) << "the machine's next look shows it";
  const auto next = sell(request(2));
  EXPECT_EQ(next.place, 1u);
  EXPECT_EQ(wire::verify_mak_activation(*next.activation, product_file)->activation.turn, 2u);
  EXPECT_EQ(release(1).error().code, ErrorCode::no_place);
}

TEST_F(MakActs, AKeyThatAllowsNoReleaseSaysSo) {
  auto document = mak(1);
  document.policy.release = Release::never;
  add(document);
  (void)sell(request(1));
  EXPECT_EQ(release(1).error().code, ErrorCode::release_not_allowed);
  EXPECT_EQ(record().used(), 1u);
}

TEST_F(MakActs, OfTwoCopiesOneIsNamedByItsPlace) {
  add(mak(3));
  (void)sell(request(1));
  auto copy = request(1);
  copy.facts = request(2).facts;
  EXPECT_EQ(sell(copy).place, 2u) << "a clone on another machine is another machine";
  EXPECT_EQ(release(1).error().code, ErrorCode::conflict);
  EXPECT_THAT(release(1).error().detail, HasSubstr("1, 2"));
  EXPECT_EQ(release(1, 2)->place, 2u);
  EXPECT_EQ(release(1, 3).error().code, ErrorCode::no_place);
}

TEST_F(MakActs, ReconcilingBelowWhatTheLedgerCountsIsAConflict) {
  add(mak(10));
  (void)sell(request(1));
  (void)sell(request(2));
  EXPECT_EQ(reconcile_mak(*host, kId, 1, true, "socket:0").error().code, ErrorCode::conflict);
  EXPECT_EQ(reconcile_mak(*host, kId, 11, true, "socket:0").error().code, ErrorCode::conflict);
  EXPECT_EQ(reconcile_mak(*host, kId, 9, true, "socket:0")->used(), 9u);
  EXPECT_EQ(last_event().type, "mak_reconciled");
  EXPECT_EQ(sell(request(3)).place, 10u);
  EXPECT_EQ(sell(request(4)).error, ErrorCode::limit_reached);
}

TEST_F(MakActs, AKeyThatIsNotBehindIsReconciledOnlyByWhoSaysThatTheHostWasRestored) {
  add(mak(10));
  (void)sell(request(1));
  EXPECT_EQ(reconcile_mak(*host, kId, 10, false, "socket:0").error().code, ErrorCode::conflict);
  EXPECT_EQ(record().used(), 1u);
  EXPECT_EQ(reconcile_mak(*host, kId, 2, true, "socket:0")->used(), 2u);
}

TEST_F(MakActs, AKeyThatIsIssuedInTheFutureWaitsForTheClock) {
  auto early = mak(10);
  early.issued = clock.wall + Policy{}.clock_skew + seconds(1);
  EXPECT_EQ(add_mak(*host, sign(early), "socket:0").error().code, ErrorCode::not_yet_valid);
  early.issued -= seconds(1);
  add(early);
}

TEST_F(MakActs, AKeyThatIsAddedToARestoredHostWaitsToBeReconciled) {
  install({{"acme-cad", threshold_of(1)}});
  const auto issued_before = mak(10);
  auto machine = desk(7);
  (void)ask(machine);
  const auto ticket_key = array_from_base64url<32>(**store.setting("ticket_key"));
  machine.request.ticket =
      core::make_ticket(*ticket_key, host->keys()->served().front().group, machine.request.cmid, 9);
  clock.pass(seconds(10));
  (void)ask(machine);
  add(issued_before);
  EXPECT_EQ(sell(request(1)).error, ErrorCode::ledger_behind);
  ASSERT_TRUE(reconcile_mak(*host, kId, 0, false, "socket:0"));
  EXPECT_EQ(sell(request(1)).place, 1u);
}

TEST_F(MakActs, KeysAreShownWithTheirLastFiveCharactersAlone) {
  add(mak(10));
  (void)sell(request(1));
  const auto list = get_keys(*host, {}).body;
  EXPECT_THAT(list, HasSubstr("\"key\":\"*****-*****-*****-*****-" + key.end() + "\""));
  EXPECT_THAT(list, HasSubstr(R"("limit":10,"used":1,"remaining":9)"));
  EXPECT_THAT(list, HasSubstr(hex(host->ledger())));
  const auto one = get_key(*host, {.id = std::string(kId)}).body;
  EXPECT_THAT(one, HasSubstr(R"("place":1,"turn":1,"cmid":")" + desk(1).request.cmid.text()));
  EXPECT_THAT(one, HasSubstr(R"("name":"desk-001.corp.example")"));
  EXPECT_THAT(one, HasSubstr(R"("next":null)"));
  for (const auto& body : {list, one}) {
    EXPECT_THAT(body, Not(HasSubstr(base64url(secret()))));
    EXPECT_THAT(body, Not(HasSubstr(base64url(host->maks()->all().front()->mak.key_hash))));
  }
}

TEST_F(MakActs, KeysAndTheirPlacesAreThereForSpreadsheets) {
  auto document = mak(10);
  document.hint = "=call(1234)";
  add(document);
  for (int n = 1; n <= 3; ++n) (void)sell(request(n));
  ASSERT_TRUE(release(2));
  AdminRequest csv{.id = std::string(kId)};
  csv.query = {{"format", "csv"}};
  const auto keys = whole(get_keys(*host, csv));
  EXPECT_THAT(keys, HasSubstr("id,vendor,vendor_name,product,customer,key,limit,used,remaining,"));
  EXPECT_THAT(keys, HasSubstr(std::string("\r\n") + std::string(kId) + ","));
  EXPECT_THAT(keys, HasSubstr(",*****-*****-*****-*****-" + key.end() + ",10,2,8,false,false,"));
  EXPECT_THAT(keys, HasSubstr(",'=call(1234),"));
  EXPECT_THAT(keys, Not(HasSubstr(base64url(secret()))));
  const auto places = whole(get_key(*host, csv));
  EXPECT_THAT(places, HasSubstr("place,turn,cmid,name,sold,asked,released,event\r\n1,1,"));
  EXPECT_EQ(std::ranges::count(places, '\n'), 4) << places;
  csv.query.emplace_back("after", "2");
  EXPECT_EQ(std::ranges::count(whole(get_key(*host, csv)), '\n'), 2);
  csv.query.back().second = "11";
  EXPECT_EQ(get_key(*host, csv).status, 400) << "the key has no such place";
}

TEST_F(MakActs, CallsThatAreRefusedSayWhyAndAreNoSuccess) {
  auto document = mak(1);
  document.policy.release = Release::never;
  const auto add_body = R"({"mak":")" + sign(document) + R"("})";
  EXPECT_EQ(post_key(*host, {.body = add_body, .actor = "socket:0"}).status, 201);
  EXPECT_EQ(post_key(*host, {.body = add_body, .actor = "socket:0"}).status, 200);
  const AdminRequest nobody{.id = "zzz", .body = R"({"used":1})"};
  EXPECT_EQ(post_key_reconcile(*host, nobody).status, 404);
  EXPECT_EQ(get_key(*host, nobody).status, 404);
  const AdminRequest wrong{.id = std::string(kId), .body = R"({"used":"x"})"};
  EXPECT_EQ(post_key_reconcile(*host, wrong).status, 400);
  const auto cmid = R"({"cmid":")" + desk(1).request.cmid.text() + R"("})";
  const AdminRequest release{.id = std::string(kId), .body = cmid, .actor = "socket:0"};
  EXPECT_THAT(post_key_release(*host, release).body, HasSubstr("release_not_allowed"));
  EXPECT_THAT(post_key_block(*host, release).body, HasSubstr(R"("blocked":true)"));
  EXPECT_THAT(post_key_unblock(*host, release).body, HasSubstr(R"("blocked":false)"));
  // The code of a rule is no 200 here.
  auto ended = mak(1);
  ended.id = "llllllllllllllllllllll";
  ended.issued = clock.wall - days(2);
  ended.policy.expires = clock.wall;
  const auto expired = R"({"mak":")" + sign(ended) + R"("})";
  const auto reply = post_key(*host, {.body = expired});
  EXPECT_EQ(reply.status, 409);
  EXPECT_THAT(reply.body, HasSubstr(R"("status":409,"code":"mak_expired")"));
}

TEST_F(MakActs, RequestsInFilesAreAnsweredInTheirOrderAndABadOneForItself) {
  add(mak(2));
  const auto of = [&](int n) { return wire::encode_mak_request(request(n)); };
  const auto body = R"({"requests":[)" + of(1) + ",{}," + of(2) + "," + of(1) + "," + of(3) + "]}";
  const auto reply = post_mak_answers(*host, {.body = body, .actor = "command:0"});
  EXPECT_EQ(reply.status, 200) << reply.body;
  json::Tree tree;
  ASSERT_TRUE(tree.parse(reply.body, std::size_t{1} << 20));
  std::vector<std::string> got;
  const auto* list = tree.find(tree.root(), "answers");
  for (const auto* item = tree.first(*list); item != nullptr; item = tree.next(*item)) {
    const auto* place = tree.find(*item, "place");
    const auto* code = tree.find(*item, "code");
    const bool sold = place != nullptr && place->kind == json::Kind::integer;
    got.push_back(sold              ? std::to_string(place->integer)
                  : code != nullptr ? std::string(code->text)
                                    : "refused");
  }
  EXPECT_THAT(got, ::testing::ElementsAre("1", "malformed_request", "2", "1", "refused"));
  EXPECT_EQ(last_event().actor, "command:0");
  EXPECT_EQ(post_mak_answers(*host, {.body = R"({"requests":[]})"}).status, 400);
}

TEST_F(MakActs, ARestartKnowsTheLedgerAndItsKeys) {
  const auto ledger = host->ledger();
  add(mak(2));
  (void)sell(request(1));
  open_host();
  EXPECT_EQ(host->ledger(), ledger);
  EXPECT_EQ(host->maks()->all().front()->used, 1u);
  EXPECT_EQ(sell(request(2)).place, 2u);
}

}  // namespace
}  // namespace muster::service::testing
