#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto body = call_host(asked, shell, {.path = "/v1/keys", .handler = service::get_keys});
  if (!body) return std::unexpected(body.error());
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, *body); !parsed) return std::unexpected(parsed.error());
  const auto ledger = JsonAnswer(tree).text(tree.root(), "ledger");
  if (wants_json(asked)) {
    JsonObject out;
    out.add("ledger", ledger);
    print_facts(shell, asked, out);
  } else {
    shell.out << printable(ledger) << '\n';
  }
  return Exit::done;
}

}  // namespace

Command host_ledger_id_command() {
  return {
      .path = "host ledger-id",
      .summary = "print the id of a host's ledger, which the vendor binds a key to",
      .description =
          "A ledger is made with the host's database and says which machines hold places of a "
          "multiple activation key. A key is bound to one ledger, so that no two hosts sell the "
          "same places.",
      .options = admin_options({json_option()}),
      .fields = {{"ledger", "32 hex digits"}},
      .examples = {{"muster host ledger-id --dir /var/lib/muster/host",
                    "to be sent to the vendor, whether the host runs or not"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
