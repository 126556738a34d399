#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/token_shared.h"

namespace muster::cli {
namespace {

std::string words_of_token(const JsonAnswer& answer, const wire::json::Value& token,
                           std::string_view now) {
  const auto of = [&](std::string_view name) { return answer.text(token, name); };
  auto out = fmt::format("{}  {:<8}  made {}  ", of("id"), of("role"), of("created"));
  out += of("last_used").empty() ? "never used" : "used " + of("last_used");
  if (const auto expires = of("expires"); !expires.empty()) {
    // Both are RFC 3339 in UTC to the second, so their texts compare as their times.
    out += fmt::format("  {} {}", expires <= now ? "expired" : "expires", expires);
  }
  return fmt::format("{}  {}\n", out, of("name"));
}

std::string words_of(const JsonAnswer& answer, const wire::json::Value& list) {
  const auto now = answer.text(list, "time");
  std::string out;
  for (const auto* token : answer.list(list, "tokens")) out += words_of_token(answer, *token, now);
  if (out.empty()) out = "The host keeps no token; 'muster token create' makes one.\n";
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto body = call_host(asked, shell, {.path = "/v1/tokens", .handler = service::get_tokens});
  return tell(asked, shell, body, words_of);
}

}  // namespace

Command token_list_command() {
  return {
      .path = "token list",
      .summary = "list the tokens that open a host's administration",
      .description =
          "Expired ones too, and none with its secret, which the host does not have. When a token "
          "was last used is stored once a minute: a host that was killed may have lost the last.",
      .options = admin_options({json_option()}),
      .fields = {{"time", "the host's time"},
                 {"tokens", "list of {id, name, role, created, expires, last_used}"}},
      .examples = {{"muster token list", "who may do what on the host in /var/lib/muster/host"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
