#include <algorithm>
#include <filesystem>
#include <fstream>
#include <ostream>

#include "analyser/log.h"
#include "analyser/products.h"
#include "base/path.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/lab_shared.h"
#include "cli/log_reading.h"
#include "cli/output.h"
#include "lab/recording.h"
#include "lab/scenario.h"

namespace muster::cli {
namespace {

// An export of a Muster host begins so; anything else is read as a log of Windows.
constexpr std::string_view kExportBegins = "{\"muster_log\"";

bool is_export(std::istream& file) {
  std::string head(kExportBegins.size(), '\0');
  file.read(head.data(), std::ssize(head));
  const bool is = file.gcount() == std::ssize(head) && head == kExportBegins;
  file.clear();
  file.seekg(0);
  return is;
}

// Names stand for machines here, whatever else is known of them.
core::RollKey key_of_name(std::uint32_t together) {
  core::RollKey out{1};
  for (std::size_t i = 0; i < 4; ++i) out[i + 1] = static_cast<std::uint8_t>(together >> (8 * i));
  return out;
}

std::string group_of(const analyser::Product* known, std::uint16_t threshold) {
  return known != nullptr ? known->group : "threshold-" + std::to_string(threshold);
}

void add_log(lab::Recording& to, const analyser::Log& log) {
  const analyser::Products known;
  const auto together = analyser::taken_together(log.names);
  const auto hosts = to.hosts.size(), products = to.products.size();
  to.hosts.insert(to.hosts.end(), log.hosts.begin(), log.hosts.end());
  for (std::uint32_t i = 0; i < log.products.size(); ++i) {
    const auto* product = known.find(log.products.id(i));
    to.products.push_back({.id = "product-" + std::to_string(products + i + 1),
                           .group = group_of(product, 0),
                           .name = product != nullptr ? product->name : log.products.id(i).text(),
                           .threshold = 0});
  }
  for (const auto& request : log.requests) {
    if (request.hresult != 0) continue;
    auto& product = to.products[products + request.product];
    product.threshold = request.threshold;
    if (known.find(log.products.id(request.product)) == nullptr) {
      product.group = group_of(nullptr, request.threshold);
    }
    to.asks.push_back({.at = request.time,
                       .host = hosts + request.host,
                       .product = products + request.product,
                       .who = log.machines.id(request.machine).bytes,
                       .name = log.names.text(request.name).empty()
                                   ? core::RollKey{}
                                   : key_of_name(together[request.name]),
                       .is_virtual = request.is_virtual,
                       .activated = true});
  }
  to.end = std::max(to.end, log.last_record);
}

Expected<lab::Recording> recording_of(const Invocation& asked, Shell& shell) {
  const auto files = log_files(asked.all("LOG"));
  if (!files) return std::unexpected(files.error());
  lab::Recording out;
  std::vector<LogFile> logs;
  for (const auto& file : *files) {
    std::ifstream in(path_of(file.path), std::ios::binary);
    if (!in || !is_export(in)) {
      logs.push_back(file);
      continue;
    }
    if (auto added = lab::add_export(out, in, file.path); !added) {
      return std::unexpected(added.error());
    }
  }
  if (logs.empty()) return out;
  const auto log = read_logs(logs, nullptr, shell);
  if (!log) return std::unexpected(log.error());
  add_log(out, *log);
  std::ranges::stable_sort(out.asks, {}, &lab::Recorded::at);
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto recording = recording_of(asked, shell);
  if (!recording) return std::unexpected(recording.error());
  const auto first = std::filesystem::path(asked.all("LOG").front()).filename().string();
  const auto text = lab::fit_scenario(*recording, "Fitted to " + first);
  if (!text) return std::unexpected(text.error());
  // What is written can be run.
  const auto scenario = lab::read_scenario(*text, "the fitted scenario");
  if (!scenario) return std::unexpected(scenario.error());
  const auto out = Output::of(asked, shell);
  if (!out) return std::unexpected(out.error());
  if (auto written = out->put(*text); !written) return std::unexpected(written.error());
  if (wants_json(asked)) {
    JsonObject facts;
    facts.add("file", out->file())
        .add("days", std::int64_t{scenario->days.count()})
        .add("requests", recording->asks.size())
        .add("hosts", scenario->hosts.size())
        .add("products", scenario->products.size())
        .add("pools", scenario->pools.size())
        .add("machines", scenario->machines());
    print_facts(shell, asked, facts);
  } else {
    out->words() << "written: " << printable(out->file()) << '\n';
    if (out->file() != "-") {
      out->words() << "run it: muster lab run " << printable(shell_word(out->file())) << '\n';
    }
  }
  return Exit::done;
}

}  // namespace

Command lab_import_command() {
  return {
      .path = "lab import",
      .summary = "fit a scenario to a recorded event log",
      .description =
          "Reads who asked when, and writes a scenario file that asks alike: pools by host, "
          "product and image, with their size, growth, days and hours, rebuilds and closures, "
          "and the hosts' outages. The file says which line was measured and which was guessed; "
          "change it, and run it. Takes exports of a Muster host ('muster events export') and "
          "logs of a Windows KMS host, as 'muster logs report' reads them.",
      .arguments = {{.name = "LOG",
                     .kind = Kind::file,
                     .help = "a log, or a directory of them",
                     .repeated = true}},
      .options = {{.name = "out",
                   .kind = Kind::file,
                   .placeholder = "SCENARIO.toml",
                   .help = "write the scenario there; - is stdout",
                   .required = true,
                   .variable = "MUSTER_LAB_IMPORT_OUT"},
                  json_option()},
      .fields = {{"file", "where the scenario was written"},
                 {"days", "whole number: how long the log is"},
                 {"requests", "whole number: requests in it that counted"},
                 {"hosts", "whole number"},
                 {"products", "whole number"},
                 {"pools", "whole number"},
                 {"machines", "whole number: machines of all pools"}},
      .examples = {{"muster lab import events.jsonl --out site.toml", "a Muster host's own log"},
                   {"muster lab import kms.evtx --out site.toml", "a Windows KMS host's"}},
      .run = run,
  };
}

}  // namespace muster::cli
