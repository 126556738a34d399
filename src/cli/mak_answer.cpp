#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/mak_files.h"
#include "cli/mak_shared.h"
#include "service/mak_activate.h"
#include "wire/exchange.h"

namespace muster::cli {
namespace {

Expected<std::vector<Expected<wire::MakAnswer>>> read_answers(std::string_view body) {
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, body); !parsed) return std::unexpected(parsed.error());
  const JsonAnswer answer(tree);
  std::vector<Expected<wire::MakAnswer>> out;
  for (const auto* item : answer.list(tree.root(), "answers")) {
    std::string text;
    tree.append(text, *item);
    if (answer.find(*item, "activated") == nullptr) {
      out.push_back(std::unexpected(wire::decode_problem(text)));
      continue;
    }
    auto decoded = wire::decode_mak_answer(text);
    if (decoded) decoded->vendor_hint = decoded->error_hint;
    out.push_back(std::move(decoded));
  }
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const AskMak ask = [&](std::span<const wire::MakRequest> requests)
      -> Expected<std::vector<Expected<wire::MakAnswer>>> {
    std::string body = R"({"requests":[)";
    for (const auto& request : requests) {
      if (!body.ends_with('[')) body += ',';
      body += wire::encode_mak_request(request);
    }
    const auto answer = call_host(asked, shell,
                                  {.verb = HostCall::Verb::post,
                                   .path = "/v1/mak-answers",
                                   .body = body + "]}",
                                   .handler = service::post_mak_answers});
    if (!answer) return std::unexpected(answer.error());
    return read_answers(*answer);
  };
  return answer_files(asked, shell, service::kMakAnswersMost, ask);
}

}  // namespace

Command mak_answer_command() {
  return {
      .path = "mak answer",
      .summary = "answer the request files of machines without a network, many in one go",
      .description =
          "Each answer lies in --out when its line is printed. Run again, whoever was given a "
          "place is not asked for again, and a machine that asks anew has its place again. With "
          "--json, one object a file, each on a line of its own.",
      .arguments = {request_files_argument()},
      .options = admin_options({answers_option(), json_option()}),
      .fields = answered_fields(),
      .examples = {{"muster mak answer --dir /var/lib/muster/host requests/* --out answers",
                    "whether the host runs or not"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
