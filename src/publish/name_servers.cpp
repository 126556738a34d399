#include "publish/name_servers.h"

#include <arpa/inet.h>
#include <fmt/format.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <expected>
#include <system_error>

#include "publish/lookup.h"

namespace muster::publish {
namespace {

using Reason = Failure::Reason;
using std::chrono::milliseconds;

constexpr milliseconds kLook{50};  // how soon a stop is seen
constexpr std::size_t kMessageMost = 65'535;

// Waits until the socket can be written or read, for what is left of `left`. False: it cannot.
bool wait_for(int socket, short events, milliseconds& left, const std::atomic<bool>& stop) {
  while (left.count() > 0 && !stop) {
    const auto slice = std::min(left, kLook);
    pollfd look{.fd = socket, .events = events, .revents = 0};
    const int ready = ::poll(&look, 1, static_cast<int>(slice.count()));
    if (ready > 0) return true;
    left -= slice;
  }
  return false;
}

// One exchange by TCP (RFC 1035, 4.2.2: two bytes of length before each message)

class Connection {
 public:
  Connection(milliseconds patience, const std::atomic<bool>& stop) : left_(patience), stop_(stop) {}
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;
  ~Connection() {
    if (socket_ >= 0) ::close(socket_);
  }

  bool connect(const sockaddr_storage& to) {
    socket_ = ::socket(to.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
    if (socket_ < 0) return false;
    const socklen_t size = to.ss_family == AF_INET ? sizeof(sockaddr_in) : sizeof(sockaddr_in6);
    if (::connect(socket_, reinterpret_cast<const sockaddr*>(&to), size) == 0) return true;
    if (errno != EINPROGRESS) return false;
    if (!ready(POLLOUT)) return false;
    int error = 0;
    socklen_t length = sizeof error;
    ::getsockopt(socket_, SOL_SOCKET, SO_ERROR, &error, &length);
    errno = error;
    return error == 0;
  }

  bool send(std::string_view bytes) {
    while (!bytes.empty()) {
      const auto sent = ::send(socket_, bytes.data(), bytes.size(), MSG_NOSIGNAL);
      if (sent > 0) {
        bytes.remove_prefix(static_cast<std::size_t>(sent));
      } else if (errno != EAGAIN || !ready(POLLOUT)) {
        return false;
      }
    }
    return true;
  }

  bool receive(std::string& out, std::size_t count) {
    out.resize(count);
    std::size_t have = 0;
    while (have < count) {
      const auto got = ::recv(socket_, out.data() + have, count - have, 0);
      if (got > 0) {
        have += static_cast<std::size_t>(got);
      } else if (got == 0) {
        errno = ECONNRESET;
        return false;
      } else if (errno != EAGAIN || !ready(POLLIN)) {
        return false;
      }
    }
    return true;
  }

 private:
  bool ready(short events) {
    if (wait_for(socket_, events, left_, stop_)) return true;
    errno = ETIMEDOUT;
    return false;
  }

  milliseconds left_;
  const std::atomic<bool>& stop_;
  int socket_ = -1;
};

// Fails with the system's number.
std::expected<std::string, int> exchange(const sockaddr_storage& to, std::string_view message,
                                         milliseconds patience, const std::atomic<bool>& stop) {
  const auto size = message.size();
  std::string framed{static_cast<char>(size >> 8U & 0xFFU), static_cast<char>(size & 0xFFU)};
  framed += message;
  Connection connection(patience, stop);
  std::string length;
  std::string answer;
  if (!connection.connect(to) || !connection.send(framed) || !connection.receive(length, 2)) {
    return std::unexpected(errno);
  }
  const auto count = static_cast<std::size_t>(static_cast<unsigned char>(length[0])) << 8U |
                     static_cast<unsigned char>(length[1]);
  if (!connection.receive(answer, count)) return std::unexpected(errno);
  return answer;
}

std::string shown(const sockaddr_storage& address) {
  std::array<char, INET6_ADDRSTRLEN> text{};
  const void* bytes =
      address.ss_family == AF_INET
          ? static_cast<const void*>(&reinterpret_cast<const sockaddr_in&>(address).sin_addr)
          : &reinterpret_cast<const sockaddr_in6&>(address).sin6_addr;
  ::inet_ntop(address.ss_family, bytes, text.data(), text.size());
  return text.data();
}

class MachinesOwn final : public NameServers {
 public:
  explicit MachinesOwn(milliseconds patience) : patience_(patience) {}

  Answer<Server> primary(std::string_view zone, const std::atomic<bool>& stop) override {
    const auto name = look_up_primary(std::string(zone), patience_, stop);
    if (!name) return std::unexpected(name.error());
    const auto server = Server::parse(*name);
    if (!server) {
      return failed(Reason::no_server,
                    fmt::format("the SOA record of {} names no server to ask", zone));
    }
    return *server;
  }

  Answer<std::string> ask(const Server& server, std::string_view message,
                          const std::atomic<bool>& stop) override {
    if (message.size() > kMessageMost) return failed(Reason::failed, "the update is too long");
    const auto addresses = look_up_addresses(server, patience_, stop);
    if (!addresses) return std::unexpected(addresses.error());
    std::string tried;
    for (const auto& address : *addresses) {
      auto answer = exchange(address, message, patience_, stop);
      if (answer) return std::move(*answer);
      if (stop) return failed(Reason::stopped, "the host stops");
      tried += fmt::format("{}{}: {}", tried.empty() ? "" : "; ", shown(address),
                           std::generic_category().message(answer.error()));
    }
    return failed(Reason::silent, fmt::format("{} does not answer ({})", server.text(), tried));
  }

 private:
  milliseconds patience_;
};

}  // namespace

std::unique_ptr<NameServers> make_name_servers(milliseconds patience) {
  return std::make_unique<MachinesOwn>(patience);
}

}  // namespace muster::publish
