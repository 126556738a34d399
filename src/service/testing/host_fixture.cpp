#include "service/testing/host_fixture.h"

#include <fmt/format.h>

#include "base/digest.h"
#include "wire/event.h"

namespace muster::service::testing {

Policy threshold_of(std::uint32_t threshold) {
  Policy out;
  out.threshold = threshold;
  return out;
}

HostFixture::HostFixture() {
  const auto vendor_id = root.public_key().thumbprint();
  product_file = {.vendor = "Acme",
                  .vendor_id = vendor_id,
                  .product = "acme-cad",
                  .name = "Acme CAD",
                  .group = "desktop",
                  .vendor_keys = {root.public_key()},
                  .initial_grace = std::chrono::days(30),
                  .additional_grace = std::chrono::days(30),
                  .retry_interval = minutes(120),
                  .rearm_limit = 3,
                  .issued = clock.wall};
}

std::string HostFixture::key_file(const std::vector<std::pair<std::string, Policy>>& products,
                                  Instant issued) const {
  std::string out;
  const auto signer_of_root = root.signer();
  for (const auto& [product, policy] : products) {
    const wire::HostKey key{.vendor = "Acme",
                            .vendor_id = root.public_key().thumbprint(),
                            .id = "AAAAAAAAAAAAAAAAAAAAAA",
                            .host = host_key.public_key(),
                            .customer = "Example Ltd",
                            .product = product,
                            .name = product,
                            .group = "desktop",
                            .policy = policy,
                            .issued = issued,
                            .expires = issued + std::chrono::days(730),
                            .text = {}};
    out += *wire::sign_host_key(key, *signer_of_root) + "\n";
  }
  return out;
}

void HostFixture::install(const std::vector<std::pair<std::string, Policy>>& products) {
  const auto installed = host->install_keys(key_file(products, clock.wall), "socket:0");
  ASSERT_TRUE(installed) << installed.error().sentence();
}

std::vector<store::EventRow> HostFixture::events() { return *store.events({}, 1000); }

void HostFixture::put_behind(std::string line, std::optional<Bytes32> hash) {
  const auto head = *store.chain_head();
  auto unit = *store.open({});
  unit->append(store::EventRow{.place = {head.epoch, head.seq + 1},
                               .time = clock.wall,
                               .group = {},
                               .cmid = {},
                               .machine_prev = {},
                               .line = line,
                               .hash = hash.value_or(wire::chain_hash(head.hash, line))});
  ASSERT_TRUE(unit->commit());
}

std::vector<std::string> HostFixture::types() {
  std::vector<std::string> out;
  for (const auto& row : events()) out.push_back(wire::parse_event_line(row.line)->type);
  return out;
}

void HostFixture::open_host() {
  auto opened = HostService::open(store, clock, random, host_key, limits);
  ASSERT_TRUE(opened) << opened.error().sentence();
  host = std::move(*opened);
  ASSERT_TRUE(host->start("test"));
}

Desk HostFixture::desk(int n, const std::string& product) const {
  Desk out;
  const auto seed = fmt::format("desk {}", n);
  out.request.product = product;
  out.request.cmid = Cmid{first16(sha256(as_bytes(seed)))};
  out.request.facts.add("set", first16(sha256(as_bytes(seed + " fact"))));
  out.request.name = fmt::format("desk-{:03}.corp.example", n);
  out.request.is_virtual = true;
  out.request.state = LicenceState::initial_grace;
  out.request.minutes_left = 43'200;
  return out;
}

wire::Event HostFixture::ask_unserved(Desk& desk) {
  const auto answer = ask(desk);
  EXPECT_EQ(answer.error, ErrorCode::product_not_served);
  EXPECT_FALSE(answer.count);
  EXPECT_FALSE(answer.threshold);
  EXPECT_FALSE(answer.ticket);
  auto event = *wire::parse_event_line(events().back().line);
  EXPECT_EQ(event.error, "product_not_served");
  return event;
}

Reply HostFixture::ask_raw(const std::string& body, const std::string& address, bool local) {
  auto pending = host->decode(body, address, local);
  if (!pending) return pending.error();
  std::optional<Reply> reply;
  (*pending)->done = [&](std::unique_ptr<Pending> decided) {
    reply = host->finish(*decided, *signer);
  };
  if (auto refused = host->submit(std::move(*pending))) return *refused;
  while (host->run_batch() > 0) {
  }
  return *reply;
}

wire::ActivationAnswer HostFixture::ask(Desk& desk) {
  desk.request.time = clock.wall;
  desk.request.nonce = random.bytes<16>();
  const auto reply = ask_raw(wire::encode_request(desk.request));
  EXPECT_EQ(reply.status, 200) << reply.body;
  auto answer = wire::decode_answer(reply.body);
  EXPECT_TRUE(answer) << reply.body;
  if (answer->ticket) desk.request.ticket = answer->ticket;
  return *answer;
}

}  // namespace muster::service::testing
