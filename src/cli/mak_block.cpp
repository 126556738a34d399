#include "cli/commands.h"
#include "cli/mak_shared.h"

namespace muster::cli {
namespace {

Expected<Exit> block(const Invocation& asked, Shell& shell) {
  return tell(asked, shell, post_to_mak(asked, shell, "block", "{}", service::post_key_block),
              words_of_mak);
}

Expected<Exit> unblock(const Invocation& asked, Shell& shell) {
  return tell(asked, shell, post_to_mak(asked, shell, "unblock", "{}", service::post_key_unblock),
              words_of_mak);
}

}  // namespace

Command mak_block_command() {
  return {
      .path = "mak block",
      .summary = "answer a multiple activation key as one that is not there",
      .description =
          "For a key that has leaked. Machines that were activated by it keep their activation.",
      .arguments = {mak_id_argument()},
      .options = admin_options({json_option()}),
      .fields = mak_fields(),
      .examples = {{"muster mak block pWq0hXcVbR2mJ4TzKd8LsA", "a key that stood in a forum"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = block,
  };
}

Command mak_unblock_command() {
  return {
      .path = "mak unblock",
      .summary = "answer a multiple activation key again",
      .arguments = {mak_id_argument()},
      .options = admin_options({json_option()}),
      .fields = mak_fields(),
      .examples = {{"muster mak unblock pWq0hXcVbR2mJ4TzKd8LsA", "it was blocked by mistake"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = unblock,
  };
}

}  // namespace muster::cli
