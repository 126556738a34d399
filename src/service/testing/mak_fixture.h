// For tests of service: a host with the product acme-cad, and multiple activation keys that its
// ledger sells.
#pragma once

#include "service/mak_activate.h"
#include "service/mak_acts.h"
#include "service/testing/host_fixture.h"
#include "wire/mak_key.h"

namespace muster::service::testing {

class MakFixture : public HostFixture {
 public:
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(25)}});
  }

  // A key's document for this ledger, issued now.
  [[nodiscard]] wire::Mak mak(std::uint32_t limit) const {
    wire::Mak out;
    out.vendor = "Acme";
    out.vendor_id = root.public_key().thumbprint();
    out.id = "kkkkkkkkkkkkkkkkkkkkkk";
    out.product = "acme-cad";
    out.customer = "Example Ltd";
    out.ledger = host->ledger();
    out.key_hash = wire::mak_hash(secret());
    out.key_end = key.end();
    out.policy.limit = limit;
    out.hint = "call 1234";
    out.issued = clock.wall;
    return out;
  }
  [[nodiscard]] std::string sign(const wire::Mak& document) const {
    return *wire::sign_mak(document, *root.signer());
  }
  void add(const wire::Mak& document) {
    const auto added = add_mak(*host, sign(document), "socket:0");
    ASSERT_TRUE(added) << added.error().sentence();
  }
  [[nodiscard]] Bytes32 secret() const { return key.secret(root.public_key().thumbprint()); }

  // Machine `n` shows the key.
  [[nodiscard]] wire::MakRequest request(int n) {
    const auto one = desk(n).request;
    wire::MakRequest out;
    out.product = "acme-cad";
    out.secret = secret();
    out.cmid = one.cmid;
    out.nonce = random.bytes<16>();
    out.facts = one.facts;
    out.time = clock.wall;
    out.name = one.name;
    return out;
  }
  Reply post(const wire::MakRequest& one) {
    return post_mak_activation(*host, wire::encode_mak_request(one), "10.0.0.7", false).reply;
  }
  wire::MakAnswer sell(const wire::MakRequest& one) {
    const auto reply = post(one);
    EXPECT_EQ(reply.status, 200) << reply.body;
    const auto answer = wire::decode_mak_answer(reply.body);
    EXPECT_TRUE(answer) << reply.body;
    return answer.value_or(wire::MakAnswer{});
  }
  [[nodiscard]] core::KeyRecord record() { return store.keys()->front().second; }
  [[nodiscard]] wire::Event last_event() { return *wire::parse_event_line(events().back().line); }

  wire::MakKey key = wire::MakKey::random(random);
};

}  // namespace muster::service::testing
