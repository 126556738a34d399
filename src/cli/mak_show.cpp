#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

std::string words_of_place(const JsonAnswer& answer, const wire::json::Value& place) {
  const auto of = [&](std::string_view name) { return answer.text(place, name); };
  const auto cmid = of("cmid").empty() ? "a machine that the ledger has forgotten" : of("cmid");
  auto out = fmt::format("  {:>7}  {}  sold {}", of("place"), cmid, of("sold"));
  if (of("turn") != "1") out += fmt::format(", turn {}", of("turn"));
  if (!of("released").empty()) out += fmt::format(", released {}", of("released"));
  if (!of("name").empty()) out += "  " + of("name");
  return out + "\n";
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto path = mak_path(asked.text("ID"));
  if (!path) return std::unexpected(path.error());
  const auto body = call_host(asked, shell,
                              {.path = *path,
                               .id = asked.text("ID"),
                               .query = {{"after", asked.text("after")}},
                               .handler = service::get_key});
  return tell(asked, shell, body, [&](const JsonAnswer& answer, const wire::json::Value& key) {
    auto out = words_of_mak(answer, key);
    for (const auto* place : answer.list(key, "places")) out += words_of_place(answer, *place);
    if (const auto next = answer.text(key, "next"); !next.empty()) {
      print_note(shell, fmt::format("there are more: --after {}", next));
    }
    return out;
  });
}

}  // namespace

Command mak_show_command() {
  return {
      .path = "mak show",
      .summary = "show a multiple activation key and the machines that hold its places",
      .arguments = {mak_id_argument()},
      .options = admin_options({{.name = "after",
                                 .kind = Kind::number,
                                 .placeholder = "PLACE",
                                 .help = "show the places above this one, at most 1,000",
                                 .fallback = "0",
                                 .least = 0,
                                 .most = 1'000'000},
                                json_option()}),
      .fields =
          mak_fields({{"places", "list of {place, turn, cmid, name, sold, asked, released, event}"},
                      {"next", "the --after of the next page, or null"}}),
      .examples = {{"muster mak show pWq0hXcVbR2mJ4TzKd8LsA", "who holds a place"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
