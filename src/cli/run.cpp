#include "cli/run.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/output.h"
#include "cli/papers.h"
#include "cli/parse.h"

namespace muster::cli {
namespace {

std::string hint_of(const Command& command, ErrorCode code) {
  const auto own = std::ranges::find(command.hints, code, &Hint::code);
  if (own != command.hints.end()) return std::string(own->text);
  if (code == ErrorCode::usage) return fmt::format("see 'muster {} --help'", command.path);
  return std::string(entry(code).hint);
}

int run_command(const Invocation& asked, Shell& shell) {
  const auto done = asked.command().run(asked, shell);
  if (done) return static_cast<int>(*done);
  const auto hint = hint_of(asked.command(), done.error().code);
  print_error(shell, done.error(), hint, wants_json(asked));
  return static_cast<int>(entry(done.error().code).exit);
}

int run_words(std::vector<std::string> words, Shell& shell) {
  const auto table = command_table();
  if (words.empty()) {
    shell.err << help_text(table, "");
    return static_cast<int>(Exit::usage);
  }
  // `muster help host run` for who expects it.
  if (words.front() == "help") {
    words.erase(words.begin());
    words.emplace_back("--help");
  }
  const auto parsed = parse(table, std::move(words), shell.variable);
  if (const auto* asked = std::get_if<Invocation>(&parsed)) return run_command(*asked, shell);
  if (const auto* help = std::get_if<HelpWanted>(&parsed)) {
    shell.out << help_text(table, help->path);
    return static_cast<int>(Exit::done);
  }
  if (std::holds_alternative<VersionWanted>(parsed)) {
    shell.out << "muster " << kVersion << '\n';
    return static_cast<int>(Exit::done);
  }
  const auto& wrong = std::get<UsageError>(parsed);
  const auto hint = wrong.path.empty() ? std::string("see 'muster --help'")
                                       : fmt::format("see 'muster {} --help'", wrong.path);
  print_error(shell, Error{ErrorCode::usage, wrong.detail}, hint, wrong.json);
  return static_cast<int>(Exit::usage);
}

}  // namespace

int run(std::vector<std::string> words, Shell& shell) {
  try {
    return run_words(std::move(words), shell);
  } catch (const std::exception& escaped) {
    // No memory, or a mistake in this program: a person is told all the same.
    print_error(shell, Error{ErrorCode::internal, escaped.what()},
                "nothing more is known; please report it, and what was asked for", false);
    return static_cast<int>(Exit::internal);
  }
}

}  // namespace muster::cli
