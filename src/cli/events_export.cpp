#include <fmt/format.h>

#include <ostream>
#include <streambuf>

#include "base/file.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/host_shared.h"
#include "cli/output.h"
#include "service/admin_api.h"

namespace muster::cli {
namespace {

Error reply_error(const service::Reply& reply) { return wire::decode_problem(reply.body); }

// Of a stopped host: the same call that a running one answers, without a socket.
Expected<void> export_stopped(service::HostService& service, service::AdminRequest request,
                              std::ostream& out) {
  const auto reply = service::get_events(service, request);
  if (reply.status != 200) return std::unexpected(reply_error(reply));
  out << reply.body;
  while (reply.next_piece) {
    const auto piece = reply.next_piece();
    if (!piece) return std::unexpected(piece.error());
    if (!*piece) break;
    out << **piece;
  }
  return {};
}

Expected<void> export_to(const Invocation& asked, Shell& shell, std::ostream& out) {
  service::AdminRequest request;
  request.query.emplace_back("format", asked.text("format") == "csv" ? "csv" : "ndjson");
  if (asked.has("epoch")) {
    request.query.emplace_back("after", fmt::format("{}-0", asked.number("epoch")));
  }
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  if (!asked.has("host")) {
    const auto directory = host::open_directory(asked.text("dir"));
    if (!directory) return std::unexpected(directory.error());
    auto host = OpenHost::open(*directory, {}, shell);
    if (host) return export_stopped(host->service(), std::move(request), out);
    if (host.error().code != ErrorCode::host_is_running) return std::unexpected(host.error());
  }
  std::string path = "/v1/events?";
  for (const auto& [name, value] : request.query) path += fmt::format("{}={}&", name, value);
  path.pop_back();
  return admin_get_to(*target, path, out);
}

// Writes into a file which appears whole, or not at all.
class FileBuffer final : public std::streambuf {
 public:
  explicit FileBuffer(FileWriter& writer) : writer_(writer) {}
  [[nodiscard]] const Expected<void>& done() const { return done_; }

 private:
  std::streamsize xsputn(const char* text, std::streamsize size) override {
    if (done_) done_ = writer_.write({text, static_cast<std::size_t>(size)});
    return done_ ? size : 0;
  }
  int_type overflow(int_type one) override {
    const char text = traits_type::to_char_type(one);
    return xsputn(&text, 1) == 1 ? one : traits_type::eof();
  }

  FileWriter& writer_;
  Expected<void> done_;
};

Expected<void> export_to_file(const Invocation& asked, Shell& shell, const std::string& file) {
  auto writer = FileWriter::output(file, 0644);
  if (!writer) return std::unexpected(writer.error());
  FileBuffer buffer(*writer);
  std::ostream out(&buffer);
  const auto done = export_to(asked, shell, out);
  if (!buffer.done()) return buffer.done();
  if (!done) return done;
  return writer->finish();
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto file = asked.maybe("out");
  const auto done = file && *file != "-" ? export_to_file(asked, shell, *file)
                                         : export_to(asked, shell, shell.out);
  if (!done) return std::unexpected(done.error());
  shell.out << std::flush;
  if (!shell.out) return fail(ErrorCode::file_unwritable, "stdout");
  return Exit::done;
}

std::vector<Option> options() {
  return admin_options(
      {{.name = "out",
        .kind = Kind::file,
        .placeholder = "FILE",
        .help = "where it is written; without it, or for -, stdout",
        .variable = "MUSTER_EXPORT_OUT"},
       {.name = "epoch",
        .kind = Kind::number,
        .placeholder = "N",
        .help = "of which epoch; a host that was restored goes on in the next one",
        .shown_fallback = "the present one",
        .least = 1,
        .most = UINT32_MAX,
        .variable = "MUSTER_EXPORT_EPOCH"},
       {.name = "format",
        .kind = Kind::choice,
        .placeholder = "FORMAT",
        .help = "lines for 'muster events verify', or CSV for people, which does not verify",
        .fallback = "lines",
        .choices = {"lines", "csv"},
        .variable = "MUSTER_EXPORT_FORMAT"}});
}

}  // namespace

Command events_export_command() {
  return {
      .path = "events export",
      .summary = "write a host's event log, of a running or a stopped host",
      .description =
          "The lines as they were stored, with the host's signed checkpoints among them: what "
          "'muster events verify' needs. Names and addresses stand in them as salted hashes.",
      .options = options(),
      .examples = {{"muster events export --dir /var/lib/muster/host --out events.jsonl",
                    "whether the host runs or not"},
                   {"muster events export --format csv > events.csv", "for a spreadsheet"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused, Exit::document, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
