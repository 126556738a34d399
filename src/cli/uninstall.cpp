#include <fmt/format.h>

#include "cli/client_shared.h"
#include "cli/commands.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto done = (*session)->client().uninstall((*session)->product());
  if (!done) return std::unexpected(done.error());
  print_products(shell, asked, {*done}, {}, [](const client::ProductStatus& status) {
    return fmt::format(
        "Uninstalled {}: its activation is gone. The CMID stays, and so does the "
        "grace that has begun.",
        status.product);
  });
  return Exit::done;
}

}  // namespace

Command uninstall_command() {
  return {
      .path = "uninstall",
      .summary = "forget a product's activation and stop asking for it",
      .description =
          "The CMID and the start of the grace stay known: who installs it again goes on where he "
          "was.",
      .options = {product_option(), state_option(), json_option()},
      .fields = status_fields(),
      .examples = {{"muster uninstall --product acme-cad", "when the software is removed"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
