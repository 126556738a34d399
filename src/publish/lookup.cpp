#include "publish/lookup.h"

#include <ares.h>
#include <fmt/format.h>
#include <poll.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <mutex>
#include <optional>

namespace muster::publish {
namespace {

using Reason = Failure::Reason;
using std::chrono::milliseconds;

constexpr milliseconds kLook{50};  // how soon a stop is seen

struct Free {
  void operator()(ares_soa_reply* soa) const { ::ares_free_data(soa); }
  void operator()(ares_addrinfo* found) const { ::ares_freeaddrinfo(found); }
};

// A channel of c-ares for one question. Whatever was asked has called back when run() returns.
class Channel {
 public:
  Channel(milliseconds patience, const std::atomic<bool>& stop) : left_(patience), stop_(stop) {
    static std::once_flag once;
    std::call_once(once, [] { ::ares_library_init(ARES_LIB_INIT_ALL); });
    ares_options options{};
    // Half of it, so that a lost packet is sent again.
    options.timeout = static_cast<int>(patience.count() / 2);
    options.tries = 2;
    const int mask = ARES_OPT_TIMEOUTMS | ARES_OPT_TRIES;
    if (::ares_init_options(&channel_, &options, mask) != ARES_SUCCESS) channel_ = nullptr;
  }
  Channel(const Channel&) = delete;
  Channel& operator=(const Channel&) = delete;
  ~Channel() {
    if (channel_ != nullptr) ::ares_destroy(channel_);
  }
  [[nodiscard]] ares_channel get() const { return channel_; }

  void ended(int status) { status_ = status; }
  // Why it ended as it did.
  [[nodiscard]] Failure failure(std::string_view what) const {
    if (stop_) return {Reason::stopped, "the host stops"};
    if (channel_ == nullptr) return {Reason::no_server, "the resolver cannot be set up"};
    const int status = status_ == ARES_ECANCELLED ? ARES_ETIMEOUT : status_.value_or(ARES_ETIMEOUT);
    return {Reason::no_server, fmt::format("{}: {}", what, ::ares_strerror(status))};
  }
  void run() {
    while (!status_) {
      if (!stop_ && left_.count() > 0) {
        turn();
      } else {
        ::ares_cancel(channel_);  // calls back at once
      }
    }
  }

 private:
  void turn() {
    std::array<ares_socket_t, ARES_GETSOCK_MAXNUM> sockets{};
    const auto bits = static_cast<unsigned>(
        ::ares_getsock(channel_, sockets.data(), static_cast<int>(sockets.size())));
    std::vector<pollfd> looks;
    for (unsigned i = 0; i < sockets.size(); ++i) {
      const bool reads = (bits >> i & 1U) != 0;
      const bool writes = (bits >> (i + ARES_GETSOCK_MAXNUM) & 1U) != 0;
      if (!reads && !writes) continue;
      looks.push_back({.fd = sockets.at(i),
                       .events = static_cast<short>((reads ? POLLIN : 0) | (writes ? POLLOUT : 0)),
                       .revents = 0});
    }
    const auto slice = std::min(left_, kLook);
    if (::poll(looks.data(), looks.size(), static_cast<int>(slice.count())) <= 0) {
      left_ -= slice;
      ::ares_process_fd(channel_, ARES_SOCKET_BAD, ARES_SOCKET_BAD);  // looks at its own times
      return;
    }
    for (const auto& look : looks) {
      if (look.revents == 0) continue;
      ::ares_process_fd(channel_, (look.events & POLLIN) != 0 ? look.fd : ARES_SOCKET_BAD,
                        (look.events & POLLOUT) != 0 ? look.fd : ARES_SOCKET_BAD);
    }
  }

  milliseconds left_;
  const std::atomic<bool>& stop_;
  ares_channel channel_ = nullptr;
  std::optional<int> status_;
};

template <class Found>
struct Taken {
  Channel& channel;
  Found found{};
};

void take_primary(void* to, int status, int /*timeouts*/, unsigned char* bytes, int size) {
  auto& taken = *static_cast<Taken<std::string>*>(to);
  ares_soa_reply* soa = nullptr;
  if (status == ARES_SUCCESS) status = ::ares_parse_soa_reply(bytes, size, &soa);
  const std::unique_ptr<ares_soa_reply, Free> owned(soa);
  if (status == ARES_SUCCESS) taken.found = soa->nsname;
  taken.channel.ended(status);
}

void take_addresses(void* to, int status, int /*timeouts*/, ares_addrinfo* found) {
  auto& taken = *static_cast<Taken<std::vector<sockaddr_storage>>*>(to);
  const std::unique_ptr<ares_addrinfo, Free> owned(found);
  for (auto* node = found != nullptr ? found->nodes : nullptr; node != nullptr;
       node = node->ai_next) {
    auto& address = taken.found.emplace_back();
    std::memcpy(&address, node->ai_addr, std::min<std::size_t>(node->ai_addrlen, sizeof address));
  }
  taken.channel.ended(status);
}

}  // namespace

Answer<std::string> look_up_primary(const std::string& zone, milliseconds patience,
                                    const std::atomic<bool>& stop) {
  constexpr int kClassIn = 1;
  constexpr int kTypeSoa = 6;
  Channel channel(patience, stop);
  Taken<std::string> taken{.channel = channel};
  if (channel.get() != nullptr) {
    // With its last dot: in no search domain.
    ::ares_query(channel.get(), (zone + ".").c_str(), kClassIn, kTypeSoa, take_primary, &taken);
    channel.run();
  }
  if (!taken.found.empty()) return std::move(taken.found);
  return std::unexpected(
      channel.failure(fmt::format("the SOA record of {} cannot be looked up", zone)));
}

Answer<std::vector<sockaddr_storage>> look_up_addresses(const Server& server, milliseconds patience,
                                                        const std::atomic<bool>& stop) {
  Channel channel(patience, stop);
  Taken<std::vector<sockaddr_storage>> taken{.channel = channel};
  ares_addrinfo_hints hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = ARES_AI_NUMERICSERV | ARES_AI_NOSORT;
  if (channel.get() != nullptr) {
    ::ares_getaddrinfo(channel.get(), server.name.c_str(), std::to_string(server.port).c_str(),
                       &hints, take_addresses, &taken);
    channel.run();
  }
  if (!taken.found.empty()) return std::move(taken.found);
  return std::unexpected(
      channel.failure(fmt::format("the name server {} has no address", server.name)));
}

}  // namespace muster::publish
