// Listening sockets. Every worker accepts from the same queue by a descriptor of its own, so a
// burst is taken by whoever has time, and a second process on the same address is an error
// (SO_REUSEPORT would hide it).
#pragma once

#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/local/stream_protocol.hpp>
#include <memory>
#include <span>
#include <string>

#include "host/connection.h"
#include "host/log.h"

namespace muster::host {

inline constexpr int kBacklog = 16'384;

// What the kernel cuts a backlog to (net.core.somaxconn), or nothing where it cannot be read.
[[nodiscard]] std::optional<int> kernel_backlog();

class TcpListener {
 public:
  // Binds and listens; nobody is accepted yet. listen_failed.
  [[nodiscard]] static Expected<std::unique_ptr<TcpListener>> bind(const AddressPort& where);
  // Accepts on every worker. REQUIRES: their loops do not run yet, or the calls are made on them.
  // `settings`, `log` and the listener must outlive the workers.
  void accept(std::span<const std::unique_ptr<Worker>> workers, ConnectionSettings& settings,
              std::size_t connections_most, Log& log);
  // On each worker's thread, once: stops accepting there.
  void close(const Worker& worker);
  // For new connections. Thread-safe. Null: plain.
  void set_tls(std::shared_ptr<asio::ssl::context> tls) {
    std::atomic_store(&tls_, std::move(tls));
  }
  [[nodiscard]] std::uint16_t port() const { return port_; }
  ~TcpListener();

 private:
  struct Acceptor;
  TcpListener() = default;
  void accept_next(Acceptor& acceptor);
  void accepted(Acceptor& acceptor, asio::ip::tcp::socket socket);

  int fd_ = -1;
  bool v6_ = false;
  std::uint16_t port_ = 0;
  ConnectionSettings* settings_ = nullptr;
  std::size_t connections_most_ = 0;
  Log* log_ = nullptr;
  std::shared_ptr<asio::ssl::context> tls_;
  std::vector<std::unique_ptr<Acceptor>> acceptors_;
};

// The owner's socket: 0600, on the first worker. A stale file of it is replaced.
class UnixListener {
 public:
  [[nodiscard]] static Expected<std::unique_ptr<UnixListener>> bind(const std::string& path);
  void accept(Worker& worker, ConnectionSettings& settings, Log& log);
  void close();
  ~UnixListener();

 private:
  UnixListener() = default;
  void accept_next();

  std::string path_;
  int fd_ = -1;
  Worker* worker_ = nullptr;
  ConnectionSettings* settings_ = nullptr;
  Log* log_ = nullptr;
  std::unique_ptr<asio::local::stream_protocol::acceptor> acceptor_;
  std::unique_ptr<asio::steady_timer> pause_;
};

}  // namespace muster::host
