#include <fmt/format.h>

#include <mutex>
#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "client/agent.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  (*session)->warn(shell);
  const auto waiter = client::make_linux_waiter((*session)->client().directory());
  std::mutex one_line_at_a_time;
  client::Agent agent((*session)->client(), *waiter, shell.client_clock, shell.random,
                      (*session)->transport(), [&](std::string_view line) {
                        const std::lock_guard lock(one_line_at_a_time);
                        shell.err << fmt::format("{} {}\n", format_time(shell.client_clock.now()),
                                                 printable(line))
                                  << std::flush;
                      });
  if (auto done = client::run_until_signal(agent); !done) return std::unexpected(done.error());
  return Exit::done;
}

}  // namespace

Command client_run_command() {
  return {
      .path = "client run",
      .summary = "run the agent: activate and renew, until it is told to stop",
      .description =
          "Asks at start-up where a request is due, then every retry interval while a product is "
          "not activated and every renewal interval while it is, as the host says. A product that "
          "is installed later is taken up by itself. Nothing that a host or the network does ends "
          "it; SIGTERM and SIGINT do. Its log goes to stderr.",
      .options = with_discovery_options({state_option(), fact_option(), ca_option()}),
      .examples = {{"muster client run", "as root, by the service manager"},
                   {"muster client run --state ./state", "for trying out"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
