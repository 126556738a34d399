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
  if (auto done = (*session)->client().clear_host(product); !done) {
    return std::unexpected(done.error());
  }
  if (wants_json(asked)) {
    JsonObject out;
    out.add_null("host").add("product", asked.maybe("product"));
    print_facts(shell, asked, out);
  } else {
    shell.out << fmt::format("{} has no configured host any more.\n",
                             product.empty() ? "This machine" : product);
  }
  return Exit::done;
}

}  // namespace

Command clear_host_command() {
  return {
      .path = "clear-host",
      .summary = "forget the host that set-host named",
      .options = {product_option(), state_option(), json_option()},
      .fields = {{"host", "null"}, {"product", "for which product, or null for all"}},
      .examples = {{"muster clear-host", "for the whole machine"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
