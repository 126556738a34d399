// A unit that the database ends because another transaction was in its way is made again: no
// machine hears of it.
#include <gtest/gtest.h>

#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "store/postgres/connection.h"
#include "world.h"

namespace muster::hosts {
namespace {

using store::PostgresServer;
using store::pg::Connection;

// A server, a host that has answered before, and an administrator who holds what its units need.
class Contention : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::missing().empty()) GTEST_SKIP() << PostgresServer::missing();
  }
  static Connection connect(const World& world) {
    return Connection::open(world.url(), std::chrono::seconds(30)).value();
  }
  static void run(Connection& db, const std::string& sql) {
    if (const auto done = db.run(sql); !done) throw std::runtime_error(done.error().sentence());
  }
  static void await_a_waiting_unit(Connection& watcher) {
    for (std::int64_t waiting = 0; waiting == 0;) {
      const auto rows = watcher.ask(
          "SELECT count(*) FROM pg_stat_activity"
          " WHERE datname = current_database() AND wait_event_type = 'Lock'");
      ASSERT_TRUE(rows) << rows.error().sentence();
      waiting = rows->number(0, 0);
    }
  }
  // The administrator takes `held`; a batch of the host's waits for it; then he goes on with
  // `then`, which must succeed, and ends.
  static void in_the_way(const std::vector<std::string>& settings, const std::string& held,
                         const std::string& then) {
    PostgresServer server(settings);
    World world(server, 2, 5);
    SeededRandom random(5);
    for (int round = 0; round < 5; ++round) world.ask_some(0, 6, random);
    auto admin = connect(world), watcher = connect(world);
    run(admin, "SET deadlock_timeout = '1min'; BEGIN; " + held);
    std::jthread asking([&] { world.ask_some(0, 6, random); });
    await_a_waiting_unit(watcher);
    run(admin, then);
    run(admin, "COMMIT");
    asking.join();
    EXPECT_EQ(world.sent_away(), 0U);
    EXPECT_EQ(world.host(0).service->figures().units_failed, 0U);
    world.check();
  }
};

// The database ends the one that has waited for so long, which is the unit: the administrator is
// patient. A unit gives a lock up after 5 s.
const std::vector<std::string> kPatient{"deadlock_timeout=4s"};
constexpr const char* kWantHosts = "SELECT id FROM host FOR UPDATE";

TEST_F(Contention, a_deadlock_while_a_unit_begins) {
  in_the_way(kPatient, "SELECT id FROM count_group FOR UPDATE", kWantHosts);
}

TEST_F(Contention, a_deadlock_while_a_unit_is_written) {
  in_the_way(kPatient, "LOCK TABLE event IN SHARE ROW EXCLUSIVE MODE", kWantHosts);
}

TEST_F(Contention, a_unit_that_cannot_be_put_in_order) {
  in_the_way({"default_transaction_isolation=repeatable read"}, "UPDATE host SET time = time",
             "SELECT 1");
}

}  // namespace
}  // namespace muster::hosts
