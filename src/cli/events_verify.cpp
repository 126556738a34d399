#include <fmt/format.h>

#include <fstream>
#include <ostream>

#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/output.h"
#include "wire/log_export.h"

namespace muster::cli {
namespace {

Expected<std::optional<wire::PublicKey>> trusted_key(const Invocation& asked) {
  const auto file = asked.maybe("host-key");
  if (!file) return std::nullopt;
  const auto keys = read_host_keys(*file);
  if (!keys) return std::unexpected(keys.error());
  return keys->front().host;
}

JsonObject facts_of(const wire::LogReport& report, bool proved_by_key) {
  JsonObject out;
  out.add("verified", true).add("host_key_given", proved_by_key);
  out.add("first", report.first).add("last", report.last).add("proved", report.proved);
  out.add("checkpoints", report.checkpoints);
  if (report.checkpoints > 0) {
    out.add("checkpoint_time", report.checkpoint_time);
  } else {
    out.add_null("checkpoint_time");
  }
  return out;
}

std::string words_of(const wire::LogReport& report) {
  auto out = fmt::format("The log verifies: events {} to {}, {} checkpoint{}.\n", report.first,
                         report.last, report.checkpoints, report.checkpoints == 1 ? "" : "s");
  if (report.checkpoints == 0) {
    out +=
        "No checkpoint is among them: they are chained, and nothing proves yet that none was cut "
        "off.\n";
  } else if (report.proved < report.last) {
    out += fmt::format("Events {} to {} come after the last checkpoint: chained, not yet proved.\n",
                       std::max(report.proved + 1, report.first), report.last);
  } else {
    out += fmt::format("The last checkpoint, of {}, proves all of them.\n",
                       format_time(report.checkpoint_time));
  }
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto key = trusted_key(asked);
  if (!key) return std::unexpected(key.error());
  const auto& file = asked.text("FILE");
  std::ifstream opened;
  if (file != "-") {
    opened.open(file, std::ios::binary);
    if (!opened) return fail(ErrorCode::file_unreadable, file);
  }
  auto& in = file == "-" ? shell.in : opened;
  const auto at_least =
      asked.has("at-least") ? static_cast<std::uint64_t>(asked.number("at-least")) : 0;
  const auto report = wire::verify_log(in, *key, at_least, {});
  if (!report) {
    return fail(report.error().code, fmt::format("{}: {}", file, report.error().detail));
  }
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(*report, key->has_value()));
  } else {
    shell.out << words_of(*report);
  }
  if (!*key) {
    print_note(shell,
               "without --host-key this proves only that the export agrees with itself, not whose "
               "it is");
  }
  return Exit::done;
}

}  // namespace

Command events_verify_command() {
  return {
      .path = "events verify",
      .summary = "verify an export of a host's event log, offline",
      .description =
          "Finds a changed byte, a dropped line, two swapped lines and a tail that was cut off, "
          "and names the event's number. What comes after the last checkpoint is chained, but "
          "nothing signed proves yet that it was not cut: the answer says from where on.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "what 'muster events export' wrote; - reads it from stdin"}},
      .options = {{.name = "host-key",
                   .kind = Kind::file,
                   .placeholder = "FILE",
                   .help = "the host's key file, as the vendor signed it: checkpoints must be this "
                           "host's"},
                  {.name = "at-least",
                   .kind = Kind::number,
                   .placeholder = "SEQ",
                   .help = "a number that the log is known to have reached: an activation names "
                           "one",
                   .least = 1},
                  json_option()},
      .fields = {{"verified", "true; a log that does not verify is an error"},
                 {"host_key_given", "whether the checkpoints were held against --host-key"},
                 {"first", "number of the first event in the export"},
                 {"last", "number of the last one"},
                 {"proved", "number of the last event that a checkpoint proves; 0: none"},
                 {"checkpoints", "how many checkpoints were checked"},
                 {"checkpoint_time", "when the last one was signed, or null"}},
      .examples = {{"muster events verify events.jsonl --host-key host.keys",
                    "has anybody changed this host's log?"}},
      .hints = {{ErrorCode::file_unreadable,
                 "name what 'muster events export' wrote, or - for stdin"}},
      .exits = {Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
