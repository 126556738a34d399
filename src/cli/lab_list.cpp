#include <ostream>

#include "cli/commands.h"
#include "cli/lab_shared.h"
#include "cli/output.h"
#include "lab/article.h"
#include "lab/scenario.h"

namespace muster::cli {
namespace {

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto scenarios = lab_scenarios();
  if (!scenarios) return std::unexpected(scenarios.error());
  if (wants_json(asked)) {
    std::vector<JsonObject> rows;
    for (const auto& one : *scenarios) {
      JsonObject row;
      row.add("scenario", one.name).add("title", one.title);
      rows.push_back(std::move(row));
    }
    JsonObject out;
    out.add("scenarios", rows);
    print_facts(shell, asked, out);
    return Exit::done;
  }
  FactTable table;
  for (const auto& one : *scenarios) table.row(one.name, one.title);
  shell.out << table.text();
  return Exit::done;
}

}  // namespace

Expected<std::vector<LabScenario>> lab_scenarios() {
  std::vector<LabScenario> out{{std::string(kArticle), std::string(lab::kArticleTitle)}};
  for (const auto& one : lab::shipped_scenarios()) {
    const auto scenario = lab::read_scenario(one.toml, one.name);
    if (!scenario) return std::unexpected(scenario.error());
    out.push_back({std::string(one.name), scenario->title});
  }
  return out;
}

Command lab_list_command() {
  return {
      .path = "lab list",
      .summary = "list the scenarios that ship with the lab",
      .options = {json_option()},
      .fields = {{"scenarios", "array: scenario and title of each"}},
      .examples = {{"muster lab list", "what 'muster lab run' takes by name"}},
      .run = run,
  };
}

}  // namespace muster::cli
