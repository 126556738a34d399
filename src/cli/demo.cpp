#include <fmt/format.h>
#include <poll.h>
#include <signal.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <fstream>
#include <ostream>

#include "cli/admin_client.h"
#include "cli/child.h"
#include "cli/commands.h"
#include "cli/demo_life.h"
#include "cli/demo_watch.h"
#include "cli/demo_world.h"
#include "cli/output.h"
#include "host/directory.h"

namespace muster::cli {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kHostStarts{20'000};
constexpr milliseconds kBetweenAgents{60};
constexpr milliseconds kOneAgent{2'000};
constexpr milliseconds kBetweenLooks{200};
constexpr milliseconds kPatience{
    5 * 60'000};  // of the whole climb; a retry is due after about a minute
constexpr milliseconds kBetweenSteps{250};
constexpr milliseconds kEnd{6'000};

// Ctrl-C and its kin, held back so that the demo can end its children first.
class Signals {
 public:
  Signals() {
    sigset_t held;
    sigemptyset(&held);
    for (const int signal : {SIGINT, SIGTERM, SIGHUP}) sigaddset(&held, signal);
    ::sigprocmask(SIG_BLOCK, &held, &before_);
    file_ = ::signalfd(-1, &held, SFD_CLOEXEC);
  }
  ~Signals() {
    ::close(file_);
    ::sigprocmask(SIG_SETMASK, &before_, nullptr);
  }
  Signals(const Signals&) = delete;
  Signals& operator=(const Signals&) = delete;

  // Waits; true where a signal has come, now or before.
  bool wait(milliseconds most) {
    pollfd readable{file_, POLLIN, 0};
    if (came_ == 0 && ::poll(&readable, 1, static_cast<int>(most.count())) > 0) {
      signalfd_siginfo info;
      if (::read(file_, &info, sizeof info) == sizeof info)
        came_ = static_cast<int>(info.ssi_signo);
    }
    return came_ != 0;
  }
  [[nodiscard]] int came() const { return came_; }

 private:
  sigset_t before_{};
  int file_ = -1;
  int came_ = 0;
};

class Demo {
 public:
  Demo(const Invocation& asked, Shell& shell)
      : shell_(shell),
        world_{asked.text("dir")},
        listen_(asked.text("listen")),
        admin_listen_(asked.flag("once") ? "" : asked.text("admin-listen")),
        once_(asked.flag("once")),
        json_(wants_json(asked)),
        words_(json_ ? shell.err : shell.out) {}

  // Ended, in good order or not, with no child left.
  Expected<Exit> run(const Invocation& asked, Signals& signals) {
    auto done = climb(signals);
    if (done && signals.came() == 0) {
      done = conclude(asked, signals);
    }
    end_children();
    if (!done) return std::unexpected(done.error());
    return Exit::done;
  }
  [[nodiscard]] bool climbed() const { return climbed_; }

 private:
  void say(std::string_view text) { words_ << text << '\n' << std::flush; }
  // Which command a person would have typed for it.
  void say_typed(std::string_view command) {
    say(fmt::format("      $ {} {}", shell_.called, command));
  }
  [[nodiscard]] bool shows_bar() const { return shell_.out_is_terminal && !json_; }
  [[nodiscard]] std::string path(const std::filesystem::path& of) const { return of.string(); }

  Expected<void> climb(Signals& signals) {
    if (auto made = world_.clear(); !made) return made;
    say("Muster activates a fleet: software asks a host of your own, and the host activates once\n"
        "it has seen enough machines. This shows it with 30 machines that are processes here.\n");
    if (auto made = make_vendor_and_host(); !made) return made;
    if (auto started = start_host(signals); !started || signals.came() != 0) return started;
    auto machines = make_machines();
    if (!machines) return std::unexpected(machines.error());
    machines_ = std::move(*machines);
    DemoWatch watch(machines_);
    if (auto started = start_agents(machines_, watch, signals); !started) return started;
    if (auto done = wait_for_all(watch, signals); !done) return done;
    first_activated_ = watch.first_activated();
    climbed_ = watch.all_activated();
    return {};
  }

  Expected<void> make_vendor_and_host() {
    say("1. The vendor, Acme, makes its root key and a product that activates at 25 machines.");
    say_typed(fmt::format("vendor init --name Acme --dir {}", path(world_.vendor())));
    say_typed(
        fmt::format("vendor add-product --dir {} --product acme-cad --group desktop "
                    "--threshold 25 --retry 1m --out {}",
                    path(world_.vendor()), path(world_.product())));
    if (auto made = world_.make_vendor(shell_); !made) return made;
    say("2. A customer makes a host; Acme signs a host key for it; the customer installs that.");
    say_typed(fmt::format("host init --dir {}", path(world_.host())));
    say_typed(fmt::format(
        "vendor sign-host --dir {} --request {} --customer \"Example Corp\" "
        "--product acme-cad --out {}",
        path(world_.vendor()), path(world_.host() / "host-request.txt"), path(world_.host_keys())));
    say_typed(
        fmt::format("host install-key --dir {} {}", path(world_.host()), path(world_.host_keys())));
    say(fmt::format("   And Acme issues a key for {} machines that are seldom in the house.",
                    kDemoPlaces));
    say_typed(
        fmt::format("vendor issue-mak --dir {} --product acme-cad --limit {} --customer "
                    "\"Example Corp\" --ledger ID --out {}",
                    path(world_.vendor()), kDemoPlaces, path(world_.mak())));
    say_typed(fmt::format("host add-mak --dir {} {}", path(world_.host()), path(world_.mak())));
    auto made = world_.make_host(shell_);
    if (!made) return std::unexpected(made.error());
    made_ = std::move(*made);
    return {};
  }

  Expected<void> start_host(Signals& signals) {
    const auto log = world_.logs() / "host.log";
    auto child = Child::start(shell_.self,
                              {"host", "run", "--dir", path(world_.host()), "--listen", listen_,
                               "--admin-listen", admin_listen_},
                              log);
    if (!child) return std::unexpected(child.error());
    host_.emplace(std::move(*child));
    const auto line = host_->first_line(kHostStarts);
    if (signals.wait(milliseconds(0))) return {};
    if (line) host_url_ = word_of(*line, "clients=");
    if (host_url_.empty()) return host_failed(log);
    dashboard_url_ = word_of(*line, "admin=");
    say(fmt::format("3. The host runs on {} and keeps what it sees in SQLite.", host_url_));
    say_typed(fmt::format("host run --dir {} --listen {}", path(world_.host()), listen_));
    return {};
  }

  // What stands behind `mark` in the host's line; empty: nothing.
  [[nodiscard]] static std::string word_of(const std::string& line, std::string_view mark) {
    const auto at = line.find(mark);
    if (at == std::string::npos) return {};
    return line.substr(at + mark.size(), line.find(' ', at) - at - mark.size());
  }

  // Why the host did not start, in its own words.
  Expected<void> host_failed(const std::filesystem::path& log) {
    std::ifstream in(log);
    std::string last = "it said nothing";
    for (std::string line; std::getline(in, line);) {
      const auto title = entry(ErrorCode::listen_failed).title;
      if (const auto at = line.find(title); at != std::string::npos) {
        const bool admin = !admin_listen_.empty() && line.find(admin_listen_, at) != line.npos;
        return fail(ErrorCode::listen_failed, admin ? admin_listen_ : listen_);
      }
      if (line.starts_with("muster: error: ")) last = line.substr(15);
    }
    return fail(ErrorCode::internal, fmt::format("the host did not start: {}", last));
  }

  Expected<std::vector<DemoMachine>> make_machines() {
    say("4. Thirty machines, desk-001 to desk-030, install the product. Each runs an agent, which\n"
        "   asks the host by itself.");
    const auto first = world_.dir / "machines" / "desk-001";
    say_typed(
        fmt::format("install {} --state {} --fact desk-001", path(world_.product()), path(first)));
    say_typed(fmt::format("set-host {} --state {}", host_url_, path(first)));
    say_typed(fmt::format("client run --state {}\n", path(first)));
    return world_.make_machines(host_url_, shell_);
  }

  Expected<void> start_agents(const std::vector<DemoMachine>& machines, DemoWatch& watch,
                              Signals& signals) {
    for (const auto& machine : machines) {
      auto child = Child::start(
          shell_.self, {"client", "run", "--state", path(machine.state), "--fact", machine.name},
          world_.logs() / (machine.name + ".log"));
      if (!child) return std::unexpected(child.error());
      agents_.push_back(std::move(*child));
      // One after the other, so that the count is seen to climb; a slow one is not waited for long.
      const auto most = shell_.host_clock.monotonic() + kOneAgent;
      do {
        if (signals.wait(kBetweenAgents)) return {};
        if (auto looked = look(watch); !looked) return looked;
      } while (watch.asked() < static_cast<int>(agents_.size()) &&
               shell_.host_clock.monotonic() < most);
    }
    return {};
  }

  Expected<void> wait_for_all(DemoWatch& watch, Signals& signals) {
    const auto began = shell_.host_clock.monotonic();
    bool told = false;
    while (!watch.all_activated() && !signals.wait(kBetweenLooks)) {
      if (auto looked = look(watch); !looked) return looked;
      const auto waited = shell_.host_clock.monotonic() - began;
      if (!told && watch.asked() == kDemoMachines && !watch.all_activated()) {
        told = true;
        end_bar();
        say(
            fmt::format("\n   {} machines have the software activated; {} were told \"not yet\". "
                        "Their agents ask\n   again by themselves, a minute after they first "
                        "did: nobody types.\n",
                        watch.activated(), kDemoMachines - watch.activated()));
      }
      if (!host_->running()) return fail(ErrorCode::internal, "the demo's host has ended");
      if (waited > kPatience) {
        return fail(ErrorCode::internal,
                    fmt::format("only {} of {} machines were activated; see {}", watch.activated(),
                                kDemoMachines, path(world_.logs())));
      }
    }
    end_bar();
    return {};
  }

  // Takes what has happened since the last look, and shows it.
  Expected<void> look(DemoWatch& watch) {
    AdminTarget target;
    target.socket = host::Directory{world_.host()}.socket().string();
    const auto page = admin_get(target, watch.next_page());
    if (!page) return std::unexpected(page.error());
    const auto answers = watch.take(*page);
    if (!answers) return std::unexpected(answers.error());
    for (const auto& answer : *answers) {
      if (!shows_bar()) say("   " + words_of(answer));
    }
    if (shows_bar() && watch.asked() > 0) {
      words_ << "\r   " << watch.bar() << "\x1b[K" << std::flush;
      bar_open_ = true;
    }
    return {};
  }
  void end_bar() {
    if (bar_open_) words_ << '\n';
    bar_open_ = false;
  }

  // What a person may try next; while the host runs it can be asked.
  [[nodiscard]] std::vector<std::pair<std::string, std::string>> next_commands() const {
    const auto& muster = shell_.called;
    const auto host = path(world_.host());
    const auto state = path(world_.dir / "machines" / "desk-025");
    std::vector<std::pair<std::string, std::string>> out;
    if (!once_) {
      out.emplace_back(fmt::format("{} host status --dir {}", muster, host),
                       "what the host has seen");
    }
    out.emplace_back(fmt::format("{} status --state {}", muster, state), "how the 25th stands");
    if (once_) {
      out.emplace_back(fmt::format("{} check --state {}", muster, state),
                       "may its software be used? for scripts");
    }
    out.emplace_back(fmt::format("{0} events export --dir {1} | {0} events verify - --host-key {2}",
                                 muster, host, path(world_.host_keys())),
                     "every request is on a log that verifies");
    return out;
  }

  Expected<void> conclude(const Invocation& asked, Signals& signals) {
    say(fmt::format("\nAll {} machines are activated; the first was the {}th that the host saw.\n",
                    kDemoMachines, first_activated_));
    say("Try next:");
    for (const auto& [command, what] : next_commands()) {
      say(fmt::format("  {}\n      {}", command, what));
    }
    // The facts are the last that is printed, whichever stream one looks at.
    if (once_) end_children();
    if (json_) {
      JsonObject facts;
      facts.add("machines", std::int64_t{kDemoMachines});
      facts.add("activated", std::int64_t{kDemoMachines});
      facts.add("first_activated", first_activated_).add("host", host_url_);
      if (once_) {
        facts.add_null("dashboard").add_null("token");
      } else {
        facts.add("dashboard", dashboard_url_).add("token", made_.token);
      }
      print_facts(shell_, asked, facts);
      shell_.out << std::flush;
    }
    if (once_) return {};
    return live(signals);
  }

  // The fleet goes on, for who looks at the dashboard, until somebody ends it.
  Expected<void> live(Signals& signals) {
    say(fmt::format(
        "\nLook at it in a browser:\n  {}\n      the dashboard; log in with the token "
        "{}\n\nMachines renew, two share one identity, one takes new ones again and "
        "again, laptops\nactivate by the key, so that there is something to see. The host runs on "
        "{} until you\npress Ctrl-C. Everything is in {}.",
        dashboard_url_, made_.token, host_url_, path(world_.dir)));
    auto life = DemoLife::begin(world_, machines_, host_url_, made_.key, shell_);
    if (!life) return std::unexpected(life.error());
    while (!signals.wait(kBetweenSteps)) {
      if (!host_->running()) return fail(ErrorCode::internal, "the demo's host has ended");
      (*life)->step(shell_.host_clock.monotonic());
    }
    return {};
  }

  void end_children() {
    end_bar();
    for (auto& agent : agents_) agent.tell_to_end();
    for (auto& agent : agents_) agent.wait_for_end(kEnd);
    agents_.clear();
    if (host_) {
      host_->tell_to_end();
      host_->wait_for_end(kEnd);
      host_.reset();
      say("\nThe host and the agents have ended.");
    }
  }

  Shell& shell_;
  DemoWorld world_;
  std::string listen_, admin_listen_;  // the latter empty: no dashboard
  bool once_, json_;
  std::ostream& words_;
  std::optional<Child> host_;
  std::vector<Child> agents_;
  std::vector<DemoMachine> machines_;
  std::string host_url_, dashboard_url_;
  DemoHost made_;
  std::uint32_t first_activated_ = 0;
  bool climbed_ = false, bar_open_ = false;
};

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  int came = 0;
  Expected<Exit> done = Exit::done;
  {
    Signals signals;
    Demo demo(asked, shell);
    done = demo.run(asked, signals);
    if (!demo.climbed()) came = signals.came();
  }
  // Interrupted before there was anything to show: whoever started it sees that it was.
  if (done && came != 0) {
    shell.out << std::flush;
    ::signal(came, SIG_DFL);
    ::raise(came);
  }
  return done;
}

}  // namespace

Command demo_command() {
  return {
      .path = "demo",
      .summary = "show it: a vendor, a host and thirty machines that activate by themselves",
      .description =
          "Makes everything in a new directory, runs a host and thirty agents as processes of this "
          "user, and shows how the count climbs: 24 machines are told \"not yet\", the 25th is "
          "activated, and the 24 come again after a minute and are activated too. Then the fleet "
          "goes on until Ctrl-C: machines renew, two share one identity, one takes new ones again "
          "and again, laptops activate by a multiple activation key; the dashboard's address and "
          "an administrator's token, good for a day, are printed. A directory that an earlier demo "
          "left is replaced.",
      .options = {{.name = "once",
                   .kind = Kind::flag,
                   .help = "stop when all machines are activated, and exit with 0"},
                  {.name = "listen",
                   .kind = Kind::address,
                   .placeholder = "ADDRESS:PORT",
                   .help = "where the host serves; port 0 takes a free one",
                   .fallback = "127.0.0.1:8688"},
                  {.name = "admin-listen",
                   .kind = Kind::address,
                   .placeholder = "ADDRESS:PORT",
                   .help = "where the host serves the dashboard, but with --once; port 0 takes a "
                           "free one",
                   .fallback = "127.0.0.1:8689"},
                  {.name = "dir",
                   .kind = Kind::directory,
                   .placeholder = "DIR",
                   .help = "where everything is made",
                   .fallback = ".muster",
                   .variable = "MUSTER_DEMO_DIR"},
                  json_option()},
      .fields = {{"machines", "30"},
                 {"activated", "how many of them are activated"},
                 {"first_activated", "the count at which the first was: 25"},
                 {"host", "the host's URL"},
                 {"dashboard", "the dashboard's URL; null with --once"},
                 {"token", "an administrator's token for it; null with --once"}},
      .examples = {{"muster demo", "watch it, then try the commands that it names"},
                   {"muster demo --once --json", "for a script: the facts as one object"}},
      .hints = {{ErrorCode::file_exists, "name another with --dir, or remove it"},
                {ErrorCode::host_is_running,
                 "end the demo that runs there with Ctrl-C, or name another directory with --dir"}},
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
