#include <fmt/format.h>

#include "cli/commands.h"
#include "cli/identity_commands.h"

namespace muster::cli {
namespace {

std::string words_of(const client::IdentityResult& done, const client::ProductStatus& status) {
  if (!done.changed) {
    return fmt::format("{}: nothing was changed: {}.", status.product, what_pends(status));
  }
  if (status.pending == client::Pending::generalize_keep_id) {
    return fmt::format("{}: ready for an image; clones keep this CMID.", status.product);
  }
  return fmt::format("{}: ready for an image; a clone takes a new CMID when it starts{}.",
                     status.product,
                     done.grace_restarts ? ", and its grace starts anew"
                                         : ", and its grace goes on: no rearm is left");
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  return run_identity(
      asked, shell,
      [&](ClientSession& session) {
        return session.client().generalize(asked.flag("keep-id"), session.product());
      },
      words_of);
}

}  // namespace

Command generalize_command() {
  return {
      .path = "generalize",
      .summary = "prepare an image: every clone takes a CMID of its own",
      .description =
          "The last thing to do before an image is taken. Always gives a new CMID, at the next "
          "start, on other hardware, or by 'muster personalize'; the grace starts anew only while "
          "a rearm is left. --keep-id prepares an image whose clones keep the CMID.",
      .options = {{.name = "keep-id",
                   .kind = Kind::flag,
                   .help = "clones keep the CMID, and count as one machine"},
                  product_option(),
                  state_option(),
                  json_option()},
      .fields = identity_fields(),
      .examples = {{"muster generalize", "then shut down and take the image"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
