#include "host/syslog_link.h"

#include <linux/sockios.h>
#include <poll.h>
#include <sys/ioctl.h>

#include <array>

namespace muster::host {
namespace {

constexpr seconds kConnect{10};
constexpr int kLookMs = 200;
constexpr int kPatienceMs = 30'000;  // a server that takes nothing for so long is left

// libcurl makes the connection, and TLS on it; what goes over it is not HTTP.
std::string url_of(const SyslogOptions& options) {
  const auto rest = options.server.substr(options.server.find("://"));
  return (options.server.starts_with("tls://") ? "https" : "http") + rest;
}

}  // namespace

SyslogLink::SyslogLink(const SyslogOptions& options, const std::atomic<bool>& stop)
    : stop_(stop), call_(url_of(options), "http,https", kConnect, options.ca_file, stop) {
  call_.set(CURLOPT_CONNECT_ONLY, 1L);
  call_.set(CURLOPT_SSL_ENABLE_ALPN, 0L);
}

std::expected<std::unique_ptr<SyslogLink>, std::string> SyslogLink::connect(
    const SyslogOptions& options, const std::atomic<bool>& stop) {
  std::unique_ptr<SyslogLink> out(new SyslogLink(options, stop));
  if (const auto code = out->call_.run(); code != CURLE_OK) {
    return std::unexpected(out->call_.why(code));
  }
  curl_easy_getinfo(out->call_.get(), CURLINFO_ACTIVESOCKET, &out->socket_);
  return out;
}

Said SyslogLink::wait_writable() {
  for (int waited = 0; waited < kPatienceMs; waited += kLookMs) {
    if (stop_) return std::unexpected("the host stops");
    pollfd look{.fd = socket_, .events = POLLOUT, .revents = 0};
    if (::poll(&look, 1, kLookMs) > 0) return {};
  }
  return std::unexpected("the server takes nothing any more");
}

Said SyslogLink::send(std::string_view bytes) {
  while (!bytes.empty()) {
    std::size_t sent = 0;
    const auto code = curl_easy_send(call_.get(), bytes.data(), bytes.size(), &sent);
    if (code == CURLE_OK) {
      bytes.remove_prefix(sent);
    } else if (code == CURLE_AGAIN) {
      if (auto ready = wait_writable(); !ready) return ready;
    } else {
      return std::unexpected(call_.why(code));
    }
  }
  return {};
}

bool SyslogLink::acknowledged() {
  int outstanding = 0;
  return ::ioctl(socket_, SIOCOUTQ, &outstanding) == 0 && outstanding == 0;
}

Said SyslogLink::alive() {
  std::array<char, 512> unread{};
  for (;;) {
    std::size_t received = 0;
    const auto code = curl_easy_recv(call_.get(), unread.data(), unread.size(), &received);
    if (code == CURLE_AGAIN) return {};
    if (code != CURLE_OK) return std::unexpected(call_.why(code));
    if (received == 0) return std::unexpected("the server closed the connection");
  }
}

}  // namespace muster::host
