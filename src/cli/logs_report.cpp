#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "analyser/page.h"
#include "analyser/products.h"
#include "analyser/sentences.h"
#include "base/file.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/log_reading.h"
#include "cli/log_report.h"
#include "cli/output.h"

namespace muster::cli {
namespace {

using analyser::Report;

// One in so many records 12290 may not be understood.
constexpr std::uint64_t kTolerated = 100;

Expected<std::optional<Instant>> moment_of(const Invocation& asked, Shell& shell) {
  const auto text = asked.maybe("at");
  if (!text) return std::nullopt;
  if (*text == "now") return shell.host_clock.now();
  if (const auto time = parse_time(*text)) return *time;
  return fail(ErrorCode::usage,
              fmt::format("--at: '{}' is neither now nor a time like 2026-01-05T08:00:00Z", *text));
}

Expected<analyser::Products> products_of(const Invocation& asked) {
  analyser::Products out;
  for (const auto& file : asked.all("products")) {
    const auto text = read_text(path_of(file));
    if (!text) return std::unexpected(text.error());
    if (auto added = out.add(*text); !added) return in_file(path_of(file), added.error());
  }
  return out;
}

Expected<void> write_tables(const std::string& directory, const ReportView& view) {
  std::error_code wrong;
  std::filesystem::create_directories(path_of(directory), wrong);
  if (wrong) {
    return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", directory, wrong.message()));
  }
  for (const auto& table : view.tables) {
    const auto file = path_of(directory) / fmt::format("{}.csv", table.id);
    if (auto written = write_file(file, table_csv(table)); !written) {
      return std::unexpected(written.error());
    }
  }
  return {};
}

void print_json(const ReportView& view, const Invocation& asked, Shell& shell) {
  const auto& log = *view.log;
  const auto& report = *view.report;
  JsonObject out;
  out.add("from", report.requests > 0 ? std::optional(report.from) : std::nullopt)
      .add("now", report.now > Instant{} ? std::optional(report.now) : std::nullopt)
      .add("requests", report.requests)
      .add("later", report.later)
      .add("records", log.records)
      .add("records_12290", log.of_12290)
      .add("records_not_understood", log.not_understood())
      .add("records_with_binary", log.binary)
      .add("client_records_not_understood", log.misread_client)
      .add("usual_clock_minutes", std::int64_t{report.usual_skew_minutes})
      .add_raw("groups", groups_json(view));
  for (const auto& table : view.tables) {
    std::string rows;
    append_json(rows, table);
    out.add_raw(table.id, rows);
  }
  print_facts(shell, asked, out);
}

// What the exit code says, in words too.
Exit judged(const analyser::Log& log, const Report& report, const Invocation& asked, Shell& shell) {
  if (log.not_understood() * kTolerated > log.of_12290) {
    print_warning(shell, fmt::format("{} of {} records 12290 were not understood, so the counts "
                                     "may be too low",
                                     log.not_understood(), log.of_12290));
    return Exit::refused;
  }
  if (!asked.has("fail-within")) return Exit::done;
  const auto soonest = report.soonest_fall();
  if (!soonest || *soonest - report.now > asked.duration("fail-within")) return Exit::done;
  print_warning(shell, fmt::format("a count falls under its threshold on {} if nobody asks again, "
                                   "within {}",
                                   analyser::date_text(*soonest),
                                   format_duration(asked.duration("fail-within"))));
  return Exit::too_soon;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto at = moment_of(asked, shell);
  if (!at) return std::unexpected(at.error());
  const auto products = products_of(asked);
  if (!products) return std::unexpected(products.error());
  const auto said = read_said(asked.all("slmgr"));
  if (!said) return std::unexpected(said.error());
  std::optional<analyser::Zone> zone;
  if (const auto name = asked.maybe("tz")) {
    const auto found = zone_of(*name, shell);
    if (!found) return std::unexpected(found.error());
    zone = *found;
  }
  const auto files = log_files(asked.all("FILE"));
  if (!files) return std::unexpected(files.error());
  const auto log = read_logs(*files, zone ? &*zone : nullptr, shell);
  if (!log) return std::unexpected(log.error());

  const auto report = analyser::make_report({.log = &*log,
                                             .products = &*products,
                                             .at = *at,
                                             .facts = *said,
                                             .hash_key = shell.random.bytes<16>()});
  const analyser::Labels labels(*log, report, asked.flag("pseudonyms"));
  const ReportView view{.log = &*log,
                        .report = &report,
                        .labels = &labels,
                        .tables = analyser::tables_of(*log, report, labels, *products)};
  if (const auto directory = asked.maybe("csv")) {
    if (auto written = write_tables(*directory, view); !written) {
      return std::unexpected(written.error());
    }
  }
  if (const auto page = asked.maybe("html")) {
    const auto text = analyser::page_of(*log, report, labels, view.tables);
    if (auto written = write_output(path_of(*page), text); !written) {
      return std::unexpected(written.error());
    }
  }
  if (wants_json(asked)) {
    print_json(view, asked, shell);
  } else {
    shell.out << report_text(view);
  }
  if (!(shell.out << std::flush)) return fail(ErrorCode::file_unwritable, "stdout");
  return judged(*log, report, asked, shell);
}

std::vector<Option> options() {
  return {
      {.name = "at",
       .kind = Kind::text,
       .placeholder = "TIME",
       .help = "the moment that the report is of: now, or 2026-01-05T08:00:00Z; what came "
               "later is left out",
       .shown_fallback = "the last record's time",
       .variable = "MUSTER_REPORT_AT"},
      {.name = "html",
       .kind = Kind::file,
       .placeholder = "OUT.html",
       .help = "write the report as one page with charts, for a browser or for paper",
       .variable = "MUSTER_REPORT_HTML"},
      {.name = "csv",
       .kind = Kind::directory,
       .placeholder = "DIR",
       .help = "write every table there as CSV, due.csv and so on",
       .variable = "MUSTER_REPORT_CSV"},
      {.name = "products",
       .kind = Kind::file,
       .placeholder = "FILE.csv",
       .help = "more products: activation_id,group,threshold,name a line",
       .repeated = true,
       .variable = "MUSTER_REPORT_PRODUCTS"},
      {.name = "slmgr",
       .kind = Kind::file,
       .placeholder = "FILE",
       .help = "what the host says of itself, to hold the count against: slmgr /dlv in any "
               "language, Get-CimInstance as JSON, Get-KmsLicenseInfo",
       .repeated = true,
       .variable = "MUSTER_REPORT_SLMGR"},
      {.name = "tz",
       .kind = Kind::text,
       .placeholder = "ZONE",
       .help = "of dates that say none: +01:00, or Europe/Berlin; without it, the clients' "
               "own times tell",
       .variable = "MUSTER_REPORT_TZ"},
      {.name = "pseudonyms",
       .kind = Kind::flag,
       .help = "machine-1, host-1 ... for every name, and other CMIDs, the same everywhere",
       .variable = "MUSTER_REPORT_PSEUDONYMS"},
      {.name = "fail-within",
       .kind = Kind::duration,
       .placeholder = "TIME",
       .help = "exit with 7 where a count falls under its threshold within that time if "
               "nobody asks again, or is under it",
       .variable = "MUSTER_REPORT_FAIL_WITHIN"},
      json_option(),
  };
}

std::vector<Field> fields() {
  return {
      {"from", "time of the first request, or null"},
      {"now", "the moment that the report is of, or null where there is no record"},
      {"requests", "whole number: requests up to now"},
      {"later", "whole number: requests after --at, left out"},
      {"records", "whole number: records of all files, each once"},
      {"records_12290", "whole number: those that say that a host served a request"},
      {"records_not_understood", "whole number: of these, the ones that were not understood"},
      {"records_with_binary", "whole number: of these, the ones with binary data, which none has"},
      {"client_records_not_understood", "whole number: events 12288 and 12289 not understood"},
      {"usual_clock_minutes", "whole number: the median of machines' clocks ahead of their host's"},
      {"groups", "array: group, host, and the three sentences why, when, to_do"},
      {"counts", "array, a row for each host and group: count, capacity, lower_bound ..."},
      {"falls", "array: for each threshold, when the count falls under it"},
      {"forecasts",
       "array: what the expected days rest on, and how the same would have done before"},
      {"due", "array: machines on the roll, and until when they must ask"},
      {"duplicates", "array: CMIDs under several names"},
      {"duplicate_names", "array: these names"},
      {"together", "array: short names that were taken for full ones"},
      {"churn", "array: names that keep changing their CMID"},
      {"silent", "array: how many machines are silent for 30, 90 and 150 days"},
      {"machines", "array: every CMID of every group, the longest silent first"},
      {"clocks", "array: machines whose clock differs by more than 15 minutes"},
      {"failures", "array: refused requests by code, with meaning and remedy"},
      {"products", "array: activation ids with name, group, machines and requests"},
      {"virtual", "array: machines of the last 30 days, and how many are virtual"},
      {"hours", "array: requests by hour of the day, UTC"},
      {"busiest", "array: the ten minutes with the most requests"},
      {"hosts", "array: hosts, their first and last request, the log's first record"},
      {"held", "array: what --slmgr says against the rebuilt count"},
      {"told", "array: counts that clients were told, from their own logs"},
      {"gaps", "array: records that are in none of the files"},
      {"silences", "array: the longest times without a request"},
      {"events", "array: log cleared, service started, DNS failed, clock set back"},
      {"foreign", "array: records that volume activation did not write"},
      {"not_understood", "array: where the first of them stand, and why"},
      {"unreadable", "array: places in files that could not be read"},
      {"files", "array: files, their records, how their dates were read"},
      {"unseen", "array: causes that no log of a host shows, and how to check each"},
      {"history", "array: the count over time, for each host and group"},
  };
}

}  // namespace

Command logs_report_command() {
  return {
      .path = "logs report",
      .summary = "say why a KMS host's count stands where it stands, and when it falls",
      .description =
          "Reads the event logs of Windows KMS hosts, rebuilds the count that they never wrote "
          "down by the rules of Muster's own roll (the 50 or 10 most recent CMIDs, 30 days), and "
          "says for each host and group why the count stands where it stands, when it falls under "
          "its threshold, and what to do. Tables follow: who must ask by when, CMIDs under several "
          "names, names that keep changing theirs, silent machines, refusals, clocks, products, "
          "gaps in the log.\n\n"
          "Now is the last record's time, unless --at says otherwise. For the first 30 days of a "
          "log the count is a lower bound, because who asked before is not in it. "
          "docs/logs.md says what each finding means, and how to export a log.\n\n"
          "Exit code 4 says that more than 1 in 100 records 12290 were not understood; 7, that a "
          "count falls sooner than --fail-within allows. The report is written all the same.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "a log in any form that 'logs convert' reads, or a directory of them",
                     .repeated = true}},
      .options = options(),
      .fields = fields(),
      .examples = {{"muster logs report kms.evtx", "one host's log"},
                   {"muster logs report logs/ --at now --fail-within 14d",
                    "a folder of exports, every morning"},
                   {"muster logs report kms.evtx --html report.html --pseudonyms",
                    "a page that can be shown around"},
                   {"muster logs report kms.evtx --slmgr dlv.txt --csv tables",
                    "held against slmgr /dlv, with the due list as tables/due.csv"}},
      .hints = {{ErrorCode::config_invalid,
                 "docs/logs.md describes a products file, and what --slmgr reads"}},
      .exits = {Exit::refused, Exit::too_soon},
      .run = run,
  };
}

}  // namespace muster::cli
