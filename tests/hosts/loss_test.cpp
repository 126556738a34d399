// The database goes away: nothing is acknowledged that is not stored, nothing is stored twice, and
// the hosts go on by themselves when it is back.
#include <gtest/gtest.h>

#include <atomic>
#include <csignal>
#include <functional>
#include <thread>

#include "store/postgres/connection.h"
#include "world.h"

namespace muster::hosts {
namespace {

using store::PostgresServer;
using store::pg::Connection;

class Loss : public testing::Test {
 protected:
  void SetUp() override {
    if (!PostgresServer::missing().empty()) GTEST_SKIP() << PostgresServer::missing();
  }
  // Some batches at a host, which tries to store again whenever it could not.
  static void work(World& world, std::size_t at, int rounds, std::uint64_t seed) {
    SeededRandom random(seed);
    for (int round = 0; round < rounds; ++round) {
      world.ask_some(at, 6, random);
      if (world.host(at).service->not_ready()) world.tick(at);
    }
  }
  static void work_together(World& world, int rounds, const std::function<void()>& meanwhile) {
    std::vector<std::thread> threads;
    for (std::size_t at = 0; at < world.size(); ++at) {
      threads.emplace_back([&world, at, rounds] { work(world, at, rounds, at + 1); });
    }
    meanwhile();
    for (auto& thread : threads) thread.join();
  }
  static void expect_ready(World& world) {
    for (std::size_t at = 0; at < world.size(); ++at) {
      world.tick(at);
      const auto why = world.host(at).service->not_ready();
      EXPECT_FALSE(why) << why->sentence();
    }
  }
};

TEST_F(Loss, of_sessions_costs_nobody_an_activation) {
  World world(store::shared_server(), 3, 1);
  auto admin = Connection::open(world.url(), std::chrono::seconds(10)).value();
  std::int64_t ended = 0;
  work_together(world, 150, [&] {
    for (int time = 0; time < 60; ++time) {
      const auto rows = admin.ask(
          "SELECT count(pg_terminate_backend(pid)) FROM (SELECT pid FROM pg_stat_activity"
          " WHERE datname = current_database() AND pid <> pg_backend_pid()"
          " ORDER BY random() LIMIT 1) one");
      ASSERT_TRUE(rows) << rows.error().sentence();
      ended += rows->number(0, 0);
      (void)admin.ask("SELECT pg_sleep(0.02)");
    }
  });
  EXPECT_GT(ended, 5);
  expect_ready(world);
  world.check();
}

// The transaction is committed, and the session ended while it waits for a standby to have it too.
TEST_F(Loss, of_a_commits_answer_is_settled) {
  PostgresServer server;
  World world(server, 2, 2);
  auto admin = Connection::open(world.url(), std::chrono::seconds(10)).value();
  ASSERT_TRUE(admin.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'"));
  ASSERT_TRUE(admin.run("SELECT pg_reload_conf()"));
  std::atomic<bool> done{false};
  std::thread saboteur([&] {
    std::int64_t ended = 0;
    while (ended == 0) {
      const auto rows = admin.ask(
          "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity"
          " WHERE datname = current_database() AND wait_event = 'SyncRep'");
      ASSERT_TRUE(rows) << rows.error().sentence();
      ended = rows->number(0, 0);
    }
    ASSERT_TRUE(admin.run("ALTER SYSTEM RESET synchronous_standby_names"));
    ASSERT_TRUE(admin.run("SELECT pg_reload_conf()"));
    done = true;
  });
  SeededRandom random(2);
  while (!done) world.ask_some(0, 4, random);
  saboteur.join();
  EXPECT_EQ(world.sent_away(), 0U) << "it was stored, so it was answered";
  work(world, 1, 3, 3);
  world.check();
}

// A server takes a setting over in its own time: it is in force when a commit waits for it.
void wait_for_force(Connection& admin, const std::string& url) {
  auto probe = Connection::open(url, std::chrono::seconds(10)).value();
  for (bool waited = false; !waited;) {
    std::atomic<bool> done{false};
    std::jthread committing([&] {
      EXPECT_TRUE(probe.ask("INSERT INTO probe VALUES (1)"));
      waited = probe.warned();
      done = true;
    });
    while (!done) {
      ASSERT_TRUE(
          admin.run("SELECT pg_cancel_backend(pid) FROM pg_stat_activity"
                    " WHERE datname = current_database() AND wait_event = 'SyncRep'"));
    }
  }
}

// The same while the standby stays away: the transaction stays committed on a server whose standby
// has nothing of it, and would take over without it.
class NoStandby : public Loss, public testing::WithParamInterface<const char*> {};

TEST_P(NoStandby, nobody_is_answered) {
  PostgresServer server;
  World world(server, 2, 5);
  work_together(world, 10, [] {});
  auto admin = Connection::open(world.url(), std::chrono::seconds(10)).value();
  ASSERT_TRUE(admin.run("CREATE TABLE probe (n integer)"));
  ASSERT_TRUE(admin.run("ALTER SYSTEM SET synchronous_standby_names = 'nobody'"));
  ASSERT_TRUE(admin.run("SELECT pg_reload_conf()"));
  wait_for_force(admin, world.url());
  const auto answered = world.answered(), sent_away = world.sent_away();
  std::atomic<bool> done{false};
  std::jthread asker([&] {
    SeededRandom random(5);
    while (world.answered() == answered && world.sent_away() == sent_away) {
      world.ask_some(0, 4, random);
    }
    done = true;
  });
  const auto end_waits = std::string("SELECT pg_") + GetParam() +
                         "_backend(pid) FROM pg_stat_activity"
                         " WHERE datname = current_database() AND wait_event = 'SyncRep'";
  while (!done) ASSERT_TRUE(admin.run(end_waits));
  asker.join();
  EXPECT_EQ(world.answered(), answered);
  ASSERT_TRUE(admin.run("ALTER SYSTEM RESET synchronous_standby_names"));
  ASSERT_TRUE(admin.run("SELECT pg_reload_conf()"));
  expect_ready(world);
  work_together(world, 10, [] {});
  world.check();
}

INSTANTIATE_TEST_SUITE_P(where_somebody_may, NoStandby, testing::Values("terminate", "cancel"),
                         [](const auto& one) { return std::string(one.param); });

TEST_F(Loss, of_the_server_makes_hosts_not_ready_until_it_is_back) {
  PostgresServer server;  // as durable as it is shipped
  World world(server, 2, 3);
  work_together(world, 20, [] {});
  for (const int signal : {SIGINT, SIGQUIT}) {
    // In the middle of the work.
    work_together(world, 60, [&] { server.stop(signal); });
    const auto answered = world.answered();
    work_together(world, 3, [] {});
    EXPECT_GT(world.sent_away(), 0U);
    EXPECT_EQ(world.answered(), answered);
    for (std::size_t at = 0; at < world.size(); ++at) {
      const auto why = world.host(at).service->not_ready();
      ASSERT_TRUE(why);
      EXPECT_EQ(why->code, ErrorCode::store_unavailable);
      EXPECT_FALSE(why->detail.empty());
      EXPECT_FALSE(world.host(at).store->machines(world.vendor().group(), std::nullopt, 9));
    }
    server.start();
    expect_ready(world);
    work_together(world, 20, [] {});
    EXPECT_GT(world.answered(), answered);
  }
  world.check();
}

// One of the server's processes is killed, which makes it throw all sessions out and recover.
TEST_F(Loss, of_a_server_process_is_borne) {
  PostgresServer server;
  World world(server, 2, 4);
  work_together(world, 60, [&] {
    auto admin = Connection::open(world.url(), std::chrono::seconds(10)).value();
    const auto rows = admin.ask(
        "SELECT pid FROM pg_stat_activity WHERE datname = current_database()"
        " AND pid <> pg_backend_pid() LIMIT 1");
    ASSERT_TRUE(rows) << rows.error().sentence();
    ASSERT_EQ(rows->size(), 1);
    ASSERT_EQ(::kill(static_cast<pid_t>(rows->number(0, 0)), SIGKILL), 0);
  });
  server.wait_ready();
  expect_ready(world);
  work_together(world, 10, [] {});
  world.check();
}

}  // namespace
}  // namespace muster::hosts
