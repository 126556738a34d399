#include <ostream>

#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/output.h"
#include "load/load.h"

namespace muster::cli {
namespace {

Expected<load::Plan> plan_of(const Invocation& asked) {
  const auto target = load::parse_target(asked.text("host"));
  if (!target) return std::unexpected(target.error());
  load::Plan out;
  out.target = *target;
  out.mode = *load::mode_of(asked.text("mode"));
  out.order = asked.text("order") == "random" ? load::Order::random : load::Order::in_turn;
  const auto number = [&](std::string_view name) {
    return static_cast<std::uint64_t>(asked.number(name));
  };
  out.connections = number("connections");
  out.requests = number("requests");
  out.machines = asked.has("machines") ? number("machines") : out.requests;
  out.first_machine = number("first-machine");
  out.seed = number("seed");
  return out;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto plan = plan_of(asked);
  if (!plan) return std::unexpected(plan.error());
  const auto product = read_product(asked.text("product"));
  if (!product) return std::unexpected(product.error());
  const auto report = load::run(*plan, *product, shell.client_clock);
  if (!report) return std::unexpected(report.error());
  if (wants_json(asked)) {
    shell.out << load::to_json(*report, plan->mode) << '\n';
  } else {
    shell.out << load::to_text(*report, plan->mode);
  }
  if (report->clean()) return Exit::done;
  return fail(report->host_gone ? ErrorCode::no_host : ErrorCode::bad_answer,
              report->first_wrong.empty() ? "answers were lost or refused" : report->first_wrong);
}

Option count_option(std::string_view name, std::string_view fallback, std::int64_t least,
                    std::int64_t most, std::string_view help) {
  return {.name = name,
          .kind = Kind::number,
          .placeholder = "N",
          .help = help,
          .fallback = fallback,
          .least = least,
          .most = most};
}

std::vector<Option> options() {
  return {
      {.name = "host",
       .kind = Kind::url,
       .placeholder = "URL",
       .help = "where the host serves clients",
       .fallback = "http://127.0.0.1:8688"},
      {.name = "product",
       .kind = Kind::file,
       .placeholder = "FILE.product",
       .help = "the product file of the product that is asked for",
       .required = true,
       .variable = "MUSTER_PRODUCT_FILE"},
      {.name = "mode",
       .kind = Kind::choice,
       .placeholder = "MODE",
       .help = "connections that stay open, a new one for each request, or all machines in the "
               "same instant",
       .fallback = "keep-alive",
       .choices = {"keep-alive", "new", "storm"}},
      count_option("connections", "256", 1, 60000, "how many are open at a time"),
      count_option("requests", "100000", 1, 1'000'000'000, "how many; in a storm: machines"),
      {.name = "machines",
       .kind = Kind::number,
       .placeholder = "N",
       .help = "size of the fleet; renewals begin where requests exceed it; without it as many "
               "as requests",
       .least = 1,
       .most = 1'000'000'000},
      count_option("first-machine", "0", 0, 1'000'000'000, "number of the fleet's first machine"),
      {.name = "order",
       .kind = Kind::choice,
       .placeholder = "ORDER",
       .help = "which machine asks next",
       .fallback = "in-turn",
       .choices = {"in-turn", "random"}},
      count_option("seed", "1", 0, INT64_MAX, "which fleet: the same seed, the same machines"),
      json_option()};
}

std::vector<Field> fields() {
  return {{"mode", "keep-alive, new or storm"},
          {"requests", "sent whole"},
          {"answers", "received whole, of any status"},
          {"activated", "answers that activated"},
          {"refused", "answers that a rule refused"},
          {"problems", "answers of another status than 200"},
          {"wrong", "answers that were not as they must be"},
          {"lost", "requests that got no answer"},
          {"verified", "signatures that were checked"},
          {"host_gone", "true: connections were refused, and the run ended early"},
          {"seconds", "from the first request to the last answer"},
          {"rate", "answers of status 200 a second"},
          {"p50_ms", "half of the answers came within it"},
          {"p99_ms", "99 of 100"},
          {"p999_ms", "999 of 1000"},
          {"worst_ms", "all"},
          {"busy", "the generator's share of its core, 0 to 1"},
          {"first_wrong", "what was wrong with the first wrong answer, or null"}};
}

}  // namespace

Command bench_command() {
  return {
      .path = "bench",
      .summary = "measure how fast a running host activates",
      .description =
          "A fleet that is made up from a seed asks a host as fast as it answers. Nonce, CMID and "
          "count of every answer are checked while the clock runs, and every signature is, 1 in 64 "
          "then and the rest afterwards. Not for a host that anybody uses: its roll and its log "
          "fill with machines that are none.",
      .options = options(),
      .fields = fields(),
      .examples = {{"muster bench --product acme-cad.product --requests 200000",
                    "activations a second on 256 kept-alive connections"},
                   {"muster bench --product acme-cad.product --mode storm --requests 10000",
                    "ten thousand machines that start at the same time"}},
      .hints = {{ErrorCode::no_host,
                 "start a host with 'muster host run', and name it with --host"}},
      .exits = {Exit::no_host},
      .run = run,
  };
}

}  // namespace muster::cli
