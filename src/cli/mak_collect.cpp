#include <fmt/format.h>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "cli/mak_files.h"
#include "client/mak_exchange.h"
#include "client/transport.h"
#include "wire/exchange.h"

namespace muster::cli {
namespace {

// What a host says of one request; what it says of no request in particular ends the run.
Expected<wire::MakAnswer> read_one(const client::HttpAnswer& answer) {
  if (answer.status != 200) return std::unexpected(wire::decode_problem(answer.body));
  auto decoded = wire::decode_mak_answer(answer.body);
  if (decoded) decoded->vendor_hint = decoded->error_hint;
  return decoded;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto host = client::parse_host_url(asked.text("host"));
  if (!host) return std::unexpected(host.error());
  client::HttpOptions http;
  http.ca_file = asked.maybe("ca-file").value_or("");
  http.keep_alive = true;
  const auto transport = client::make_http_transport(http);
  if (!transport) return std::unexpected(transport.error());
  const AskMak ask = [&](std::span<const wire::MakRequest> requests)
      -> Expected<std::vector<Expected<wire::MakAnswer>>> {
    std::vector<Expected<wire::MakAnswer>> out;
    for (const auto& request : requests) {
      const auto answer =
          (*transport)->post(*host, client::kMakActivationsPath, wire::encode_mak_request(request));
      if (!answer) return std::unexpected(answer.error());
      out.push_back(read_one(*answer));
      const bool about_it = out.back() || answer->status == 400;
      if (!about_it) {
        return fail(out.back().error().code,
                    fmt::format("{}: {}", host->base(), out.back().error().detail));
      }
    }
    return out;
  };
  return answer_files(asked, shell, 1, ask);
}

}  // namespace

Command mak_collect_command() {
  return {
      .path = "mak collect",
      .summary = "ask a host on behalf of machines that do not reach it, from their request files",
      .description =
          "For a proxy: takes many request files, asks the host's side for machines over one "
          "connection, and writes the answers to be carried back. Where the host stops answering "
          "it ends; run again, it goes on with those that have no answer yet, those that were "
          "refused last, and nothing is lost or used twice. With --json, one object a file, each "
          "on a line of its own.",
      .arguments = {request_files_argument()},
      .options = {{.name = "host",
                   .placeholder = "URL",
                   .help = "ask this host and no other, this time: http://NAME:8688",
                   .required = true},
                  answers_option(),
                  ca_option(),
                  json_option()},
      .fields = answered_fields(),
      .examples = {{"muster mak collect --host http://muster.corp.example:8688 requests/* --out "
                    "answers",
                    "on a machine between the two networks"}},
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
