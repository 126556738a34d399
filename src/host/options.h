// Everything that can be set about a running host. One table of settings (settings()) feeds the
// configuration file, the command line and the environment, so that all three know the same names,
// bounds and errors. Order of precedence: flag, then MUSTER_* variable, then file, then the default
// below.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "host/alert_options.h"
#include "host/dns_options.h"
#include "service/host_service.h"

namespace muster::host {

enum class LogFormat : std::uint8_t { text, json };
enum class LogLevel : std::uint8_t { debug, info, warning, error };

// PEM files; both or neither.
struct TlsFiles {
  std::string certificate;  // the chain, the host's own certificate first
  std::string key;
  [[nodiscard]] bool given() const { return !certificate.empty(); }
};

struct HostOptions {
  std::string directory;                        // the host's (directory.h); not in the file
  std::string listen = "127.0.0.1:8688";        // clients; port 0: any free one
  std::string admin_listen = "127.0.0.1:8689";  // administration; empty: on the Unix socket only
  TlsFiles tls, admin_tls;
  std::uint32_t threads = 0;  // io threads; 0: one a core, at most 8

  // Names that a Host header may carry besides literal addresses, localhost and the machine's own
  // names. ".corp.example" stands for every name under it, "*" for any.
  std::vector<std::string> allowed_hosts;
  std::vector<std::string> trusted_proxies;  // networks whose X-Forwarded-For is believed
  std::vector<std::string> proxy_protocol;   // networks that begin with a PROXY header

  std::uint32_t connections_most = 16'000;  // of the clients' side, at the same time
  seconds request_timeout{10};  // from a request's first byte to its last, and a TLS handshake
  seconds idle_timeout{60};     // of a kept-alive connection between two requests
  seconds stop_timeout{4};      // what is under way at SIGTERM has so long

  LogFormat log_format = LogFormat::text;
  LogLevel log_level = LogLevel::info;
  service::Limits limits;  // to be passed to HostService::open
  AlertOptions alerts;
  DnsOptions dns;
};

// One thing that can be set.
struct Setting {
  enum class Kind : std::uint8_t { text, number, fraction, list };
  // As in the file: "listen", "limits.queue_most"; flag_name() and variable_name() follow from it.
  std::string_view name;
  Kind kind;
  std::string_view value;  // what --help calls the value: "ADDRESS:PORT"
  std::string_view help;   // one line
  // Takes the value as text; a list is given an item at a time and appends. config_invalid with
  // what was expected; the options are unchanged then.
  Expected<void> (*set)(HostOptions& options, std::string_view value);
  // The value as text, lists joined by commas: what --help shows as the default.
  std::string (*get)(const HostOptions& options);
  // Makes a list empty, so that a flag replaces what the file said. Null where it is no list.
  void (*clear)(HostOptions& options);
};
[[nodiscard]] std::span<const Setting> settings();
// "limits.queue_most" -> "--limits-queue-most", "MUSTER_LIMITS_QUEUE_MOST".
[[nodiscard]] std::string flag_name(std::string_view setting);
[[nodiscard]] std::string variable_name(std::string_view setting);

// Reads a TOML text over `options`. config_invalid names file and line: "muster.toml:7: ...".
// Unknown names are errors. On an error `options` is unchanged.
[[nodiscard]] Expected<void> read_config(HostOptions& options, std::string_view toml,
                                         std::string_view file_name);

// What no single value can show: addresses that parse, TLS files in pairs, an administration side
// off loopback without TLS (refused), networks that parse. config_invalid with the setting's name.
[[nodiscard]] Expected<void> check(const HostOptions& options);

// What the rules of the products that are served need: nobody leaves the table of machines while a
// roll may hold it. config_invalid.
[[nodiscard]] Expected<void> check_keep(const service::Keep& keep, const service::Keyring& keys);

}  // namespace muster::host
