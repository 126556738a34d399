// `muster host run`: every setting of the host is an option here, from the host's own table.
#include "host/run.h"

#include <deque>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/host_shared.h"
#include "cli/run.h"
#include "host/options.h"

namespace muster::cli {
namespace {

// The table of settings as options. The texts that the options point to live as long as the
// program.
std::vector<Option> make_options() {
  static std::deque<std::string> texts;
  const auto keep = [](std::string text) -> std::string_view {
    return texts.emplace_back(std::move(text));
  };
  std::vector<Option> out{host_dir_option(),
                          {.name = "config",
                           .kind = Kind::file,
                           .placeholder = "FILE.toml",
                           .help = "the configuration; options and variables go before it"}};
  const host::HostOptions defaults;
  for (const auto& setting : host::settings()) {
    const auto flag = keep(host::flag_name(setting.name));
    host::HostOptions unused;
    out.push_back({.name = flag.substr(2),
                   .kind = Kind::text,
                   .placeholder = setting.value,
                   .help = setting.help,
                   .shown_fallback = keep(setting.get(defaults)),
                   .repeated = setting.kind == host::Setting::Kind::list,
                   .may_be_empty = setting.kind == host::Setting::Kind::text &&
                                   setting.set(unused, "").has_value(),
                   .variable = keep(host::variable_name(setting.name))});
  }
  return out;
}

Expected<host::HostOptions> options_of(const Invocation& asked) {
  host::HostOptions out;
  if (const auto file = asked.maybe("config")) {
    const auto text = read_text(*file);
    if (!text) return std::unexpected(text.error());
    if (auto read = host::read_config(out, *text, *file); !read) {
      return std::unexpected(read.error());
    }
  }
  for (const auto& setting : host::settings()) {
    const auto flag = host::flag_name(setting.name);
    const auto values = asked.all(flag.substr(2));
    if (values.empty()) continue;
    if (setting.clear != nullptr) setting.clear(out);
    for (const auto& value : values) {
      if (auto set = setting.set(out, value); !set) {
        return fail(set.error().code, flag + ": " + set.error().detail);
      }
    }
  }
  out.directory = asked.text("dir");
  if (auto good = host::check(out); !good) return std::unexpected(good.error());
  return out;
}

Expected<Exit> serve(const Invocation& asked, Shell& shell) {
  const auto options = options_of(asked);
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
      .options = make_options(),
      .examples = {{"muster host run --dir /var/lib/muster/host --listen 0.0.0.0:8688",
                    "serve the machines of the network"}},
      .hints = {{ErrorCode::host_is_running,
                 "stop it first, or ask it: 'muster host status --dir DIR'"}},
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = serve,
  };
}

}  // namespace muster::cli
