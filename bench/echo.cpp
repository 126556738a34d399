// The HTTP part alone: the host's own listener, connections and parser around a site that does
// nothing.
#include <arpa/inet.h>
#include <fmt/format.h>
#include <netinet/tcp.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdio>
#include <thread>
#include <vector>

#include "host/listener.h"
#include "load/http_reader.h"
#include "load/load.h"
#include "program.h"

namespace muster::bench {
namespace {

// As large as an activation's answer and request are.
constexpr std::size_t kAnswerBytes = 2'900, kRequestBytes = 480;

class EchoSite final : public host::Site {
 public:
  void handle(host::Exchange& exchange) override { exchange.answer({.body = body_}); }
  void run(host::Task work) override { work(); }

 private:
  std::string body_ = std::string(kAnswerBytes, 'x');
};

struct Connection {
  int fd = -1;
  std::string in;
};

class EchoLoad {
 public:
  explicit EchoLoad(const Arguments& arguments)
      : keep_alive_(arguments.text("mode", "keep-alive") == "keep-alive"),
        requests_(arguments.number("requests", 200'000)),
        connections_(arguments.number("connections", 256)),
        url_(arguments.text("url")) {}

  Expected<void> run() {
    const auto target = load::parse_target(url_);
    if (!target) return std::unexpected(target.error());
    target_.sin_family = AF_INET;
    target_.sin_port = htons(target->port);
    inet_pton(AF_INET, target->address.c_str(), &target_.sin_addr);
    const std::string body(kRequestBytes, 'x');
    request_ = fmt::format(
        "POST /v1/activations HTTP/1.1\r\nHost: {}:{}\r\nContent-Type: application/json\r\n"
        "Content-Length: {}\r\n{}\r\n{}",
        target->address, target->port, body.size(), keep_alive_ ? "" : "Connection: close\r\n",
        body);
    epoll_ = ::epoll_create1(EPOLL_CLOEXEC);
    const auto began = seconds_now();
    for (auto& connection : connections_) open(connection);
    if (auto done = loop(); !done) return done;
    const auto took = seconds_now() - began;
    fmt::print("{{\"rate\":{:.1f},\"seconds\":{:.3f},\"answers\":{}}}\n",
               static_cast<double>(answers_) / took, took, answers_);
    return {};
  }

 private:
  void open(Connection& connection) {
    connection.fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
    const int on = 1;
    ::setsockopt(connection.fd, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
    (void)!::connect(connection.fd, reinterpret_cast<const sockaddr*>(&target_), sizeof target_);
    watch(connection, EPOLL_CTL_ADD, EPOLLOUT);
  }
  void watch(Connection& connection, int how, std::uint32_t events) {
    epoll_event event{};
    event.events = events;
    event.data.ptr = &connection;
    ::epoll_ctl(epoll_, how, connection.fd, &event);
  }

  Expected<void> loop() {
    std::vector<epoll_event> events(512);
    auto last = seconds_now();
    while (answers_ < requests_) {
      // As the load generator on a core of its own: never asleep, so that the host wakes nobody.
      const int n = ::epoll_wait(epoll_, events.data(), static_cast<int>(events.size()), 0);
      const auto now = seconds_now();
      if (n > 0) last = now;
      if (now - last > 10) return fail(ErrorCode::no_host, "the echo host does not answer");
      for (int i = 0; i < n; ++i) {
        const auto& event = events[static_cast<std::size_t>(i)];
        auto& connection = *static_cast<Connection*>(event.data.ptr);
        if ((event.events & EPOLLOUT) != 0) {
          watch(connection, EPOLL_CTL_MOD, EPOLLIN);
          if (!send(connection)) return fail(ErrorCode::no_host, "the connection broke");
        } else if (!receive(connection)) {
          return fail(ErrorCode::bad_answer, "the echo host's answer is not valid");
        }
      }
    }
    return {};
  }

  bool send(Connection& connection) {
    const auto n = ::send(connection.fd, request_.data(), request_.size(), MSG_NOSIGNAL);
    return n == static_cast<ssize_t>(request_.size());
  }

  bool receive(Connection& connection) {
    char buffer[16 * 1024];
    const auto n = ::recv(connection.fd, buffer, sizeof buffer, 0);
    if (n <= 0) return false;
    connection.in.append(buffer, static_cast<std::size_t>(n));
    const auto answer = load::read_answer(connection.in);
    if (answer.kind == load::HttpAnswer::Kind::partial) return true;
    if (answer.status != 200 || answer.body.size() != kAnswerBytes) return false;
    ++answers_;
    connection.in.clear();
    if (keep_alive_) return send(connection);
    ::close(connection.fd);
    open(connection);
    return true;
  }

  bool keep_alive_;
  std::uint64_t requests_, answers_ = 0;
  std::vector<Connection> connections_;
  std::string url_, request_;
  sockaddr_in target_{};
  int epoll_ = -1;
};

}  // namespace

Expected<void> serve_echo(const Arguments& arguments) {
  const auto where = host::AddressPort::parse("127.0.0.1:0");
  if (!where) return std::unexpected(where.error());
  auto listener = host::TcpListener::bind(*where);
  if (!listener) return std::unexpected(listener.error());
  host::Log log(host::LogFormat::text, host::LogLevel::warning);
  EchoSite site;
  host::ConnectionSettings settings;
  settings.site = &site;
  std::vector<std::unique_ptr<host::Worker>> workers;
  for (std::uint64_t i = 0; i < arguments.number("threads", 1); ++i) {
    workers.push_back(std::make_unique<host::Worker>(nullptr));
  }
  (*listener)->accept(workers, settings, 16'000, log);
  std::vector<std::jthread> threads;
  for (auto& worker : workers) threads.emplace_back([&worker] { worker->run(); });
  fmt::print("ready http://127.0.0.1:{}\n", (*listener)->port());
  std::fflush(stdout);
  while (std::getchar() != EOF) {
  }
  for (auto& worker : workers) {
    worker->post([&] { (*listener)->close(*worker); });
    worker->stop();
  }
  return {};
}

Expected<void> load_echo(const Arguments& arguments) { return EchoLoad(arguments).run(); }

}  // namespace muster::bench
