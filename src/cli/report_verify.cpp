#include <fmt/format.h>

#include <ostream>

#include "base/ascii.h"
#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/files.h"
#include "cli/output.h"
#include "wire/usage_report.h"

namespace muster::cli {
namespace {

using wire::ProductUsage;
using wire::UsageMonth;
using wire::UsageReport;

JsonObject facts_of(const UsageMonth& month) {
  JsonObject out;
  out.add("month", wire::format_month(month.month)).add("machines", month.machines);
  out.add("by_fact", month.by_fact).add("peak", month.peak);
  return out.add("peak_at", month.peak > 0 ? std::optional(month.peak_at) : std::nullopt);
}

JsonObject facts_of(const ProductUsage& product) {
  std::vector<JsonObject> months;
  for (const auto& month : product.months) months.push_back(facts_of(month));
  JsonObject out;
  out.add("vendor", product.vendor_id).add("product", product.product);
  out.add("customer", product.customer).add("licensed", product.licensed);
  return out.add("months", months);
}

JsonObject facts_of(const UsageReport& report) {
  std::vector<JsonObject> products;
  for (const auto& product : report.products) products.push_back(facts_of(product));
  JsonObject out;
  out.add("verified", true).add("host", report.host).add("issued", report.issued);
  out.add("from", wire::format_month(report.from)).add("to", wire::format_month(report.to));
  out.add("epoch", report.log.epoch).add("seq", report.log.seq);
  return out.add("products", products);
}

std::string words_of(const ProductUsage& product) {
  auto out = fmt::format(
      "\n{}{}\n", product.product,
      product.licensed ? fmt::format(", licensed for {}", *product.licensed) : std::string());
  out += "  month    machines  by fact     peak\n";
  for (const auto& month : product.months) {
    if (month.machines == 0 && month.peak == 0) continue;
    const bool over = product.licensed && month.peak > *product.licensed;
    out += fmt::format("  {}  {:>8} {:>8} {:>8}{}\n", wire::format_month(month.month),
                       month.machines, month.by_fact, month.peak, over ? "  over" : "");
  }
  return out;
}

std::string words_of(const UsageReport& report) {
  auto out =
      fmt::format("The report is this host's, of {}: months {} to {}, counted up to event {}-{}.\n",
                  format_time(report.issued), wire::format_month(report.from),
                  wire::format_month(report.to), report.log.epoch, report.log.seq);
  for (const auto& product : report.products) out += words_of(product);
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto keys = read_host_keys(asked.text("host-key"));
  if (!keys) return std::unexpected(keys.error());
  const auto& file = asked.text("FILE");
  const auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  const auto report = wire::verify_report(trimmed(*text), keys->front().host);
  if (!report) return in_file(file, report.error());
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(*report));
  } else {
    shell.out << words_of(*report);
  }
  return Exit::done;
}

}  // namespace

Command report_verify_command() {
  return {
      .path = "report verify",
      .summary = "verify a host's signed usage report, offline",
      .description =
          "The report is what GET /v1/report?format=jws answers: distinct machines of each product "
          "and month, and the most that were active at one moment. It names the event of the "
          "host's log up to which it has counted; 'muster events verify' proves that log.",
      .arguments = {{.name = "FILE", .kind = Kind::file, .help = "the signed report"}},
      .options = {{.name = "host-key",
                   .kind = Kind::file,
                   .placeholder = "FILE",
                   .help = "the host's key file, as the vendor signed it: whose report it must be",
                   .required = true},
                  json_option()},
      .fields = {{"verified", "true; a report that does not verify is an error"},
                 {"host", "thumbprint of the host's key"},
                 {"issued", "when it was signed"},
                 {"from", "the first month"},
                 {"to", "the last month"},
                 {"epoch", "of the event up to which it has counted"},
                 {"seq", "that event's number"},
                 {"products",
                  "list of {vendor, product, customer, licensed, months}; months is a "
                  "list of {month, machines, by_fact, peak, peak_at}"}},
      .examples = {{"muster report verify report.jws --host-key host.keys",
                    "how many machines used what, as this host has counted?"}},
      .hints = {{ErrorCode::file_unreadable, "name what GET /v1/report?format=jws answered"}},
      .exits = {Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
