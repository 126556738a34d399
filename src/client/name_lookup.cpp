#include "client/name_lookup.h"

#include <netdb.h>

#include <boost/asio/ip/address.hpp>
#include <condition_variable>
#include <cstring>
#include <thread>

namespace muster::client {
namespace {

namespace asio = boost::asio;
using asio::ip::tcp;
using boost::system::error_code;

// RFC 6761, 6.3: such a name never goes to DNS, which a container without /etc/hosts would do.
bool is_loopback_name(std::string_view name) {
  return name == "localhost" || name.ends_with(".localhost");
}

}  // namespace

// getaddrinfo cannot be told to stop, so it runs on a thread that outlives whoever stopped waiting
// for it.
struct NameLookup::Asked {
  std::mutex mutex;
  std::condition_variable changed;
  bool done = false;
  int error = 0;
  std::vector<tcp::endpoint> endpoints;
};

void NameLookup::ask(const std::shared_ptr<Asked>& asked, const HostUrl& host) {
  addrinfo hints{};
  hints.ai_family = AF_UNSPEC;
  hints.ai_socktype = SOCK_STREAM;
  addrinfo* found = nullptr;
  const int error =
      ::getaddrinfo(host.name.c_str(), std::to_string(host.port).c_str(), &hints, &found);
  const std::lock_guard guard(asked->mutex);
  asked->error = error;
  for (const auto* one = found; error == 0 && one != nullptr; one = one->ai_next) {
    tcp::endpoint endpoint;
    if (one->ai_addrlen > endpoint.capacity()) continue;
    std::memcpy(endpoint.data(), one->ai_addr, one->ai_addrlen);
    endpoint.resize(one->ai_addrlen);
    asked->endpoints.push_back(endpoint);
  }
  if (found != nullptr) ::freeaddrinfo(found);
  asked->done = true;
  asked->changed.notify_all();
}

Expected<std::vector<tcp::endpoint>> NameLookup::resolve(const HostUrl& host,
                                                         std::chrono::milliseconds most) {
  error_code ec;
  if (const auto address = asio::ip::make_address(host.name, ec); !ec) {
    return std::vector<tcp::endpoint>{{address, host.port}};
  }
  if (is_loopback_name(host.name)) {
    return std::vector<tcp::endpoint>{{asio::ip::address_v4::loopback(), host.port},
                                      {asio::ip::address_v6::loopback(), host.port}};
  }
  auto asked = std::make_shared<Asked>();
  {
    const std::lock_guard guard(mutex_);
    asked_ = asked;
  }
  std::thread(ask, asked, host).detach();
  std::unique_lock guard(asked->mutex);
  const bool in_time =
      asked->changed.wait_for(guard, most, [&] { return asked->done || cancelled_.load(); });
  if (cancelled_) return fail(ErrorCode::no_host, "cancelled");
  if (!in_time) return fail(ErrorCode::no_host, "the name was not resolved in time");
  if (asked->error != 0) return fail(ErrorCode::no_host, ::gai_strerror(asked->error));
  if (asked->endpoints.empty()) return fail(ErrorCode::no_host, "the name has no address");
  return asked->endpoints;
}

void NameLookup::cancel() {
  cancelled_ = true;
  const std::lock_guard guard(mutex_);
  if (!asked_) return;
  const std::lock_guard waiting(asked_->mutex);
  asked_->changed.notify_all();
}

bool is_address(const HostUrl& host) {
  error_code wrong;
  static_cast<void>(asio::ip::make_address(host.name, wrong));
  return !wrong;
}

}  // namespace muster::client
