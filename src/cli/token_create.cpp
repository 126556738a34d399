#include <fmt/format.h>

#include <optional>
#include <ostream>

#include "base/file.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"
#include "cli/token_shared.h"

namespace muster::cli {
namespace {

std::string body_of(const Invocation& asked) {
  JsonObject out;
  out.add("name", asked.maybe("name").value_or(asked.text("role")));
  out.add("role", asked.text("role"));
  if (asked.has("expires")) out.add("expires_in", format_duration(asked.duration("expires")));
  return out.text();
}

// The secret alone, for its owner; a token whose secret could not be kept is revoked again.
Expected<void> keep(const Invocation& asked, Shell& shell, FileWriter& file,
                    const JsonAnswer& answer, const wire::json::Value& made) {
  auto done = file.write(answer.text(made, "token") + "\n");
  if (done) done = file.finish();
  if (done) return done;
  if (auto revoked = revoke_token(asked, shell, answer.text(made, "id")); !revoked) {
    print_warning(shell, fmt::format("the token {} was made and could not be revoked: {}",
                                     answer.text(made, "id"), revoked.error().sentence()));
  }
  return done;
}

void say(const Invocation& asked, Shell& shell, const JsonAnswer& answer,
         const wire::json::Value& made) {
  const auto of = [&](std::string_view name) { return answer.text(made, name); };
  const auto file = asked.maybe("out");
  if (wants_json(asked)) {
    JsonObject out;
    out.add("id", of("id")).add("name", of("name")).add("role", of("role"));
    out.add("created", of("created"));
    of("expires").empty() ? out.add_null("expires") : out.add("expires", of("expires"));
    file ? out.add_null("token") : out.add("token", of("token"));
    print_facts(shell, asked, out.add("file", file));
    return;
  }
  const auto until = of("expires").empty() ? "until it is revoked" : "until " + of("expires");
  shell.out << fmt::format("Made the token {} ({}), good {}.\n", of("id"), of("role"), until);
  if (file) {
    shell.out << fmt::format("It stands in {}, and nowhere else.\n", *file);
  } else {
    shell.out << fmt::format("  {}\nIt is shown this once and kept nowhere.\n", of("token"));
  }
}

std::vector<Hint> hints() {
  auto out = admin_hints();
  out.push_back({ErrorCode::malformed_request, "see 'muster token create --help'"});
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  std::optional<FileWriter> file;
  if (const auto name = asked.maybe("out")) {
    auto opened = FileWriter::create(path_of(*name), 0600);
    if (!opened) return std::unexpected(opened.error());
    file.emplace(std::move(*opened));
  }
  const auto body = call_host(asked, shell,
                              {.verb = HostCall::Verb::post,
                               .path = "/v1/tokens",
                               .body = body_of(asked),
                               .handler = service::post_token});
  if (!body) return std::unexpected(body.error());
  wire::json::Tree tree;
  if (auto parsed = parse_answer(tree, *body); !parsed) return std::unexpected(parsed.error());
  const JsonAnswer answer(tree);
  if (file) {
    if (auto kept = keep(asked, shell, *file, answer, tree.root()); !kept) {
      return std::unexpected(kept.error());
    }
  }
  say(asked, shell, answer, tree.root());
  return Exit::done;
}

}  // namespace

Command token_create_command() {
  return {
      .path = "token create",
      .summary = "make a token that opens a host's administration",
      .description =
          "A viewer reads everything but tokens; an operator also releases, reconciles and blocks "
          "multiple activation keys; an admin may do everything. The host keeps a hash of the "
          "token, so it is shown this once. The act is an event with who did it.",
      .options = admin_options({{.name = "role",
                                 .kind = Kind::choice,
                                 .placeholder = "ROLE",
                                 .help = "what its holder may do",
                                 .required = true,
                                 .choices = {"viewer", "operator", "admin"}},
                                {.name = "name",
                                 .placeholder = "NAME",
                                 .help = "what it is for, at most 64 bytes",
                                 .shown_fallback = "the role",
                                 .variable = "MUSTER_TOKEN_NAME"},
                                {.name = "expires",
                                 .kind = Kind::duration,
                                 .placeholder = "DURATION",
                                 .help = "how long it is good; without it, until it is revoked",
                                 .least = 1,
                                 .variable = "MUSTER_TOKEN_EXPIRES"},
                                {.name = "out",
                                 .kind = Kind::file,
                                 .placeholder = "FILE",
                                 .help = "a new file, for its owner alone, that the token is "
                                         "written to; without it the token is printed",
                                 .variable = "MUSTER_TOKEN_OUT"},
                                json_option()}),
      .fields = {{"id", "the token's id"},
                 {"name", "what it is for"},
                 {"role", "viewer, operator or admin"},
                 {"created", "when it was made"},
                 {"expires", "until when it is good, or null"},
                 {"token", "the token itself; null where it stands in the file"},
                 {"file", "the file that it stands in, or null"}},
      .examples = {{"muster token create --role viewer --name grafana --expires 90d",
                    "for a monitor"},
                   {"muster token create --role operator --out token --host "
                    "https://muster.corp.example:8689 --token-file admin.token",
                    "on a host elsewhere, with an administrator's token"}},
      .hints = hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
