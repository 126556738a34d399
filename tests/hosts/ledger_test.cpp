// A key's limit holds for all hosts of a database together.
#include <gtest/gtest.h>

#include <fmt/format.h>

#include <algorithm>
#include <set>
#include <thread>

#include "base/digest.h"
#include "service/mak_activate.h"
#include "service/mak_acts.h"
#include "store/postgres/connection.h"
#include "wire/mak_key.h"
#include "world.h"

namespace muster::hosts {
namespace {

constexpr std::uint32_t kLimit = 40;
constexpr int kMachines = 60;

class Ledger : public testing::Test {
 protected:
  void SetUp() override {
    const auto missing = store::PostgresServer::missing();
    if (!missing.empty()) GTEST_SKIP() << missing;
    begin(store::shared_server());
  }
  // Three hosts on a new database, and a key that all of them serve.
  void begin(store::PostgresServer& server) {
    world_ = std::make_unique<World>(server, 3, 1);
    const auto& root = world_->vendor().root();
    wire::Mak mak;
    mak.vendor = "Acme";
    mak.vendor_id = root.public_key().thumbprint();
    mak.id = "kkkkkkkkkkkkkkkkkkkkkk";
    mak.product = "acme-cad";
    mak.customer = "Example Ltd";
    mak.ledger = world_->host(0).service->ledger();
    mak.key_hash = wire::mak_hash(secret());
    mak.key_end = key_.end();
    mak.policy.limit = kLimit;
    mak.issued = world_->host(0).clock.wall;
    const auto added = service::add_mak(*world_->host(0).service,
                                        *wire::sign_mak(mak, *root.signer()), "socket:0");
    ASSERT_TRUE(added) << added.error().sentence();
    // Within a second or so they know it, too.
    for (std::size_t at = 1; at < world_->size(); ++at) world_->tick(at);
  }
  [[nodiscard]] Bytes32 secret() const {
    return key_.secret(world_->vendor().root().public_key().thumbprint());
  }
  [[nodiscard]] wire::MakAnswer ask(std::size_t at, int machine, SeededRandom& random) const {
    wire::MakRequest out;
    out.product = "acme-cad";
    out.secret = secret();
    out.cmid = Cmid{first16(sha256(as_bytes(fmt::format("machine {}", machine))))};
    out.facts.add("set", out.cmid.bytes);
    out.nonce = random.bytes<16>();
    auto& host = world_->host(at);
    out.time = host.clock.wall;
    const auto reply = service::post_mak_activation(*host.service, wire::encode_mak_request(out),
                                                    "10.0.0.7", true);
    EXPECT_EQ(reply.reply.status, 200) << reply.reply.body;
    return wire::decode_mak_answer(reply.reply.body).value_or(wire::MakAnswer{});
  }

  // An administrator's session holds what `held` locks; a machine asks, and its unit waits for
  // that; then he goes on with `then` and ends. The machine hears of nothing.
  void in_the_way(const std::vector<std::string>& settings, const std::string& held,
                  const std::string& then) {
    store::PostgresServer server(settings);
    begin(server);
    const auto connect = [&] {
      return store::pg::Connection::open(world_->url(), std::chrono::seconds(30)).value();
    };
    auto admin = connect(), watcher = connect();
    SeededRandom random(7);
    EXPECT_EQ(ask(0, 1, random).place, 1U);
    const auto failed = world_->host(0).service->figures().units_failed.load();
    ASSERT_TRUE(admin.run("SET deadlock_timeout = '1min'; BEGIN; " + held));
    wire::MakAnswer answer;
    std::jthread asking([&] { answer = ask(0, 2, random); });
    for (std::int64_t waiting = 0; waiting == 0;) {
      const auto rows = watcher.ask(
          "SELECT count(*) FROM pg_stat_activity"
          " WHERE datname = current_database() AND wait_event_type = 'Lock'");
      ASSERT_TRUE(rows) << rows.error().sentence();
      waiting = rows->number(0, 0);
    }
    ASSERT_TRUE(admin.run(then));
    ASSERT_TRUE(admin.run("COMMIT"));
    asking.join();
    EXPECT_TRUE(answer.activated);
    EXPECT_EQ(answer.place, 2U);
    EXPECT_EQ(answer.used, 2U) << "sold once";
    EXPECT_EQ(world_->host(0).service->figures().units_failed, failed);
    EXPECT_FALSE(world_->host(0).service->not_ready());
    EXPECT_EQ(world_->host(1).store->keys().value().front().second.sold, 2U);
    world_.reset();
  }

  SeededRandom random_{1};
  wire::MakKey key_ = wire::MakKey::random(random_);
  std::unique_ptr<World> world_;
};

// The database ends the one that has waited for so long, which is the unit.
const std::vector<std::string> kPatient{"deadlock_timeout=4s"};
constexpr const char* kWantHosts = "SELECT id FROM host FOR UPDATE";

TEST_F(Ledger, a_deadlock_while_a_unit_begins_is_decided_again) {
  in_the_way(kPatient, "SELECT id FROM mak FOR UPDATE", kWantHosts);
}

TEST_F(Ledger, a_deadlock_while_a_place_is_looked_for_is_decided_again) {
  in_the_way(kPatient, "LOCK TABLE place_fact IN ACCESS EXCLUSIVE MODE", kWantHosts);
}

TEST_F(Ledger, a_deadlock_while_a_unit_is_written_is_decided_again) {
  in_the_way(kPatient, "LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE", kWantHosts);
}

TEST_F(Ledger, a_unit_that_cannot_be_put_in_order_is_decided_again) {
  in_the_way({"default_transaction_isolation=repeatable read"}, "UPDATE host SET time = time",
             "SELECT 1");
}

TEST_F(Ledger, three_hosts_together_never_sell_more_than_the_limit) {
  std::mutex mutex;
  std::map<int, std::set<std::uint32_t>> places;  // by machine
  int refused = 0;
  std::vector<std::thread> threads;
  for (std::size_t at = 0; at < world_->size(); ++at) {
    threads.emplace_back([&, at] {
      SeededRandom random(at + 10);
      for (int n = 0; n < kMachines; ++n) {
        // Every machine asks everywhere, each host beginning with another one.
        const int machine = (n + static_cast<int>(at) * kMachines / 3) % kMachines;
        const auto answer = ask(at, machine, random);
        const std::lock_guard lock(mutex);
        if (answer.activated) {
          places[machine].insert(answer.place.value());
        } else {
          EXPECT_EQ(answer.error, ErrorCode::limit_reached);
          ++refused;
        }
      }
    });
  }
  for (auto& thread : threads) thread.join();

  std::set<std::uint32_t> sold;
  for (const auto& [machine, of_machine] : places) {
    EXPECT_EQ(of_machine.size(), 1U) << "machine " << machine << " holds one place, everywhere";
    sold.insert(of_machine.begin(), of_machine.end());
  }
  EXPECT_EQ(places.size(), kLimit);
  EXPECT_EQ(sold.size(), kLimit);
  EXPECT_EQ(*sold.begin(), 1U);
  EXPECT_EQ(*sold.rbegin(), kLimit);
  EXPECT_GT(refused, 0);
  for (std::size_t at = 0; at < world_->size(); ++at) {
    const auto keys = world_->host(at).store->keys().value();
    ASSERT_EQ(keys.size(), 1U);
    EXPECT_EQ(keys.front().second.sold, kLimit);
    EXPECT_EQ(world_->host(at).store->places(keys.front().first, 0)->size(), kLimit);
  }
}

}  // namespace
}  // namespace muster::hosts
