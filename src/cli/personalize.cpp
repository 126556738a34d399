#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/identity_commands.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  return run_identity(
      asked, shell,
      [](ClientSession& session) { return session.client().personalize(session.product()); },
      [](const client::IdentityResult& done, const client::ProductStatus& status) {
        if (!done.changed) return fmt::format("{}: nothing was pending.", status.product);
        return fmt::format("{}: this machine is now {}.\n{}", status.product,
                           status.cmid ? status.cmid->text() : "itself", sentence_of(status));
      });
}

}  // namespace

Command personalize_command() {
  return {
      .path = "personalize",
      .summary = "complete a pending rearm or generalize now, without a restart",
      .description =
          "For scripts that run on a clone which never starts anew. Where nothing is pending, "
          "nothing changes and it succeeds.",
      .options = {product_option(), state_option(), fact_option(), json_option()},
      .fields = identity_fields(),
      .examples = {{"muster personalize", "in a clone's first-run script"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
