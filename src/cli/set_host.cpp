#include <fmt/format.h>

#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto& product = (*session)->product();
  const auto host = (*session)->client().set_host(asked.text("URL"), product);
  if (!host) return std::unexpected(host.error());
  (*session)->warn(shell);
  if (wants_json(asked)) {
    JsonObject out;
    out.add("host", *host).add("product", asked.maybe("product"));
    print_facts(shell, asked, out);
  } else {
    shell.out << fmt::format("{} will ask {} first.\n", product.empty() ? "This machine" : product,
                             *host);
  }
  return Exit::done;
}

}  // namespace

Command set_host_command() {
  return {
      .path = "set-host",
      .summary = "name the host that this machine asks first",
      .description =
          "Without --product, for every product that has no host of its own. The port is 8688 "
          "where none is given.",
      .arguments = {{.name = "URL", .help = "http://NAME:8688, https://NAME, or NAME"}},
      .options = {product_option(), state_option(), json_option()},
      .fields = {{"host", "the host's URL, with its port"},
                 {"product", "for which product, or null for all"}},
      .examples = {{"muster set-host http://muster.corp.example:8688", "for the whole machine"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
