#include <fmt/format.h>

#include <ostream>

#include "base/file.h"
#include "cli/client_shared.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/qr.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto out = Output::of(asked, shell);
  if (!out) return std::unexpected(out.error());
  const auto key = typed_key(asked, shell);
  if (!key) return std::unexpected(key.error());
  if (!*key) return fail(ErrorCode::usage, "--key KEY or --key-file FILE is missing");
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto text = (*session)->client().request_by_mak(**key, (*session)->product());
  if (!text) return std::unexpected(text.error());
  (*session)->warn(shell);
  // For its owner alone: what stands in it is as good as the key.
  const auto written =
      out->file() == "-" ? out->put(*text) : write_output(out->file(), *text, 0600);
  if (!written) return std::unexpected(written.error());
  if (asked.flag("qr")) {
    const auto squares = qr_squares(*text);
    if (!squares) return std::unexpected(squares.error());
    out->words() << qr_lines(*squares);
  }
  if (out->file() == "-") return Exit::done;
  out->words() << fmt::format(
      "The request is in {}. Carry it to the host, where somebody runs\n"
      "  muster mak answer --dir DIR {} --out DIR\n"
      "and bring the answer back for 'muster mak apply'.\n",
      out->file(), std::filesystem::path(out->file()).filename().string());
  return Exit::done;
}

}  // namespace

Command mak_request_command() {
  return {
      .path = "mak request",
      .summary = "write a request by a multiple activation key, on a machine without a network",
      .description =
          "The request is text that a person can read. It carries a hash of the key, which is as "
          "good as the key towards the one host that sells it, and is good for one answer: a new "
          "request forgets the one before.",
      .options = with_key_options({{.name = "out",
                                    .kind = Kind::file,
                                    .placeholder = "FILE",
                                    .help = "where the request is written; - is stdout",
                                    .required = true,
                                    .variable = "MUSTER_REQUEST_OUT"},
                                   {.name = "qr",
                                    .kind = Kind::flag,
                                    .help = "show it as a QR code too, for a telephone's camera"},
                                   product_option(),
                                   state_option(),
                                   fact_option()}),
      .examples = {{"muster mak request --key-file key.txt --out request.txt --qr",
                    "on the machine that is to be activated"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
