#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  JsonObject request;
  request.add("used", asked.number("used")).add("restored", asked.flag("restored"));
  const auto body =
      post_to_mak(asked, shell, "reconcile", request.text(), service::post_key_reconcile);
  return tell(asked, shell, body, words_of_mak);
}

}  // namespace

Command mak_reconcile_command() {
  return {
      .path = "mak reconcile",
      .summary = "say how many places of a key are used in truth, after a host was restored",
      .description =
          "A host that finds itself restored from an older state may have sold places that its "
          "ledger has forgotten. It sells nothing new until it is told how many are used: count "
          "the machines that are activated by the key, the host's last metrics, or its log. "
          "Machines that the ledger has forgotten get their place back when they ask.",
      .arguments = {mak_id_argument()},
      .options = admin_options({{.name = "used",
                                 .kind = Kind::number,
                                 .placeholder = "N",
                                 .help = "places that are held; not less than the ledger counts",
                                 .required = true,
                                 .least = 0,
                                 .most = 1'000'000},
                                {.name = "restored",
                                 .kind = Kind::flag,
                                 .help = "this host was restored, although no machine has shown it "
                                         "yet; places that are counted too much stay used"},
                                json_option()}),
      .fields = mak_fields(),
      .examples = {{"muster mak reconcile pWq0hXcVbR2mJ4TzKd8LsA --used 41",
                    "41 machines are activated by it"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
