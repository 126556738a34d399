// The host's process: listeners, threads, lifecycle. It moves bytes between sockets and a
// HostService and decides nothing about licences.
//
// `muster host run` is, in this order (cli's work; the store is made in apps):
//   options (defaults, read_config, variables, flags) -> check -> open_directory ->
//   DirectoryLock::take -> read_key -> open the store at directory.database() ->
//   HostService::open(store, clock, random, key, options.limits) -> run_host
//
// Threads: `threads` io threads (accept, read, decode, sign, write), one for units (decide and
// commit), two for the administration's reads, one for time (tick). No io thread ever waits for the
// store.
#pragma once

#include <memory>
#include <string>
#include <string_view>

#include "base/error.h"
#include "host/options.h"
#include "service/host_service.h"

namespace muster::host {

// What is really listened on, as URLs: "http://127.0.0.1:34567", "https://[::1]:8689". An address
// that means "every address" is shown as the loopback one of its family.
struct Listening {
  std::string clients;
  std::string admin;   // empty: none
  std::string socket;  // path of the Unix socket
};

// A host that runs in this process. For `muster host run`, for the demo and for tests.
class Host {
 public:
  // Binds everything first (listen_failed), then logs the start event, then serves. `service` and
  // what it was opened with must outlive the host.
  [[nodiscard]] static Expected<std::unique_ptr<Host>> start(const HostOptions& options,
                                                             service::HostService& service,
                                                             std::string_view version);
  // Stops if stop() has not been called.
  ~Host();
  [[nodiscard]] const Listening& listening() const;
  // Stops accepting, lets what is under way end (at most stop_timeout), writes the stop event and
  // the last checkpoint. Only the first call does anything.
  Expected<void> stop();
  // Reads the TLS files again for new connections; on an error the old ones stay.
  Expected<void> reload_certificates();

 private:
  struct Parts;
  explicit Host(std::unique_ptr<Parts> parts);
  std::unique_ptr<Parts> parts_;
};

// Host::start, the log on stderr, then until SIGTERM or SIGINT (SIGHUP reads certificates again);
// then stop. Prints one line to stdout when it can be asked:
//   ready clients=http://127.0.0.1:8688 admin=http://127.0.0.1:8689
//   socket=/var/lib/muster/host/admin.sock
// and tells systemd (NOTIFY_SOCKET). Blocks these signals in the calling thread, so call it before
// making threads. Returns after a stop in good order.
[[nodiscard]] Expected<void> run_host(const HostOptions& options, service::HostService& service,
                                      std::string_view version);

}  // namespace muster::host
