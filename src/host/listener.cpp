#include "host/listener.h"

#include <fmt/format.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <boost/asio/write.hpp>
#include <cerrno>
#include <cstring>
#include <fstream>

#include "host/answer.h"
#include "host/socket_path.h"
#include "service/admission.h"

namespace muster::host {
namespace {

using tcp = asio::ip::tcp;
using boost::system::error_code;

// Out of descriptors or memory: the queue is left alone for so long.
constexpr std::chrono::milliseconds kAcceptPause{100};
constexpr int kUnixBacklog = 128;

Address address_of(const asio::ip::address& from) {
  Address out;
  if (from.is_v6()) {
    out.bytes = from.to_v6().to_bytes();
  } else {
    out.bytes = asio::ip::make_address_v6(asio::ip::v4_mapped, from.to_v4()).to_bytes();
  }
  return out;
}

std::unexpected<Error> cannot_listen(std::string_view where) {
  return fail(ErrorCode::listen_failed, fmt::format("{}: {}", where, std::strerror(errno)));
}

// Fills `storage`; returns its size.
socklen_t fill(sockaddr_storage& storage, const AddressPort& where) {
  if (where.address.is_v4()) {
    auto& v4 = reinterpret_cast<sockaddr_in&>(storage);
    v4.sin_family = AF_INET;
    v4.sin_port = htons(where.port);
    std::memcpy(&v4.sin_addr, where.address.bytes.data() + 12, 4);
    return sizeof v4;
  }
  auto& v6 = reinterpret_cast<sockaddr_in6&>(storage);
  v6.sin6_family = AF_INET6;
  v6.sin6_port = htons(where.port);
  std::memcpy(&v6.sin6_addr, where.address.bytes.data(), 16);
  return sizeof v6;
}

bool bind_path(int fd, const std::string& path) {
  const SocketPath name(path);
  sockaddr_un address{};
  address.sun_family = AF_UNIX;
  std::memcpy(address.sun_path, name.text().data(),
              std::min(name.text().size(), sizeof address.sun_path - 1));
  return ::bind(fd, reinterpret_cast<sockaddr*>(&address), sizeof address) == 0;
}

}  // namespace

std::optional<int> kernel_backlog() {
  std::ifstream file("/proc/sys/net/core/somaxconn");
  int out = 0;
  if (!(file >> out)) return std::nullopt;
  return out;
}

struct TcpListener::Acceptor {
  Acceptor(Worker& on, tcp protocol, int fd)
      : worker(on), acceptor(on.io(), protocol, fd), pause(on.io()) {}
  Worker& worker;
  tcp::acceptor acceptor;
  tcp::endpoint from;
  asio::steady_timer pause;
};

TcpListener::~TcpListener() {
  if (fd_ >= 0) ::close(fd_);
}

Expected<std::unique_ptr<TcpListener>> TcpListener::bind(const AddressPort& where) {
  std::unique_ptr<TcpListener> out(new TcpListener);
  const auto name = fmt::format("{} port {}", where.address.text(), where.port);
  sockaddr_storage storage{};
  const auto size = fill(storage, where);
  out->v6_ = !where.address.is_v4();
  out->fd_ = ::socket(storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out->fd_ < 0) return cannot_listen(name);
  const int on = 1;
  const int off = 0;
  ::setsockopt(out->fd_, SOL_SOCKET, SO_REUSEADDR, &on, sizeof on);
  // Taken over by every accepted socket: an answer of two packets must not wait for an
  // acknowledgement.
  ::setsockopt(out->fd_, IPPROTO_TCP, TCP_NODELAY, &on, sizeof on);
  // "[::]" means every address of both families.
  if (out->v6_) ::setsockopt(out->fd_, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof off);
  if (::bind(out->fd_, reinterpret_cast<sockaddr*>(&storage), size) != 0 ||
      ::listen(out->fd_, kBacklog) != 0) {
    return cannot_listen(name);
  }
  socklen_t bound = sizeof storage;
  ::getsockname(out->fd_, reinterpret_cast<sockaddr*>(&storage), &bound);
  out->port_ = ntohs(out->v6_ ? reinterpret_cast<sockaddr_in6&>(storage).sin6_port
                              : reinterpret_cast<sockaddr_in&>(storage).sin_port);
  return out;
}

void TcpListener::accept(std::span<const std::unique_ptr<Worker>> workers,
                         ConnectionSettings& settings, std::size_t connections_most, Log& log) {
  settings_ = &settings;
  connections_most_ = connections_most;
  log_ = &log;
  for (const auto& worker : workers) {
    acceptors_.push_back(
        std::make_unique<Acceptor>(*worker, v6_ ? tcp::v6() : tcp::v4(), ::dup(fd_)));
    acceptors_.back()->acceptor.non_blocking(true);
    accept_next(*acceptors_.back());
  }
  ::close(fd_);
  fd_ = -1;
}

void TcpListener::accept_next(Acceptor& acceptor) {
  acceptor.acceptor.async_accept(
      acceptor.from, [this, &acceptor](error_code ec, tcp::socket socket) {
        if (ec == asio::error::operation_aborted || !acceptor.acceptor.is_open()) return;
        if (!ec) {
          accepted(acceptor, std::move(socket));
          return accept_next(acceptor);
        }
        if (ec == asio::error::connection_aborted) return accept_next(acceptor);
        log_->warn("connections cannot be accepted", {{"reason", ec.message()}});
        acceptor.pause.expires_after(kAcceptPause);
        acceptor.pause.async_wait([this, &acceptor](error_code stopped) {
          if (!stopped) accept_next(acceptor);
        });
      });
}

void TcpListener::accepted(Acceptor& acceptor, tcp::socket socket) {
  const auto tls = std::atomic_load(&tls_);
  const auto open = settings_->connections.load(std::memory_order_relaxed);
  // Nearly full: whoever only keeps a connection makes room for who has something to say.
  if (open >= connections_most_ - connections_most_ / 10) acceptor.worker.close_idle(2);
  if (open >= connections_most_) {
    settings_->turned_away.fetch_add(1, std::memory_order_relaxed);
    if (tls) return;
    std::string answer;
    const auto wait = service::come_again(*settings_->random);
    append_answer(answer, service::reply_of({ErrorCode::host_full, {}}, wait), Framing::length,
                  false, false);
    error_code ignored;
    ignored = socket.non_blocking(true, ignored);
    [[maybe_unused]] const auto size = socket.write_some(asio::buffer(answer), ignored);
    ignored = socket.shutdown(tcp::socket::shutdown_send, ignored);
    return;
  }
  serve_tcp(acceptor.worker, *settings_, std::move(socket), address_of(acceptor.from.address()),
            tls);
}

void TcpListener::close(const Worker& worker) {
  for (const auto& acceptor : acceptors_) {
    if (&acceptor->worker != &worker) continue;
    error_code ignored;
    ignored = acceptor->acceptor.close(ignored);
    acceptor->pause.cancel();
  }
}

UnixListener::~UnixListener() {
  if (fd_ >= 0) ::close(fd_);
  if (!path_.empty()) ::unlink(path_.c_str());
}

Expected<std::unique_ptr<UnixListener>> UnixListener::bind(const std::string& path) {
  std::unique_ptr<UnixListener> out(new UnixListener);
  out->fd_ = ::socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  if (out->fd_ < 0) return cannot_listen(path);
  // The directory's lock is held, so what is there is of a host that ended without good-bye.
  ::unlink(path.c_str());
  // The mode is set before anybody can connect: the directory is 0700, and listen() comes last.
  if (!bind_path(out->fd_, path) || ::chmod(path.c_str(), 0600) != 0 ||
      ::listen(out->fd_, kUnixBacklog) != 0) {
    return cannot_listen(path);
  }
  out->path_ = path;
  return out;
}

void UnixListener::accept(Worker& worker, ConnectionSettings& settings, Log& log) {
  worker_ = &worker;
  settings_ = &settings;
  log_ = &log;
  acceptor_ = std::make_unique<asio::local::stream_protocol::acceptor>(
      worker.io(), asio::local::stream_protocol(), std::exchange(fd_, -1));
  pause_ = std::make_unique<asio::steady_timer>(worker.io());
  accept_next();
}

void UnixListener::accept_next() {
  acceptor_->async_accept([this](error_code ec, asio::local::stream_protocol::socket socket) {
    if (ec == asio::error::operation_aborted || !acceptor_->is_open()) return;
    if (!ec) {
      serve_unix(*worker_, *settings_, std::move(socket));
      return accept_next();
    }
    if (ec == asio::error::connection_aborted) return accept_next();
    log_->warn("connections to the socket cannot be accepted", {{"reason", ec.message()}});
    pause_->expires_after(kAcceptPause);
    pause_->async_wait([this](error_code stopped) {
      if (!stopped) accept_next();
    });
  });
}

void UnixListener::close() {
  error_code ignored;
  if (!acceptor_) return;
  ignored = acceptor_->close(ignored);
  pause_->cancel();
}

}  // namespace muster::host
