#include <fmt/format.h>

#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "cli/files.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto text = read_text(asked.text("FILE.product"));
  if (!text) return std::unexpected(text.error());
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto done = (*session)->client().install(*text);
  if (!done) {
    const bool about_file = entry(done.error().code).exit == Exit::document;
    if (about_file) return in_file(asked.text("FILE.product"), done.error());
    return std::unexpected(done.error());
  }
  (*session)->warn(shell);
  print_products(
      shell, asked, {done->status},
      [&](JsonObject& out) { out.add("changed", done->changed).add("new_cmid", done->new_cmid); },
      [&](const client::ProductStatus& status) {
        if (!done->changed) {
          return fmt::format("{} was installed already.\n{}", status.product, sentence_of(status));
        }
        return fmt::format("Installed {} ({}, by {}).\nCMID  {}{}\n{}", status.product, status.name,
                           status.vendor, status.cmid ? status.cmid->text() : "unknown",
                           done->new_cmid ? ", made now" : "", sentence_of(status));
      });
  return Exit::done;
}

}  // namespace

Command install_command() {
  return {
      .path = "install",
      .summary = "install a product on this machine",
      .description =
          "Takes a vendor's product file, makes this machine's CMID where the product's group has "
          "none yet, and starts the initial grace. Installed again, nothing changes; a newer file "
          "of the same vendor brings its numbers; no grace starts anew.",
      .arguments = {{.name = "FILE.product", .kind = Kind::file, .help = "the product file"}},
      .options = {state_option(), fact_option(), json_option()},
      .fields = status_fields({{"changed", "false: this very file was installed already"},
                               {"new_cmid", "true: a CMID was made"}}),
      .examples = {{"muster install acme-cad.product", "as root, for the whole machine"},
                   {"muster install acme-cad.product --state ./state --fact desk-017",
                    "for trying out: a machine of its own in a directory"}},
      .exits = {Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
