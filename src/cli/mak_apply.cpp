#include <fmt/format.h>

#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "cli/files.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto text = read_text(asked.text("FILE"));
  if (!text) return std::unexpected(text.error());
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto result = (*session)->client().apply_mak_answer(*text);
  if (!result) return in_file(asked.text("FILE"), result.error());
  (*session)->warn(shell);
  if (result->error) {
    const auto& problem = *result->error;
    shell.err << "muster: error: " << printable(problem.title)
              << (problem.detail.empty() ? "" : ": ") << printable(problem.detail) << '\n';
    if (!problem.hint.empty()) shell.err << "muster: hint: " << printable(problem.hint) << '\n';
    if (const auto left = what_is_left(result->status); !left.empty()) print_note(shell, left);
    return problem.exit;
  }
  if (wants_json(asked)) {
    JsonObject out;
    add_status(out, result->status);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  shell.out << fmt::format("Activated: place {} of {}.\n{}\n", result->place.value_or(0),
                           result->limit.value_or(0), sentence_of(result->status));
  return Exit::done;
}

}  // namespace

Command mak_apply_command() {
  return {
      .path = "mak apply",
      .summary = "take the answer to this machine's request by a multiple activation key",
      .description =
          "The activation in it is signed. The machine that made the request takes it, once, and "
          "no other does.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "what 'muster mak answer' has written"}},
      .options = {state_option(), fact_option(), json_option()},
      .fields = status_fields(),
      .examples = {{"muster mak apply request.txt.answer", "on the machine"}},
      .exits = {Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
