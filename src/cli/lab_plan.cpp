#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/ascii.h"
#include "cli/commands.h"
#include "cli/lab_shared.h"
#include "cli/lab_site.h"
#include "cli/output.h"
#include "cli/run.h"
#include "lab/output.h"
#include "lab/plan.h"

namespace muster::cli {
namespace {

constexpr std::size_t kColumns = 78;
constexpr std::size_t kChartRows = 8;
std::vector<JsonObject> products_json(const lab::Plan& plan) {
  std::vector<JsonObject> out;
  for (const auto& one : plan.judgement.products) {
    JsonObject row;
    row.add("product", one.product)
        .add("machines", one.machines)
        .add("by", one.by_key ? "key" : "count")
        .add("needed", one.needed)
        .add("most", one.most)
        .add("holds", one.holds)
        .add("only_by_rebuilds", one.only_by_rebuilds)
        .add("activated_at", one.reached)
        .add("fails_at_the_earliest", one.earliest)
        .add("fails_for_sure", one.sure)
        .add("lost_at", one.lost);
    out.push_back(std::move(row));
  }
  return out;
}

std::vector<JsonObject> costs_json(const lab::Plan& plan) {
  std::vector<JsonObject> out;
  const auto costs = std::ranges::find(plan.outcome.tables, "key-costs", &lab::Table::id);
  if (costs == plan.outcome.tables.end()) return out;
  for (const auto& cells : costs->rows) {
    JsonObject row;
    row.add("terms", cells[0])
        .add("places", whole_number<std::uint64_t>(cells[1]))
        .add("releases", whole_number<std::uint64_t>(cells[2]));
    out.push_back(std::move(row));
  }
  return out;
}

// Beside each change the command that plans the site with it.
void add_commands(lab::Plan& plan, const Invocation& asked) {
  const auto table = std::ranges::find(plan.outcome.tables, "changes", &lab::Table::id);
  if (table == plan.outcome.tables.end()) return;
  table->note += " Each command plans the site with the change.";
  table->commands = table->columns.size();
  table->columns.emplace_back("to plan it");
  for (std::size_t i = 0; i < plan.changes.size(); ++i) {
    table->rows[i].push_back(site_command(plan.changes[i].site, asked));
  }
}

void print_json(const lab::Plan& plan, const std::vector<std::string>& files,
                const Invocation& asked, Shell& shell) {
  std::vector<JsonObject> changes;
  for (const auto& change : plan.changes) {
    JsonObject row;
    row.add("kind", lab::name_of(change.kind))
        .add("says", lab::sentence(plan.site, change))
        .add("command", site_command(change.site, asked));
    changes.push_back(std::move(row));
  }
  JsonObject out;
  out.add("title", plan.outcome.title)
      .add("version", kVersion)
      .add("seed", plan.outcome.seed)
      .add("start", plan.outcome.start)
      .add("end", plan.outcome.end)
      .add("holds", plan.judgement.holds())
      .add("holds_plainly", plan.judgement.holds_plainly())
      .add("products", products_json(plan))
      .add("changes", changes)
      .add("key_costs", costs_json(plan))
      .add("says", plan.outcome.sentences)
      .add("files", files);
  print_facts(shell, asked, out);
}

void print_text(const lab::Plan& plan, const std::vector<std::string>& files,
                const Invocation& asked, Shell& shell) {
  const auto& outcome = plan.outcome;
  std::string out = outcome.title + "\n\n";
  for (const auto& sentence : outcome.sentences) out += wrap(sentence, kColumns, "") + "\n";
  if (!plan.changes.empty()) {
    out += wrap("What makes it hold, each the smallest of its kind: with one less it does not.",
                kColumns, "");
    for (const auto& change : plan.changes) {
      out += wrap(lab::sentence(plan.site, change), kColumns, "  ");
      out += "      " + site_command(change.site, asked) + "\n";
    }
    out += "\n";
  }
  const auto costs = std::ranges::find(outcome.tables, "key-costs", &lab::Table::id);
  if (costs != outcome.tables.end()) out += lab::table_text(*costs) + "\n";
  for (const auto& track : outcome.tracks) {
    out += "The count\n" + lab::chart_text(track, kColumns, kChartRows) + "\n";
  }
  for (const auto& track : outcome.keys) {
    out += "Places used of the key of the " + track.id.substr(4) + "\n" +
           lab::chart_text(track, kColumns, kChartRows) + "\n";
  }
  shell.out << printable_lines(out);
  for (const auto& file : files) shell.out << "written: " << printable(file) << '\n';
  if (files.empty()) shell.out << "--out DIR writes all of it as a page and as CSV.\n";
  shell.out << "again: " << printable(site_command(plan.site, asked)) << '\n';
}

Expected<Exit> run_plan(const Invocation& asked, Shell& shell) {
  const auto site = read_site(asked);
  if (!site) return std::unexpected(site.error());
  const auto planned = [&]() -> Expected<lab::Plan> {
    LabBar bar(shell);
    return lab::plan_of(*site, {.seed = static_cast<std::uint64_t>(asked.number("seed")),
                                .runs = static_cast<std::uint32_t>(asked.number("runs")),
                                .progress = [&](double part) { bar.show(part); }});
  };
  auto made = or_repeated(shell, site_command(*site, asked), planned);
  if (!made) return std::unexpected(made.error());
  auto& plan = *made;
  add_commands(plan, asked);
  const auto files =
      write_outcome(plan.outcome, {}, asked.maybe("out"), site_command(*site, asked));
  if (!files) return std::unexpected(files.error());
  if (wants_json(asked)) {
    print_json(plan, *files, asked, shell);
  } else {
    print_text(plan, *files, asked, shell);
  }
  if (!(shell.out << std::flush)) return fail(ErrorCode::file_unwritable, "stdout");
  return Exit::done;
}

std::vector<Field> fields() {
  return {
      {"title", "what was planned"},
      {"version", "of muster"},
      {"seed", "whole number"},
      {"start", "time at which the plan begins"},
      {"end", "time at which it ends"},
      {"holds",
       "true: somebody is activated in time, and nobody is refused or left without after that"},
      {"holds_plainly", "true: it holds, and would if each machine counted once"},
      {"products",
       "array, a row for desktops and for servers: product, machines, by, needed, most, holds, "
       "only_by_rebuilds, activated_at, fails_at_the_earliest, fails_for_sure, lost_at"},
      {"changes", "array: kind, says and command of each; with one less it does not hold plainly"},
      {"key_costs", "array: terms, places and releases; places null: more than a key may have"},
      {"says", "array of sentences"},
      {"files", "array: what --out wrote"}};
}

}  // namespace

Command lab_plan_command() {
  return {
      .path = "lab plan",
      .summary = "say whether counting will hold in a site, and what would make it hold",
      .description =
          "Runs the host's rules over a site that nobody has built yet: will the count hold, on "
          "which day does it fail, and what is the least that makes it hold: more machines, "
          "another power schedule, lower thresholds agreed with the vendor, a multiple activation "
          "key. Each answer is found by running the site with the change, and the site with one "
          "less.\n\n"
          "What holds only because a rebuilt desktop counts as another machine is said to be so, "
          "and no change is offered that rests on it.",
      .options = site_options(),
      .fields = fields(),
      .examples = {{"muster lab plan --desktops 12 --servers 4",
                    "twelve desktops that keep their "
                    "disk"},
                   {"muster lab plan --desktops 12 --rebuild nightly --image clone --out plan",
                    "a pool that is cloned every night, as a page"},
                   {"muster lab plan --physical 40 --closed 2026-07-27..2026-08-30",
                    "five weeks of closure"}},
      .hints = {{ErrorCode::usage, "'muster lab plan --help' names every option"}},
      .run = run_plan,
  };
}

}  // namespace muster::cli
