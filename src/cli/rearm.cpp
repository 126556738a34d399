#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/identity_commands.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  return run_identity(
      asked, shell,
      [](ClientSession& session) { return session.client().rearm(session.product()); },
      [](const client::IdentityResult& done, const client::ProductStatus& status) {
        if (!done.changed) {
          return fmt::format("{}: nothing was changed: {}.", status.product, what_pends(status));
        }
        return fmt::format("{}: {} ({} of {} rearms left).", status.product, what_pends(status),
                           status.rearms_left, status.rearm_limit);
      });
}

}  // namespace

Command rearm_command() {
  return {
      .path = "rearm",
      .summary = "take a new CMID and a new grace when the machine restarts",
      .description =
          "Uses up one of the rearms that the vendor allows. Pending until the machine restarts, "
          "or until 'muster personalize'; a second rearm meanwhile changes nothing.",
      .options = {product_option(), state_option(), json_option()},
      .fields = identity_fields(),
      .examples = {{"muster rearm", "then restart the machine"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
