#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/host_call.h"
#include "cli/output.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

namespace json = wire::json;

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  std::string body;
  json::Writer(body).text("name", asked.text("NAME")).end();
  const auto answer = call_host(asked, shell,
                                {.verb = HostCall::Verb::post,
                                 .path = "/v1/names/forget",
                                 .body = std::move(body),
                                 .handler = service::post_name_forget});
  if (!answer) return std::unexpected(answer.error());
  if (wants_json(asked)) {
    shell.out << *answer << '\n';
    return Exit::done;
  }
  json::Tree tree;
  if (!tree.parse(*answer, 64 * 1024)) return fail(ErrorCode::bad_answer, "it is not JSON");
  json::Claims claims(tree, tree.root(), ErrorCode::bad_answer);
  const auto machines = claims.number("machines", 0, INT64_MAX);
  const auto pools = claims.number("pools", 0, INT64_MAX);
  if (!claims.ok()) return claims.failure();
  shell.out << fmt::format(
      "The name is forgotten: machines that stand in lists without it: {}, patterns of pools: {}. "
      "The log verifies as before.\n",
      machines, pools);
  return Exit::done;
}

std::vector<Hint> hints() {
  auto out = admin_hints();
  std::erase_if(out, [](const Hint& hint) { return hint.code == ErrorCode::not_found; });
  out.push_back({ErrorCode::not_found, "give the whole name, as 'GET /v1/clients' shows it"});
  return out;
}

}  // namespace

Command events_forget_command() {
  return {
      .path = "events forget",
      .summary = "forget a machine's name, or an address",
      .description =
          "The log holds names and addresses as salted hashes; what they stand for is erased here, "
          "from lists, from search and from patterns of pools too, in whatever letters it was "
          "written. The log verifies as before. A machine that goes on asking under the name stays "
          "nameless. Exports as CSV, syslog and backups are not reached.",
      .arguments = {{.name = "NAME", .help = "the whole name, or the whole address"}},
      .options = admin_options({json_option()}),
      .fields = {{"time", "the host's time for its rules"},
                 {"names", "in how many ways it was written"},
                 {"machines", "how many stand in lists without a name now"},
                 {"pools", "how many pools' patterns were made of it alone, and are empty now"}},
      .examples = {{"muster events forget annas-laptop.corp.example", "she has asked for it"}},
      .hints = hints(),
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
