// A machine that is activated by a multiple activation key.
#include "wire/mak.h"
#include "client/client_fixture.h"
#include "wire/mak_exchange.h"
#include "wire/mak_file.h"
#include "wire/mak_key.h"

namespace muster::client {
namespace {

using std::chrono::days;
using testing::HasSubstr;
using testing::Not;

// A host that sells places to CMIDs; what core/ledger.h decides is tested there.
struct MakTest : ClientTest {
  std::string url = "http://mak.example:8688";
  wire::MakKey key = wire::MakKey::random(random_);
  wire::PrivateKey host_key = wire::PrivateKey::generate().value();
  std::map<Cmid, std::uint32_t> places;
  std::uint32_t limit = 2;
  std::vector<wire::MakRequest> asked;
  std::function<void(wire::MakActivation&)> forge;
  Match match = Match::most;

  MakTest() {
    network_.hosts[url] = [this](std::string_view body) -> Expected<HttpAnswer> {
      return HttpAnswer{200, wire::encode_mak_answer(answer(body)), {}};
    };
    must(client().install(vendor_.product_file()));
    must(client().set_host(url));
  }

  wire::MakAnswer answer(std::string_view body) {
    const auto request = must(wire::decode_mak_request(body));
    asked.push_back(request);
    wire::MakAnswer out;
    out.time = clock_.time;
    out.limit = limit;
    const bool known = places.contains(request.cmid);
    if (!known && (request.look || places.size() >= limit)) {
      out.used = static_cast<std::uint32_t>(places.size());
      out.error = request.look ? ErrorCode::no_place : ErrorCode::limit_reached;
      out.vendor_hint = request.look ? "" : "call 1234";
      return out;
    }
    if (!known) places[request.cmid] = static_cast<std::uint32_t>(places.size() + 1);
    out.used = static_cast<std::uint32_t>(places.size());
    out.activated = true;
    out.place = places.at(request.cmid);
    if (!request.look) out.activation = activation(request);
    return out;
  }

  std::string activation(const wire::MakRequest& request) {
    wire::HostKey host;
    host.vendor = vendor_.name;
    host.vendor_id = vendor_.id();
    host.id = "hhhhhhhhhhhhhhhhhhhhhh";
    host.host = host_key.public_key();
    host.customer = "Corp";
    host.product = host.name = "acme-cad";
    host.group = "desktop";
    host.issued = clock_.time - days(1);
    host.expires = clock_.time + days(30);
    wire::Mak mak;
    mak.vendor = vendor_.name;
    mak.vendor_id = vendor_.id();
    mak.id = "kkkkkkkkkkkkkkkkkkkkkk";
    mak.product = "acme-cad";
    mak.customer = "Corp";
    mak.key_hash = wire::mak_hash(key.secret(vendor_.id()));
    mak.key_end = key.end();
    mak.policy.limit = limit;
    mak.policy.match = match;
    mak.issued = clock_.time - days(1);
    wire::MakActivation out;
    out.host_key_id = host.id;
    out.mak = mak.id;
    out.cmid = request.cmid;
    out.product = "acme-cad";
    out.issued = out.sold = clock_.time;
    out.id = "1-1";
    out.nonce = request.nonce;
    out.facts = request.facts;
    out.place = places.at(request.cmid);
    wire::take_terms(out, host.policy);
    if (forge) forge(out);
    const auto root = vendor_.root.signer();
    const auto header = wire::mak_activation_header(must(wire::sign_host_key(host, *root)),
                                                    must(wire::sign_mak(mak, *root)));
    return must(wire::sign_mak_activation(out, header, *host_key.signer()));
  }

