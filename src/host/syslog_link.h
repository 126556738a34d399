// A connection to a syslog server, TCP or TLS. Blocks, on one thread. Everything gives up soon
// after `stop` is set.
#pragma once

#include <atomic>
#include <expected>
#include <memory>
#include <string>
#include <string_view>

#include "host/alert_options.h"
#include "host/curl_call.h"

namespace muster::host {

// What went well, or what went wrong, in words: nobody reacts to it but by trying again.
using Said = std::expected<void, std::string>;

class SyslogLink {
 public:
  [[nodiscard]] static std::expected<std::unique_ptr<SyslogLink>, std::string> connect(
      const SyslogOptions& options, const std::atomic<bool>& stop);
  // Hands all of it to the system. An error: the connection is gone, and nobody knows how much
  // the server has.
  [[nodiscard]] Said send(std::string_view bytes);
  // The server's machine has acknowledged every byte that was sent. It says nothing of what the
  // server did with them: syslog has no answer.
  [[nodiscard]] bool acknowledged();
  // Looks whether the server has closed the connection, or broken it.
  [[nodiscard]] Said alive();

 private:
  SyslogLink(const SyslogOptions& options, const std::atomic<bool>& stop);
  [[nodiscard]] Said wait_writable();

  const std::atomic<bool>& stop_;
  CurlCall call_;
  curl_socket_t socket_ = CURL_SOCKET_BAD;
};

}  // namespace muster::host
