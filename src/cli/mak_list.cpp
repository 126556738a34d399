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
  if (wants_json(asked)) {
    shell.out << *body << '\n';
    return Exit::done;
  }
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, *body); !parsed) return std::unexpected(parsed.error());
  const JsonAnswer answer(tree);
  auto text = fmt::format("ledger  {}\n", answer.text(tree.root(), "ledger"));
  const auto keys = answer.list(tree.root(), "keys");
  for (const auto* key : keys) text += "\n" + words_of_mak(answer, *key);
  if (keys.empty()) text += "It keeps no multiple activation key.\n";
  shell.out << printable_lines(text);
  return Exit::done;
}

}  // namespace

Command mak_list_command() {
  return {
      .path = "mak list",
      .summary = "list the multiple activation keys that a host's ledger sells",
      .options = admin_options({json_option()}),
      .fields = {{"ledger", "the ledger's id"},
                 {"time", "the host's time"},
                 {"keys", "list of keys, with the members that 'muster mak show' lists"}},
      .examples = {{"muster mak list", "of the host in /var/lib/muster/host"},
                   {"muster mak list --host https://muster.corp.example:8689 --token-file token",
                    "of a host elsewhere, with an operator's token"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
