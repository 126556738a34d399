#include <fmt/format.h>

#include <algorithm>
#include <optional>
#include <ostream>
#include <thread>

#include "analyser/disguise.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/log_reading.h"
#include "cli/log_rows.h"
#include "cli/output.h"
#include "evtx/log.h"
#include "evtx/overlap.h"

namespace muster::cli {
namespace {

// So many places are named in a file; the rest is counted.
constexpr std::size_t kPlacesShown = 10;

using AppendRow = void (*)(std::string&, std::string_view, const evtx::Record&);

// One run over several files.
class Conversion {
 public:
  // `disguise` may be null: names as they are.
  Conversion(Shell& shell, bool csv, analyser::Disguise* disguise)
      : shell_(&shell), append_(csv ? append_csv_row : append_json_row), disguise_(disguise) {
    if (csv) shell.out << csv_heading();
  }

  Expected<void> convert(const std::string& file) {
    std::size_t skipped = 0;
    const auto shown = disguise_ == nullptr ? printable(file) : analyser::Disguise::file(files_++);
    const unsigned threads = std::max(1U, std::thread::hardware_concurrency());
    const auto read = evtx::read_log(path_of(file), threads, [&](const evtx::Batch& batch) {
      text_.clear();
      for (const auto& record : batch.records()) {
        if (!overlap_.is_new(record)) continue;
        append_(text_, shown, disguise_ == nullptr ? record : disguise_->apply(record));
      }
      shell_->out << text_;
      for (const auto& one : batch.skipped()) {
        if (++skipped <= kPlacesShown) {
          print_warning(*shell_, fmt::format("{}: {}", file, evtx::describe(one)));
        }
      }
      return static_cast<bool>(shell_->out);
    });
    if (skipped > kPlacesShown) {
      print_warning(*shell_, fmt::format("{}: {} more places that could not be read", file,
                                         skipped - kPlacesShown));
    }
    overlap_.next_file();
    return read;
  }

  void finish() const {
    if (overlap_.repeated() == 0) return;
    print_note(*shell_, fmt::format("records that stood in an earlier file too, written once: {}",
                                    overlap_.repeated()));
  }

 private:
  Shell* shell_;
  AppendRow append_;
  analyser::Disguise* disguise_;
  std::size_t files_ = 0;
  evtx::Overlap overlap_;
  std::string text_;
};

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto files = asked.all("FILE");
  // Who a name or a CMID is, is known when all files have been read.
  std::optional<analyser::Log> log;
  std::optional<analyser::Disguise> disguise;
  if (asked.flag("pseudonyms")) {
    auto read = read_names(files, shell);
    if (!read) return std::unexpected(read.error());
    log = std::move(*read);
    disguise.emplace(*log);
  }
  Conversion conversion(shell, asked.text("to") == "csv", disguise ? &*disguise : nullptr);
  for (const auto& file : files) {
    if (auto done = conversion.convert(file); !done) return std::unexpected(done.error());
    if (!(shell.out << std::flush)) return fail(ErrorCode::file_unwritable, "stdout");
  }
  conversion.finish();
  return Exit::done;
}

}  // namespace

Command logs_convert_command() {
  return {
      .path = "logs convert",
      .summary = "write every record of Windows event logs as JSON lines or CSV",
      .description =
          "Reads .evtx files of any Windows since Vista: copies of a log that Windows was writing, "
          "archives, forwarded events, damaged files. Also the XML, CSV and text of Event Viewer, "
          "the XML of wevtutil, the CSV of PowerShell and the JSON lines of winlogbeat; a file's "
          "content tells which it is. A record that cannot be read is named with its place on "
          "stderr, and the rest is written. Where files overlap, a record is written once.\n\n"
          "Binary data is counted and never written; product keys, and parts of them, are masked. "
          "docs/logs.md lists a line's members, and says "
          "how to export a log.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "a log; several are read one after the other",
                     .repeated = true}},
      .options = {{.name = "to",
                   .kind = Kind::choice,
                   .placeholder = "FORMAT",
                   .help = "JSON lines, faithful; or CSV, for a spreadsheet",
                   .fallback = "jsonl",
                   .choices = {"jsonl", "csv"},
                   .variable = "MUSTER_CONVERT_TO"},
                  {.name = "pseudonyms",
                   .kind = Kind::flag,
                   .help = "machine-1, host-1 ... and other CMIDs, those of 'logs report' for the "
                           "same files; what is no request is written as its shape",
                   .variable = "MUSTER_CONVERT_PSEUDONYMS"}},
      .examples = {{"muster logs convert kms.evtx --to csv > kms.csv", "for a spreadsheet"},
                   {"muster logs convert kms1.evtx kms2.evtx > kms.jsonl",
                    "two hosts, or two exports that overlap"}},
      .run = run,
  };
}

}  // namespace muster::cli
