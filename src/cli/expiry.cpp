#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto products = (*session)->client().expiry((*session)->product());
  if (!products) return std::unexpected(products.error());
  if (products->empty()) print_note(shell, "no product is installed on this machine");
  for (const auto& status : *products) {
    if (!wants_json(asked)) {
      shell.out << sentence_of(status) << '\n';
      continue;
    }
    JsonObject out;
    out.add("product", status.product).add("license_state", name_of(status.state));
    out.add("valid_until", status.valid_until).add("grace_until", status.grace_until);
    add_minutes_left(out, status);
    print_facts(shell, asked, out);
  }
  return Exit::done;
}

}  // namespace

Command expiry_command() {
  return {
      .path = "expiry",
      .summary = "say until when each product may be used",
      .description = "With --json, one object a product, each on a line of its own.",
      .options = {product_option(), state_option(), json_option()},
      .fields = {{"product", "the product's id"},
                 {"license_state", "as of 'muster status'"},
                 {"valid_until", "when the activation ends, or null"},
                 {"grace_until", "when the grace ends, or null"},
                 {"minutes_left",
                  "whole number: of the validity or the grace; null without an end"}},
      .examples = {{"muster expiry", "one line a product"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
