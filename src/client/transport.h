// How bytes get to a host and back. Small, so that tests pass a fake and the lab a simulated
// network.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "client/host_url.h"

namespace muster::client {

struct HttpAnswer {
  int status = 0;
  std::string body;
  std::optional<seconds> retry_after;  // the header, where it is a number
};

class Transport {
 public:
  virtual ~Transport() = default;
  // Sends `body` as application/json and waits for the answer. Fails with no_host (which says why:
  // refused, timeout, certificate ...) or bad_answer (not HTTP, or larger than kAnswerMost).
  [[nodiscard]] virtual Expected<HttpAnswer> post(const HostUrl& host, std::string_view path,
                                                  std::string_view body) = 0;
  // The same, and gives the host up after `most` all told: the name, its addresses, the answer. A
  // transport on which nobody waits has nothing to give up.
  [[nodiscard]] virtual Expected<HttpAnswer> post_within(std::chrono::milliseconds most,
                                                         const HostUrl& host, std::string_view path,
                                                         std::string_view body) {
    static_cast<void>(most);
    return post(host, path, body);
  }
  // Ends a post() in progress, and every later one, with no_host. Thread-safe.
  virtual void cancel() = 0;
};

inline constexpr std::size_t kAnswerMost = 256 * 1024;

struct HttpOptions {
  std::string ca_file;  // PEM of who may sign a host's certificate; empty: the system's roots
  std::chrono::milliseconds connect{2'000};  // the name, and TCP to each of its addresses
  std::chrono::milliseconds answer{10'000};  // TLS, request and answer
  // One connection for many exchanges with one host. A request whose connection was closed
  // meanwhile is sent again on a new one: only for what may be asked twice.
  bool keep_alive = false;
};
// HTTP/1.1 over TCP, https with TLS 1.2 or newer, certificate and name checked. Fails with
// file_unreadable where the CA file is none.
[[nodiscard]] Expected<std::unique_ptr<Transport>> make_http_transport(HttpOptions options = {});

}  // namespace muster::client
