#include <fmt/format.h>

#include <csignal>
#include <ctime>
#include <filesystem>
#include <ostream>

#include "analyser/products.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/log_figures.h"
#include "cli/log_reading.h"
#include "cli/output.h"
#include "cli/page_server.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

constexpr std::string_view kPath = "/metrics";

// What tells that a folder's logs are others than before.
std::string fingerprint(const std::vector<LogFile>& files) {
  std::string out;
  for (const auto& file : files) {
    std::error_code wrong;
    const auto size = fs::file_size(file.path, wrong);
    const auto time = fs::last_write_time(file.path, wrong).time_since_epoch().count();
    out += fmt::format("{}\n{} {}\n", file.path, size, time);
  }
  return out;
}

class Watch {
 public:
  Watch(const Invocation& asked, Shell& shell, const analyser::Products& products,
        const analyser::Zone* zone, PageServer& server)
      : asked_(&asked), shell_(&shell), products_(&products), zone_(zone), server_(&server) {}

  // Reads the folder where it has changed. What cannot be read leaves the figures as they are, and
  // is one of them.
  void look() {
    const auto files = log_files({asked_->text("DIR")});
    if (!files) return failed(files.error());
    auto now = fingerprint(*files);
    if (now == seen_ && log_) return publish();
    auto log = read_logs(*files, zone_, *shell_);
    if (!log) return failed(log.error());
    seen_ = std::move(now);
    log_ = std::move(*log);
    publish();
  }

 private:
  void publish() {
    const auto report = analyser::make_report({.log = &*log_,
                                               .products = products_,
                                               .at = shell_->host_clock.now(),
                                               .hash_key = shell_->random.bytes<16>()});
    const analyser::Labels labels(*log_, report, asked_->flag("pseudonyms"));
    figures_ = figures_text(*log_, report, labels);
    serve(1);
  }

  void failed(const Error& error) {
    if (const auto said = error.sentence(); said != said_) {
      print_warning(*shell_, said);
      said_ = said;
    }
    serve(0);
  }

  void serve(int readable) {
    if (readable == 1) said_.clear();
    server_->set(figures_ + fmt::format("# HELP muster_kms_readable 1 where the folder could be "
                                        "read last.\n# TYPE muster_kms_readable gauge\n"
                                        "muster_kms_readable {}\n",
                                        readable));
  }

  const Invocation* asked_;
  Shell* shell_;
  const analyser::Products* products_;
  const analyser::Zone* zone_;
  PageServer* server_;
  std::string seen_, said_, figures_;
  std::optional<analyser::Log> log_;
};

// Until it is told to end.
void keep_looking(Watch& watch, seconds every, const sigset_t& signals) {
  for (;;) {
    const timespec patience{.tv_sec = every.count(), .tv_nsec = 0};
    const int signal = ::sigtimedwait(&signals, nullptr, &patience);
    if (signal == SIGTERM || signal == SIGINT) return;
    watch.look();
  }
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  if (asked.duration("every") == seconds(0)) {
    return fail(ErrorCode::usage, "--every: 0 leaves no time between two looks; write 1m or more");
  }
  analyser::Products products;
  for (const auto& file : asked.all("products")) {
    const auto text = read_text(file);
    if (!text) return std::unexpected(text.error());
    if (auto added = products.add(*text); !added) return in_file(file, added.error());
  }
  std::optional<analyser::Zone> zone;
  if (const auto name = asked.maybe("tz")) {
    const auto found = zone_of(*name, shell);
    if (!found) return std::unexpected(found.error());
    zone = *found;
  }
  std::error_code wrong;
  if (!fs::is_directory(asked.text("DIR"), wrong)) {
    return fail(ErrorCode::file_unreadable, asked.text("DIR") + ": not a directory");
  }
  // Before the server's thread is made, which must not take them.
  sigset_t signals;
  sigemptyset(&signals);
  for (const int signal : {SIGTERM, SIGINT, SIGHUP}) sigaddset(&signals, signal);
  pthread_sigmask(SIG_BLOCK, &signals, nullptr);
  const auto server = PageServer::start(asked.text("listen"), std::string(kPath));
  if (!server) return std::unexpected(server.error());
  Watch watch(asked, shell, products, zone ? &*zone : nullptr, **server);
  watch.look();
  const auto& address = asked.text("listen");
  shell.out << fmt::format("ready metrics=http://{}:{}{}\n", address.substr(0, address.rfind(':')),
                           (*server)->port(), kPath)
            << std::flush;
  keep_looking(watch, asked.duration("every"), signals);
  return Exit::done;
}

}  // namespace

Command logs_watch_command() {
  return {
      .path = "logs watch",
      .summary = "follow a folder where logs arrive, and serve the figures of their report",
      .description =
          "Reads the folder's logs as 'logs report' does, again where one of them has changed, and "
          "serves the counts, when they fall, and how many machines may stay away, for Prometheus "
          "at /metrics of a loopback address. Now is the clock's now. SIGHUP looks at once; "
          "SIGTERM and SIGINT end it. Prints one line, 'ready metrics=URL', when it can be asked.",
      .arguments = {{.name = "DIR", .kind = Kind::directory, .help = "the folder"}},
      .options = {{.name = "listen",
                   .kind = Kind::address,
                   .placeholder = "HOST:PORT",
                   .help = "a loopback address; port 0 takes any that is free",
                   .fallback = "127.0.0.1:9688",
                   .variable = "MUSTER_WATCH_LISTEN"},
                  {.name = "every",
                   .kind = Kind::duration,
                   .placeholder = "TIME",
                   .help = "how often it looks for changes",
                   .fallback = "1m",
                   .variable = "MUSTER_WATCH_EVERY"},
                  {.name = "products",
                   .kind = Kind::file,
                   .placeholder = "FILE.csv",
                   .help = "more products: activation_id,group,threshold,name a line",
                   .repeated = true,
                   .variable = "MUSTER_WATCH_PRODUCTS"},
                  {.name = "tz",
                   .kind = Kind::text,
                   .placeholder = "ZONE",
                   .help = "of dates that say none: +01:00, or Europe/Berlin",
                   .variable = "MUSTER_WATCH_TZ"},
                  {.name = "pseudonyms",
                   .kind = Kind::flag,
                   .help = "host-1 ... for hosts' names",
                   .variable = "MUSTER_WATCH_PSEUDONYMS"}},
      .examples = {{"muster logs watch /srv/kms-logs", "what a scheduled export drops there"}},
      .hints = {{ErrorCode::config_invalid, "docs/logs.md describes a products file"}},
      .run = run,
  };
}

}  // namespace muster::cli
