#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"

namespace muster::cli {
namespace {

// What an unusable product is refused with: its own error, else that no grace is left.
Error reason_of(const client::ProductStatus& status) {
  return status.error ? *status.error : Error{ErrorCode::not_licensed, status.product};
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto result = (*session)->client().check((*session)->product());
  if (!result) return std::unexpected(result.error());
  for (const auto& status : result->products) {
    if (wants_json(asked)) {
      JsonObject out;
      out.add("usable", status.usable()).add("product", status.product);
      out.add("license_state", name_of(status.state));
      status.error ? out.add("error", entry(status.error->code).name) : out.add_null("error");
      out.add("valid_until", status.valid_until).add("grace_until", status.grace_until);
      add_minutes_left(out, status);
      print_facts(shell, asked, out);
    } else {
      shell.out << sentence_of(status) << '\n';
    }
  }
  for (const auto& status : result->products) {
    if (status.usable()) continue;
    const auto reason = reason_of(status);
    print_error(shell, reason, "", false);
    return entry(reason.code).exit;
  }
  return Exit::done;
}

}  // namespace

Command check_command() {
  return {
      .path = "check",
      .summary = "succeed where the product may be used: licensed, or in a grace",
      .description =
          "For probes and people: exits with 0 where every product asked about is licensed "
          "or in a grace, otherwise with 6 and the reason. Reads the state alone: no network, no "
          "right to write. It is no gate for software, which whoever makes a vendor of his own and "
          "sets MUSTER_STATE passes: software verifies the activation against the product file "
          "that is compiled into it. With --json, one object a product, each on a line of its own.",
      .options = {product_option(), state_option(), json_option()},
      .fields = {{"usable", "true: licensed or in a grace"},
                 {"product", "the product's id"},
                 {"license_state", "as of 'muster status'"},
                 {"error", "a code, or null"},
                 {"valid_until", "when the activation ends, or null"},
                 {"grace_until", "when the grace ends, or null"},
                 {"minutes_left",
                  "whole number: of the validity or the grace; null without an end"}},
      .examples = {{"muster check --product acme-cad", "in a probe: alert where it fails"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