  ActivateResult activate_by_key() { return must(client().activate("", {.key = key.text()})); }
  [[nodiscard]] std::string identity() const {
    std::ifstream in(directory() / "identity");
    return {std::istreambuf_iterator<char>(in), {}};
  }
};

TEST_F(MakTest, TheActivationHasNoEndAndOutlivesTheHostKey) {
  const auto result = activate_by_key();
  ASSERT_TRUE(result.activated) << result.error->code;
  EXPECT_EQ(result.place, 1u);
  EXPECT_EQ(result.limit, 2u);
  EXPECT_EQ(result.status.state, LicenceState::licensed);
  EXPECT_TRUE(result.status.permanent);
  clock_.pass(days(20 * 365));
  const auto later = status();
  EXPECT_EQ(later.state, LicenceState::licensed);
  EXPECT_TRUE(later.permanent);
  EXPECT_FALSE(later.valid_until);
  EXPECT_FALSE(later.grace_until);
  EXPECT_FALSE(later.error);
  ASSERT_TRUE(later.place);
  EXPECT_EQ(later.place->number, 1u);
  EXPECT_EQ(later.place->end, key.end());
  EXPECT_TRUE(must(client().check()).usable);
}

TEST_F(MakTest, AClockThatIsSetBackGainsNothingAndCostsNothing) {
  ASSERT_TRUE(activate_by_key().activated);
  clock_.time -= days(400);
  EXPECT_EQ(status().state, LicenceState::licensed);
  EXPECT_FALSE(status().error);
}

TEST_F(MakTest, AMistypedKeyIsFoundBeforeAnythingIsSent) {
  auto text = key.text();
  text[0] = text[0] == '2' ? '3' : '2';
  const auto result = client().activate("", {.key = text});
  ASSERT_FALSE(result);
  EXPECT_EQ(result.error().code, ErrorCode::mak_mistyped);
  EXPECT_TRUE(asked.empty());
}

TEST_F(MakTest, TheKeyItselfIsNeitherSentNorKept) {
  ASSERT_TRUE(activate_by_key().activated);
  EXPECT_EQ(asked.at(0).secret, key.secret(vendor_.id()));
  EXPECT_THAT(identity(), Not(HasSubstr(key.text())));
  std::ifstream in(directory() / "licence");
  const std::string readable{std::istreambuf_iterator<char>(in), {}};
  EXPECT_THAT(readable, Not(HasSubstr(base64url(key.secret(vendor_.id())))));
  EXPECT_THAT(identity(), HasSubstr(base64url(key.secret(vendor_.id()))));
}

TEST_F(MakTest, ARefusalIsToldInTheVendorsWordsAndChangesNothing) {
  limit = 0;
  const auto result = activate_by_key();
  EXPECT_FALSE(result.activated);
  EXPECT_EQ(result.error->code, "limit_reached");
  EXPECT_EQ(result.error->hint, "call 1234");
  EXPECT_EQ(result.used, 0u);
  EXPECT_EQ(result.status.state, LicenceState::initial_grace);
  EXPECT_FALSE(result.status.place);
}

TEST_F(MakTest, ALostAnswerIsHadByAskingAgain) {
  const auto good = network_.hosts[url];
  network_.hosts[url] = [&](std::string_view body) -> Expected<HttpAnswer> {
    (void)good(body);
    return fail(ErrorCode::no_host, "connection reset");
  };
  EXPECT_EQ(activate_by_key().error->code, "no_host");
  network_.hosts[url] = good;
  EXPECT_EQ(activate_by_key().place, 1u);
  EXPECT_EQ(places.size(), 1u);
}

TEST_F(MakTest, OnAnotherMachineItIsRefused) {
  ASSERT_TRUE(activate_by_key().activated);
  copy(directory(), temporary_.path() / "copy");
  os_.facts["machine_id"] = "ffffffffffffffffffffffffffffffff";
  const auto there = must(client_on(temporary_.path() / "copy").status("acme-cad")).at(0);
  ASSERT_TRUE(there.error);
  EXPECT_EQ(there.error->code, ErrorCode::wrong_machine);
  EXPECT_EQ(there.state, LicenceState::initial_grace) << "as if there were none";
  EXPECT_FALSE(there.permanent);
  clock_.pass(days(30));
  const auto later = must(client_on(temporary_.path() / "copy").check());
  EXPECT_FALSE(later.usable) << "a copy has no grace without an end";
  EXPECT_EQ(later.products[0].error->code, ErrorCode::wrong_machine);
}

TEST_F(MakTest, TheKeysMatchSaysWhichChangeOfHardwareIsAnotherMachine) {
  os_.facts["product_uuid"] = "4c4c4544-0031-4a10-8051-b4c04f4a3232";
  for (const auto& [how, same] : {std::pair(Match::any, true), std::pair(Match::all, false)}) {
    match = how;
    ASSERT_TRUE(activate_by_key().activated);
    auto other = os_;
    other.facts["machine_id"] = "ffffffffffffffffffffffffffffffff";
    Client there({directory(), {}}, other, clock_, random_, network_);
    EXPECT_EQ(!must(there.status("acme-cad")).at(0).error, same) << muster::name_of(how);
    ASSERT_TRUE(must(client().status("acme-cad")).at(0).permanent) << "back on the first machine";
  }
}

TEST_F(MakTest, WithoutTheKeyAnActivatedMachineAsksHowItStands) {
  ASSERT_TRUE(activate_by_key().activated);
  asked.clear();
  const auto result = activate();
  EXPECT_TRUE(result.activated);
  ASSERT_EQ(asked.size(), 2u);
  EXPECT_TRUE(asked[0].look);
  EXPECT_FALSE(asked[1].look);
  EXPECT_TRUE(asked[1].activation) << "a ledger that was restored learns of it";
}

TEST_F(MakTest, AReleasedMachineIsToldSoAndBuysNothing) {
  ASSERT_TRUE(activate_by_key().activated);
  places.clear();
  asked.clear();
  const auto result = activate();
  EXPECT_FALSE(result.activated);
  EXPECT_EQ(result.error->code, "no_place");
  EXPECT_EQ(asked.size(), 1u);
  EXPECT_TRUE(places.empty());
  EXPECT_TRUE(status().place->released);
  EXPECT_EQ(status().state, LicenceState::licensed) << "nobody has signed that";
  EXPECT_EQ(status().last_attempt->error, "no_place");
  ASSERT_TRUE(activate_by_key().activated);
  EXPECT_FALSE(status().place->released);
}

TEST_F(MakTest, AnAnswerThatIsNotOursIsNotTaken) {
  using Forge = std::function<void(wire::MakActivation&)>;
  const std::vector<std::pair<std::string, Forge>> forgeries{
      {"wrong_nonce", [](auto& one) { one.nonce[0] ^= 1; }},
      {"wrong_cmid", [](auto& one) { one.cmid.bytes[0] ^= 1; }},
      {"wrong_policy", [](auto& one) { one.place = 99; }},
      {"wrong_machine", [](auto& one) { one.facts.add("set", Bytes16{1}); }}};
  for (const auto& [code, change] : forgeries) {
    forge = change;
    const auto result = activate_by_key();
    EXPECT_EQ(result.error->code, code);
    EXPECT_FALSE(status().place);
  }
}

TEST_F(MakTest, ANewIdentityForgetsTheKey) {
  ASSERT_TRUE(activate_by_key().activated);
  must(client().generalize(false));
  restart();
  EXPECT_FALSE(status().place);
  asked.clear();
  network_.hosts[kHost] = host_.answers();
  must(client().set_host(kHost));
  EXPECT_TRUE(activate().activated) << "by counting, as before the key";
  EXPECT_TRUE(asked.empty());
  EXPECT_FALSE(status().permanent);
}

// ---- by files

struct MakFiles : MakTest {
  std::string request() { return must(client().request_by_mak(key.text())); }
  std::string answered(const std::string& file) {
    const auto asked_for = must(wire::read_mak_request_file(file));
    return wire::encode_mak_answer_file(asked_for, answer(wire::encode_mak_request(asked_for)));
  }
};

TEST_F(MakFiles, AnAnswerIsAppliedOnceAndNeedsNoNetwork) {
  network_.hosts.clear();
  const auto file = request();
  EXPECT_THAT(file, Not(HasSubstr(key.text())));
  EXPECT_EQ(status().state, LicenceState::initial_grace);
  const auto back = answered(file);
  const auto result = must(client().apply_mak_answer(back));
  EXPECT_TRUE(result.activated);
  EXPECT_EQ(result.place, 1u);
  EXPECT_FALSE(result.host);
  EXPECT_TRUE(status().permanent);
  EXPECT_TRUE(network_.asked.empty());
  EXPECT_EQ(client().apply_mak_answer(back).error().code, ErrorCode::wrong_nonce) << "one use";
}

TEST_F(MakFiles, AnAnswerToAnEarlierRequestOrOfAnotherMachineIsNotTaken) {
  const auto earlier = answered(request());
  const auto newest = answered(request());
  EXPECT_EQ(client().apply_mak_answer(earlier).error().code, ErrorCode::wrong_nonce);
  os_.facts["machine_id"] = "ffffffffffffffffffffffffffffffff";
  EXPECT_EQ(client().apply_mak_answer(newest).error().code, ErrorCode::wrong_machine);
  os_.facts["machine_id"] = "0123456789abcdef0123456789abcdef";
  EXPECT_TRUE(must(client().apply_mak_answer(newest)).activated);
}

TEST_F(MakFiles, ARefusalLeavesTheRequestWaiting) {
  limit = 0;
  const auto file = request();
  const auto refused = must(client().apply_mak_answer(answered(file)));
  EXPECT_FALSE(refused.activated);
  EXPECT_EQ(refused.error->code, "limit_reached");
  EXPECT_EQ(refused.error->hint, "call 1234");
  limit = 1;
  EXPECT_TRUE(must(client().apply_mak_answer(answered(file))).activated);
}

TEST_F(MakFiles, AChangedAnswerGrantsNothing) {
  const auto back = answered(request());
  auto file = must(wire::read_mak_answer_file(back));
  auto& jws = *file.answer.activation;
  jws[jws.size() / 2] = jws[jws.size() / 2] == 'A' ? 'B' : 'A';
  wire::MakRequest of;
  of.product = file.product;
  of.cmid = file.cmid;
  of.nonce = file.nonce;
  EXPECT_FALSE(client().apply_mak_answer(wire::encode_mak_answer_file(of, file.answer)));
  EXPECT_FALSE(status().place);
  EXPECT_TRUE(must(client().apply_mak_answer(back)).activated) << "the request still waits";
}

TEST_F(MakFiles, AMistypedKeyMakesNoRequest) {
  EXPECT_EQ(client().request_by_mak("ABCDE").error().code, ErrorCode::mak_mistyped);
}

TEST_F(MakTest, UninstallingForgetsTheKey) {
  ASSERT_TRUE(activate_by_key().activated);
  must(client().uninstall());
  EXPECT_THAT(identity(), Not(HasSubstr("\"mak\"")));
}

}  // namespace
}  // namespace muster::client
