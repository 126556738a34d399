// Multiple activation keys over real sockets.
#include <gmock/gmock.h>

#include "host/metrics.h"
#include "host/testing/host_fixture.h"
#include "service/mak_acts.h"
#include "wire/mak_exchange.h"
#include "wire/mak_key.h"

namespace muster::host::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

struct Maks : HostTest {
  wire::MakKey key = wire::MakKey::random(random);

  void start_with_key(std::uint32_t limit) {
    options.trusted_proxies = {"127.0.0.0/8"};
    start();
    wire::Mak mak;
    mak.vendor = "Acme";
    mak.vendor_id = root.public_key().thumbprint();
    mak.id = "kkkkkkkkkkkkkkkkkkkkkk";
    mak.product = "acme-cad";
    mak.customer = "Corp";
    mak.ledger = service->ledger();
    mak.key_hash = wire::mak_hash(key.secret(mak.vendor_id));
    mak.key_end = key.end();
    mak.policy.limit = limit;
    mak.issued = clock.now();
    const auto text = wire::sign_mak(mak, *root.signer()).value();
    ASSERT_TRUE(service::add_mak(*service, text, "host"));
  }
  [[nodiscard]] std::string body(std::uint8_t machine, const wire::MakKey& shown) {
    wire::MakRequest out;
    out.product = "acme-cad";
    out.secret = shown.secret(root.public_key().thumbprint());
    out.cmid.bytes.fill(machine);
    out.nonce = random.bytes<16>();
    out.facts.add("set", out.cmid.bytes);
    out.time = clock.now();
    return wire::encode_mak_request(out);
  }
  [[nodiscard]] std::string ask_key(std::uint8_t machine, const wire::MakKey& shown,
                                    std::string_view from) {
    return ask(post("/v1/mak-activations", body(machine, shown),
                    "X-Forwarded-For: " + std::string(from) + "\r\n"));
  }
};

TEST_F(Maks, AMachineIsGivenItsPlace) {
  start_with_key(2);
  const auto answer = ask_key(1, key, "192.0.2.1");
  EXPECT_EQ(status_of(answer), 200);
  const auto decoded = wire::decode_mak_answer(body_of(answer));
  ASSERT_TRUE(decoded);
  EXPECT_EQ(decoded->place, 1u);
  EXPECT_TRUE(decoded->activation);
}

TEST_F(Maks, TheCallIsAPostOfJson) {
  start_with_key(2);
  EXPECT_EQ(status_of(ask(get("/v1/mak-activations"))), 405);
  EXPECT_THAT(ask(get("/v1/mak-activations")), HasSubstr("\r\nAllow: POST\r\n"));
  EXPECT_EQ(status_of(ask("POST /v1/mak-activations HTTP/1.1\r\nHost: localhost\r\n"
                          "Content-Type: text/plain\r\nContent-Length: 2\r\n\r\n{}")),
            415);
}

// The sixth wrong key of a minute is not looked at, nor is a right one, and other addresses go on.
TEST_F(Maks, GuessesAreLimitedPerAddress) {
  start_with_key(2);
  auto wrong = wire::MakKey::random(random);
  const auto expect_unknown = [&](std::uint8_t machine) {
    const auto answer = ask_key(machine, wrong, "192.0.2.1");
    EXPECT_EQ(status_of(answer), 200);
    EXPECT_THAT(answer, HasSubstr("mak_unknown"));
  };
  // The same one again is no guess.
  for (std::uint8_t i = 10; i < 30; ++i) expect_unknown(i);
  for (std::uint8_t i = 1; i < 5; ++i) {
    wrong = wire::MakKey::random(random);
    expect_unknown(i);
  }
  for (const auto& shown : {wrong, key}) {
    const auto answer = ask_key(9, shown, "192.0.2.1");
    EXPECT_EQ(status_of(answer), 429);
    EXPECT_THAT(answer, HasSubstr("\r\nRetry-After: "));
  }
  EXPECT_EQ(status_of(ask_key(2, key, "192.0.2.2")), 200);
}

TEST_F(Maks, TheLedgerIsAnOperatorsToSee) {
  start_with_key(2);
  (void)ask_key(1, key, "192.0.2.1");
  EXPECT_EQ(status_of(ask_admin(get("/v1/keys"))), 401);
  const auto viewer = bearer(service::Role::viewer);
  EXPECT_EQ(status_of(ask_admin(get("/v1/keys", viewer))), 403);
  const auto operating = bearer(service::Role::operating);
  const auto list = ask_admin(get("/v1/keys", operating));
  EXPECT_THAT(list, HasSubstr(R"("used":1,"remaining":1)"));
  EXPECT_THAT(list, Not(HasSubstr(base64url(key.secret(root.public_key().thumbprint())))));
  const auto one = ask_admin(get("/v1/keys/kkkkkkkkkkkkkkkkkkkkkk?after=0", operating));
  EXPECT_THAT(one, HasSubstr(R"("places":[{"place":1)"));
  const auto release = post("/v1/keys/kkkkkkkkkkkkkkkkkkkkkk/release",
                            R"({"cmid":"01010101-0101-0101-0101-010101010101"})", operating);
  EXPECT_THAT(ask_admin(release), HasSubstr(R"("used":0)"));
  EXPECT_EQ(status_of(ask_admin(post("/v1/keys", R"({"mak":"x"})", operating))), 403)
      << "a key is added by an administrator";
}

TEST_F(Maks, TheMetricsCountPlacesAndNameNoKey) {
  start_with_key(2);
  (void)ask_key(1, key, "192.0.2.1");
  const auto text = metrics_text(*service, "9", {}, {}, {}).value();
  EXPECT_THAT(text, HasSubstr("mak=\"kkkkkkkkkkkkkkkkkkkkkk\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("muster_mak_remaining{"));
  EXPECT_THAT(text, HasSubstr("muster_mak_requests_total{result=\"activated\"} 1\n"));
  EXPECT_THAT(text, Not(HasSubstr(base64url(key.secret(root.public_key().thumbprint())))));
  EXPECT_THAT(text, Not(HasSubstr(key.end())));
}

}  // namespace
}  // namespace muster::host::testing
