#include "cli/commands.h"
#include "cli/files.h"
#include "cli/mak_shared.h"
#include "cli/output.h"
#include "wire/mak.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto text = read_text(asked.text("FILE"));
  if (!text) return std::unexpected(text.error());
  const auto mak = wire::read_mak(*text, {});
  if (!mak) return in_file(asked.text("FILE"), mak.error());
  JsonObject request;
  request.add("mak", mak->text);
  const auto body = call_host(asked, shell,
                              {.verb = HostCall::Verb::post,
                               .path = "/v1/keys",
                               .body = request.text(),
                               .handler = service::post_key});
  return tell(asked, shell, body, words_of_mak);
}

}  // namespace

Command host_add_mak_command() {
  return {
      .path = "host add-mak",
      .summary = "let a host's ledger sell the places of a multiple activation key",
      .description =
          "Takes the document that the vendor made for this ledger; the key itself is typed on the "
          "machines. A host key of the same vendor for the product must be installed. Added twice, "
          "it changes nothing.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "what 'muster vendor issue-mak' has written"}},
      .options = admin_options({json_option()}),
      .fields = mak_fields(),
      .examples = {{"muster host add-mak --dir /var/lib/muster/host acme-cad.mak",
                    "whether the host runs or not"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused, Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
