#include <fmt/format.h>

#include <fstream>
#include <istream>
#include <ostream>

#include "cli/commands.h"
#include "cli/files.h"
#include "cli/output.h"
#include "cli/replay.h"

namespace muster::cli {
namespace {

constexpr std::size_t kFlush = 64 * 1024;

// The next line, cut where it is longer than any request may be; false at the end.
bool next_line(std::istream& in, std::string& line) {
  line.clear();
  auto* bytes = in.rdbuf();
  bool any = false;
  for (int c = bytes->sbumpc(); c != std::char_traits<char>::eof(); c = bytes->sbumpc()) {
    any = true;
    if (c == '\n') break;
    if (line.size() <= Replay::kLineMost) line.push_back(static_cast<char>(c));
  }
  if (line.ends_with('\r')) line.pop_back();
  return any;
}

// Answers are held back only while more lines are at hand, so that a pipe gets each in time.
void replay_all(Replay& replay, std::istream& in, std::ostream& out) {
  std::string line;
  std::string answers;
  while (out && next_line(in, line)) {
    replay.answer(line, answers);
    answers += '\n';
    if (answers.size() < kFlush && in.rdbuf()->in_avail() > 0) continue;
    out << answers << std::flush;
    answers.clear();
  }
  out << answers << std::flush;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto text = read_text(asked.text("policy"));
  if (!text) return std::unexpected(text.error());
  auto policies = read_policy_file(*text);
  if (!policies) {
    return fail(policies.error().code,
                fmt::format("{}: {}", asked.text("policy"), policies.error().detail));
  }
  Replay replay(std::move(*policies));
  const auto file = asked.maybe("REQUESTS.jsonl").value_or("-");
  if (file == "-") {
    replay_all(replay, shell.in, shell.out);
  } else {
    std::ifstream in(file, std::ios::binary);
    if (!in || in.peek() == std::ifstream::traits_type::eof()) {
      if (in.bad() || !in.is_open()) return fail(ErrorCode::file_unreadable, file);
      in.clear();
    }
    replay_all(replay, in, shell.out);
  }
  if (replay.not_valid() > 0) {
    print_warning(shell, fmt::format("{} of {} lines were not valid; their answers say why",
                                     replay.not_valid(), replay.lines()));
  }
  return Exit::done;
}

}  // namespace

Command replay_command() {
  return {
      .path = "replay",
      .summary = "run requests through the rules alone, for what-if questions",
      .description =
          "Reads one JSON object a line and prints for each, in order, what a host would have "
          "answered: the same code decides. Nothing is stored and no clock is read: time is what "
          "the lines say, may stand still and never runs backwards. A line that is not valid is "
          "answered with {\"line\",\"error\",\"detail\",\"hint\"}, changes nothing, and the rest "
          "goes on. docs/replay.md describes both files.",
      .arguments = {{.name = "REQUESTS.jsonl",
                     .kind = Kind::file,
                     .help = "the requests, one a line; - or nothing reads them from stdin",
                     .required = false}},
      .options = {{.name = "policy",
                   .kind = Kind::file,
                   .placeholder = "FILE",
                   .help = "the products' policies: {\"products\":{\"acme-cad\":{\"group\":"
                           "\"desktop\",\"threshold\":25}}}",
                   .required = true}},
      .examples = {{"muster replay --policy policy.json requests.jsonl",
                    "what a month of requests would have come to under another threshold"}},
      .hints = {{ErrorCode::config_invalid, "docs/replay.md describes the policy file"},
                {ErrorCode::policy_invalid, "docs/replay.md describes the policy file"},
                {ErrorCode::policy_conflict,
                 "give the products of a group the same retention and count_by"}},
      .exits = {Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
