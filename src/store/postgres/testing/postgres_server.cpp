#include "store/postgres/testing/postgres_server.h"

#include <fcntl.h>
#include <libpq-fe.h>
#include <pwd.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include <csignal>
#include <filesystem>
#include <memory>
#include <stdexcept>

namespace muster::store {
namespace {

namespace fs = std::filesystem;

// Debian and Ubuntu keep each version's programs in a directory of its own.
fs::path programs() {
  fs::path newest;
  std::error_code ignored;
  for (const auto& entry : fs::directory_iterator("/usr/lib/postgresql", ignored)) {
    const auto bin = entry.path() / "bin";
    if (fs::exists(bin / "initdb", ignored) && bin > newest) newest = bin;
  }
  return newest;
}

// The server refuses to be root's.
const passwd* other_user() {
  if (::geteuid() != 0) return nullptr;
  const auto* user = ::getpwnam("postgres");
  return user != nullptr ? user : ::getpwnam("nobody");
}

// Starts a program as the server's user; it ends with this thread. Its output goes to `out`.
pid_t start_program(std::vector<std::string> words, int out) {
  std::vector<std::string> all{"/usr/bin/setpriv", "--pdeathsig", "QUIT"};
  if (const auto* user = other_user()) {
    all.insert(all.end(), {"--reuid", user->pw_name, "--regid", std::to_string(user->pw_gid),
                           "--clear-groups"});
  }
  all.insert(all.end(), words.begin(), words.end());
  std::vector<char*> arguments;
  for (auto& word : all) arguments.push_back(word.data());
  arguments.push_back(nullptr);
  std::string path = "PATH=/usr/bin:/bin", locale = "LC_ALL=C";
  char* environment[] = {path.data(), locale.data(), nullptr};
  posix_spawn_file_actions_t actions;
  posix_spawn_file_actions_init(&actions);
  posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0);
  posix_spawn_file_actions_adddup2(&actions, out, 1);
  posix_spawn_file_actions_adddup2(&actions, out, 2);
  pid_t child = 0;
  const int failed =
      ::posix_spawn(&child, all.front().c_str(), &actions, nullptr, arguments.data(), environment);
  posix_spawn_file_actions_destroy(&actions);
  if (failed != 0) throw std::runtime_error("cannot start " + words.front());
  return child;
}

}  // namespace

std::string PostgresServer::missing() {
  if (programs().empty()) return "no PostgreSQL is installed";
  if (!fs::exists("/usr/bin/setpriv")) return "setpriv (util-linux) is not installed";
  return {};
}

PostgresServer::PostgresServer(std::vector<std::string> settings) : settings_(std::move(settings)) {
  if (const auto* user = other_user()) {
    if (::chown(directory_.path().c_str(), user->pw_uid, user->pw_gid) != 0) {
      throw std::runtime_error("cannot give the server its directory");
    }
  }
  const int log = ::open("/dev/null", O_WRONLY | O_CLOEXEC);
  const auto made =
      start_program({(programs() / "initdb").string(), "-D", (directory_ / "data").string(), "-A",
                     "trust", "-U", "postgres", "-E", "UTF8", "--locale=C", "--no-sync"},
                    log);
  int status = 0;
  ::waitpid(made, &status, 0);
  ::close(log);
  if (status != 0) throw std::runtime_error("initdb fails");
  start();
}

PostgresServer::~PostgresServer() {
  if (process_ != 0) stop(SIGQUIT);
}

void PostgresServer::start() {
  int ends[2];
  if (::pipe2(ends, O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  std::vector<std::string> words{(programs() / "postgres").string(),
                                 "-D",
                                 (directory_ / "data").string(),
                                 "-k",
                                 directory_.path().string(),
                                 "-c",
                                 "listen_addresses="};
  for (const auto& setting : settings_) words.insert(words.end(), {"-c", setting});
  ready_ = ended_ = false;
  process_ = start_program(words, ends[1]);
  ::close(ends[1]);
  reader_ = std::thread([this, from = ends[0]] { read_log(from); });
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return ready_ || ended_; });
  if (!ready_) throw std::runtime_error("PostgreSQL does not start: " + log_);
}

void PostgresServer::read_log(int from) {
  char buffer[4096];
  for (;;) {
    const auto got = ::read(from, buffer, sizeof buffer);
    const std::lock_guard lock(mutex_);
    if (got <= 0) break;
    log_.append(buffer, static_cast<std::size_t>(got));
    ready_ = ready_ || log_.find("ready to accept connections") != std::string::npos;
    if (log_.size() > 65'536) log_.erase(0, 32'768);
    changed_.notify_all();
  }
  ::close(from);
  const std::lock_guard lock(mutex_);
  ended_ = true;
  changed_.notify_all();
}

void PostgresServer::stop(int signal) {
  ::kill(process_, signal);
  ::waitpid(process_, nullptr, 0);
  process_ = 0;
  reader_.join();
  log_.clear();
}

void PostgresServer::wait_ready() const {
  while (PQping(url("postgres").c_str()) != PQPING_OK) std::this_thread::yield();
}

std::string PostgresServer::url(const std::string& database) const {
  return "postgres:///" + database + "?user=postgres&host=" + directory_.path().string();
}

std::string PostgresServer::make_database() {
  const auto name = "test_" + std::to_string(++databases_);
  run(url("postgres"), "CREATE DATABASE " + name + " TEMPLATE template0");
  return url(name);
}

void PostgresServer::drop_database(const std::string& gone) const {
  const auto name = gone.substr(gone.find("///") + 3, gone.find('?') - gone.find("///") - 3);
  run(url("postgres"), "DROP DATABASE " + name + " WITH (FORCE)");
}

void PostgresServer::run(const std::string& url, const std::string& sql) const {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> db(PQconnectdb(url.c_str()), PQfinish);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(db.get(), sql.c_str()),
                                                             PQclear);
  const auto status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(db.get()));
  }
}

PostgresServer& shared_server() {
  static PostgresServer server({"fsync=off", "max_connections=100"});
  return server;
}

}  // namespace muster::store
