#include <fmt/format.h>

#include <ostream>

#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  const auto answer = admin_post(*target, "/v1/clock/confirm", "application/json", "{}");
  if (!answer) return std::unexpected(answer.error());
  if (wants_json(asked)) {
    shell.out << *answer << '\n';
  } else {
    shell.out << "The host's clock is confirmed; it serves again.\n";
  }
  return Exit::done;
}

}  // namespace

Command host_confirm_clock_command() {
  return {
      .path = "host confirm-clock",
      .summary = "say that a host's clock is right after it had jumped",
      .description =
          "A host whose clock jumps, or starts before its newest event, serves nobody until an "
          "administrator has looked at the clock and says that it is right, so that no machine "
          "leaves the roll by mistake.",
      .options = admin_options({json_option()}),
      .fields = {{"time", "the host's time for its rules, from now on"}},
      .examples = {{"muster host confirm-clock", "after looking at the clock"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
