#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/mak_shared.h"

namespace muster::cli {
namespace {

// The places of one key, a line each, the key's id first.
Expected<void> append_places(const Invocation& asked, Shell& shell, const std::string& id,
                             std::string& out) {
  std::string after = "0";
  while (!after.empty()) {
    const auto path = mak_path(id);
    if (!path) return std::unexpected(path.error());
    const auto body = call_host(
        asked, shell,
        {.path = *path, .id = id, .query = {{"after", after}}, .handler = service::get_key});
    if (!body) return std::unexpected(body.error());
    wire::json::Tree tree;
    if (auto parsed = parse_answer(tree, *body); !parsed) return parsed;
    const JsonAnswer answer(tree);
    for (const auto* place : answer.list(tree.root(), "places")) {
      std::string members;
      tree.append(members, *place);
      out += fmt::format(R"({{"mak":"{}",{})", id, members.substr(1)) + "\n";
    }
    after = answer.text(tree.root(), "next");
  }
  return {};
}

Expected<std::string> export_all(const Invocation& asked, Shell& shell) {
  const auto body = call_host(asked, shell, {.path = "/v1/keys", .handler = service::get_keys});
  if (!body) return std::unexpected(body.error());
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, *body); !parsed) return std::unexpected(parsed.error());
  const JsonAnswer answer(tree);
  std::string out;
  for (const auto* key : answer.list(tree.root(), "keys")) {
    if (auto done = append_places(asked, shell, answer.text(*key, "id"), out); !done) {
      return std::unexpected(done.error());
    }
  }
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto out = Output::of(asked, shell);
  if (!out) return std::unexpected(out.error());
  const auto text = export_all(asked, shell);
  if (!text) return std::unexpected(text.error());
  if (auto done = out->put(*text); !done) return std::unexpected(done.error());
  return Exit::done;
}

}  // namespace

Command mak_export_command() {
  return {
      .path = "mak export",
      .summary = "write every place of every key that a host's ledger has sold",
      .description =
          "One JSON object a line: mak (the key's id), place, turn, cmid, name, sold, asked, "
          "released and event, as 'muster mak show --json' lists them.",
      .options = admin_options({{.name = "out",
                                 .kind = Kind::file,
                                 .placeholder = "FILE",
                                 .help = "where it is written; without it, or for -, stdout",
                                 .variable = "MUSTER_EXPORT_OUT"}}),
      .examples = {{"muster mak export --out places.jsonl", "for an inventory"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
