#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

std::string words_of_list(const JsonAnswer& answer, const wire::json::Value& list) {
  auto out = fmt::format("ledger  {}\n", answer.text(list, "ledger"));
  const auto keys = answer.list(list, "keys");
  for (const auto* key : keys) out += "\n" + words_of_mak(answer, *key);
  if (keys.empty()) out += "It keeps no multiple activation key.\n";
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto body = call_host(asked, shell, {.path = "/v1/keys", .handler = service::get_keys});
  return tell(asked, shell, body, words_of_list);
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
