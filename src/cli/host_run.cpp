// `muster host run`: every setting of the host is an option here, from the host's own table.
#include "host/run.h"

#include "cli/commands.h"
#include "cli/host_settings.h"
#include "cli/host_shared.h"
#include "cli/run.h"

namespace muster::cli {
namespace {

Expected<Exit> serve(const Invocation& asked, Shell& shell) {
  const auto options = host_options_of(asked);
  if (!options) return std::unexpected(options.error());
  const auto directory = host::open_directory(options->directory);
  if (!directory) return std::unexpected(directory.error());
  auto limits = options->limits;
  if (!options->alerts.syslog.server.empty()) limits.keep.events_held_by = host::kSyslogCursor;
  auto host = OpenHost::open(*directory, limits, shell);
  if (!host) return std::unexpected(host.error());
  if (auto done = host::run_host(*options, host->service(), kVersion); !done) {
    return std::unexpected(done.error());
  }
  return Exit::done;
}

}  // namespace

Command host_run_command() {
  return {
      .path = "host run",
      .summary = "run the host until it is told to stop",
      .description =
          "Serves clients and administrators until SIGTERM or SIGINT; SIGHUP reads the TLS files "
          "again. When it can be asked it prints one line to stdout, `ready clients=URL admin=URL "
          "socket=PATH`; its log goes to stderr. docs/host.md describes the settings.",
      .options = with_host_settings({host_dir_option()}),
      .examples = {{"muster host run --dir /var/lib/muster/host --listen 0.0.0.0:8688",
                    "serve the machines of the network"}},
      .hints = {{ErrorCode::host_is_running,
                 "stop it first, or ask it: 'muster host status --dir DIR'"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = serve,
  };
}

}  // namespace muster::cli
