// A PostgreSQL server of a test's own: made in a temporary directory, heard on a socket in it and,
// where asked for, on a free port of the loopback; gone with the test, also with one that is
// killed.
#pragma once

#include <sys/types.h>

#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/testing/temporary_directory.h"

namespace muster::store {

class PostgresServer {
 public:
  // What is missing on this machine, as a sentence; empty: nothing.
  [[nodiscard]] static std::string missing();

  // `settings` as in postgresql.conf, "fsync=off". REQUIRES: nothing is missing.
  explicit PostgresServer(std::vector<std::string> settings = {});
  ~PostgresServer();
  PostgresServer(const PostgresServer&) = delete;
  PostgresServer& operator=(const PostgresServer&) = delete;

  void start();
  // SIGTERM waits for sessions to end, SIGINT ends them, SIGQUIT and SIGKILL leave a crash behind.
  void stop(int signal);
  // Until it takes sessions, after a crash of one of its processes.
  void wait_ready() const;
  [[nodiscard]] pid_t process() const { return process_; }

  // A new, empty database, by its URL; and one that is there.
  [[nodiscard]] std::string make_database();
  [[nodiscard]] std::string url(const std::string& database) const;
  // With all that is in it; its sessions end.
  void drop_database(const std::string& url) const;
  // As the database's administrator.
  void run(const std::string& url, const std::string& sql) const;

 private:
  void read_log(int from);

  TemporaryDirectory directory_;
  std::vector<std::string> settings_;
  pid_t process_ = 0;
  int databases_ = 0;
  std::thread reader_;
  std::mutex mutex_;  // guards the next three
  std::condition_variable changed_;
  std::string log_;
  bool ready_ = false, ended_ = false;
};

// One for all tests of a program, which need not survive a power failure.
[[nodiscard]] PostgresServer& shared_server();

}  // namespace muster::store
