#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "cli/commands.h"
#include "cli/output.h"
#include "cli/token_shared.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto& id = asked.text("ID");
  if (auto done = revoke_token(asked, shell, id); !done) return std::unexpected(done.error());
  if (wants_json(asked)) {
    print_facts(shell, asked, JsonObject().add("id", id).add("revoked", true));
  } else {
    shell.out << fmt::format("The token {} is revoked; it opens nothing any more.\n", id);
  }
  return Exit::done;
}

}  // namespace

std::vector<Hint> token_hints() {
  auto out = admin_hints();
  std::erase_if(out, [](const Hint& hint) { return hint.code == ErrorCode::not_found; });
  out.push_back({ErrorCode::not_found, "'muster token list' shows the tokens' ids"});
  return out;
}

Expected<void> revoke_token(const Invocation& asked, Shell& shell, std::string_view id) {
  const bool good = !id.empty() && std::ranges::all_of(id, [](char c) {
    return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'f');
  });
  if (!good) {
    return fail(ErrorCode::usage,
                fmt::format("'{}' is no token's id; see 'muster token list'", id));
  }
  const auto done = call_host(asked, shell,
                              {.verb = HostCall::Verb::del,
                               .path = fmt::format("/v1/tokens/{}", id),
                               .id = std::string(id),
                               .handler = service::delete_token});
  if (!done) return std::unexpected(done.error());
  return {};
}

Command token_revoke_command() {
  return {
      .path = "token revoke",
      .summary = "revoke a token, at once",
      .description = "The next request with it is refused. The act is an event with who did it.",
      .arguments = {{.name = "ID", .help = "the token's id, as 'muster token list' shows it"}},
      .options = admin_options({json_option()}),
      .fields = {{"id", "the token's id"}, {"revoked", "true"}},
      .examples = {{"muster token revoke 3f2a51c0", "its holder has left"}},
      .hints = token_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
