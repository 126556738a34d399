#include <fmt/format.h>

#include "base/ids.h"
#include "cli/commands.h"
#include "cli/mak_shared.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

std::string words_of_release(const JsonAnswer& answer, const wire::json::Value& released) {
  return fmt::format("Released: place {}; {} of {} are used.\n", answer.text(released, "place"),
                     answer.text(released, "used"), answer.text(released, "limit"));
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto cmid = Cmid::parse(asked.text("machine"));
  if (!cmid) {
    return fail(ErrorCode::usage,
                fmt::format("--machine: '{}' is no client machine id", asked.text("machine")));
  }
  JsonObject request;
  request.add("cmid", cmid->text());
  if (asked.has("place")) request.add("place", asked.number("place"));
  const auto body = post_to_mak(asked, shell, "release", request.text(), service::post_key_release);
  return tell(asked, shell, body, words_of_release);
}

}  // namespace

Command mak_release_command() {
  return {
      .path = "mak release",
      .summary = "give a machine's place of a multiple activation key back",
      .description =
          "The act is an event with who did it. The machine is told when it asks next how it "
          "stands; its activation cannot be taken from it, so release places of machines that are "
          "gone.",
      .arguments = {mak_id_argument()},
      .options = admin_options({{.name = "machine",
                                 .placeholder = "CMID",
                                 .help = "whose place it is",
                                 .required = true},
                                {.name = "place",
                                 .kind = Kind::number,
                                 .placeholder = "N",
                                 .help = "which place, where copies of a machine hold several",
                                 .least = 1,
                                 .most = 1'000'000},
                                json_option()}),
      .fields = {{"place", "whole number: the place that was given back"},
                 {"used", "whole number: places that are held now"},
                 {"limit", "whole number: the key's limit"}},
      .examples = {{"muster mak release pWq0hXcVbR2mJ4TzKd8LsA --machine "
                    "0b6f2c1e-5a0d-4f6b-9a51-8f1f6d2c7e10",
                    "a machine that was scrapped"}},
      .hints = mak_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
