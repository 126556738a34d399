#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  if (asked.flag("webhook") && asked.flag("mail")) {
    return fail(ErrorCode::usage, "--webhook and --mail: one of them, or none for every receiver");
  }
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  std::string body = "{}";
  for (const auto* receiver : {"webhook", "mail"}) {
    if (asked.flag(receiver)) body = fmt::format(R"({{"receiver":"{}"}})", receiver);
  }
  const auto answer = admin_post(*target, "/v1/alerts/test", "application/json", body);
  if (!answer) return std::unexpected(answer.error());
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, *answer); !parsed) return std::unexpected(parsed.error());
  const JsonAnswer read(tree);
  bool all = true;
  std::string words;
  for (const auto* receiver : read.list(tree.root(), "receivers")) {
    const auto* taken = read.find(*receiver, "taken");
    const bool took = taken != nullptr && taken->truth;
    all = all && took;
    words += fmt::format("{} {} the test: {} ({})\n", read.text(*receiver, "receiver"),
                         took ? "took" : "DID NOT TAKE", read.text(*receiver, "answer"),
                         read.text(*receiver, "to"));
  }
  shell.out << (wants_json(asked) ? *answer + "\n" : printable_lines(words));
  return all ? Exit::done : Exit::no_host;
}

}  // namespace

Command alerts_test_command() {
  return {
      .path = "alerts test",
      .summary = "have a running host send a test to its receivers, and say what they answered",
      .description =
          "One try each, past everything that waits. Exits with 3 where a receiver has not taken "
          "it. Over --host it needs an administrator's token.",
      .options =
          admin_options({{.name = "webhook", .kind = Kind::flag, .help = "the webhook alone"},
                         {.name = "mail", .kind = Kind::flag, .help = "the mail alone"},
                         json_option()}),
      .fields = {{"id", "the test's id, as the receivers get it"},
                 {"receivers", "list of {receiver, to, taken, answer}"}},
      .examples = {{"muster alerts test", "every receiver that is configured"},
                   {"muster alerts test --mail", "is the mail server right?"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
