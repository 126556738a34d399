#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

using wire::json::Value;

bool is_true(const JsonAnswer& answer, const Value& object, std::string_view name) {
  const auto* value = answer.find(object, name);
  return value != nullptr && value->truth;
}

std::string words_of_alert(const JsonAnswer& answer, const Value& alert) {
  const auto of = [&](std::string_view name) { return answer.text(alert, name); };
  if (!is_true(answer, alert, "fires")) {
    return fmt::format("  quiet  {:<9} {}\n", of("rule"), of("what"));
  }
  return fmt::format("  FIRES  {:<9} {}\n         since {}, alert {}\n         do: {}\n",
                     of("rule"), of("what"), of("since"), of("alert"), of("to_do"));
}

std::string words_of_receiver(const JsonAnswer& answer, const Value& receiver) {
  const auto of = [&](std::string_view name) { return answer.text(receiver, name); };
  auto out = fmt::format("  {:<7} {}: {} waiting, ", of("receiver"), of("to"), of("waiting"));
  out += of("last_taken").empty() ? "nothing taken since the host started"
                                  : "last taken " + of("last_taken");
  if (!of("last_failed").empty()) {
    out += fmt::format("\n          last failed {}: {}", of("last_failed"), of("last_error"));
  }
  return out + "\n";
}

std::string words_of(const JsonAnswer& answer, const Value& root) {
  std::string out;
  std::size_t fire = 0;
  const auto alerts = answer.list(root, "alerts");
  for (const bool fires : {true, false}) {
    for (const auto* alert : alerts) {
      if (is_true(answer, *alert, "fires") != fires) continue;
      out += words_of_alert(answer, *alert);
      if (fires) ++fire;
    }
  }
  for (const auto* rule : answer.list(root, "off")) {
    out += fmt::format("  off    {}\n", rule->text);
  }
  out = fmt::format("{} of {} alerts fire.\n", fire, alerts.size()) + out;
  const auto receivers = answer.list(root, "receivers");
  if (receivers.empty()) {
    out +=
        "Nobody is told but the event log: see alerts.webhook.url and alerts.mail.server in "
        "docs/host.md.\n";
  } else {
    out += "Receivers:\n";
  }
  for (const auto* receiver : receivers) out += words_of_receiver(answer, *receiver);
  return printable_lines(out);
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  return tell(asked, shell, admin_get(*target, "/v1/alerts"), words_of);
}

}  // namespace

Command alerts_list_command() {
  return {
      .path = "alerts list",
      .summary = "list what a running host watches, what fires, and who was told",
      .description =
          "As of its last look (alerts.every). docs/alerts.md describes the rules and the "
          "receivers.",
      .options = admin_options({json_option()}),
      .fields =
          {{"time", "the host's time"},
           {"alerts",
            "list of {rule, subject, fires, alert, since, title, about, what, to_do}; alert and "
            "since are null where it does not fire"},
           {"off", "list of the rules that are switched off"},
           {"receivers",
            "list of {receiver, to, waiting, last_taken, last_failed, last_error}, since the host "
            "started"}},
      .examples = {{"muster alerts list", "of the host in /var/lib/muster/host"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
