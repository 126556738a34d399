#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <ostream>

#include "base/ids.h"
#include "cli/commands.h"
#include "cli/files.h"
#include "cli/lab_shared.h"
#include "cli/output.h"
#include "cli/run.h"
#include "lab/article.h"
#include "lab/fleet.h"
#include "lab/output.h"
#include "lab/scenario.h"

namespace muster::cli {
namespace {

constexpr std::size_t kColumns = 78;
constexpr std::size_t kChartRows = 8;
constexpr std::size_t kCharts = 5;
constexpr std::size_t kTableRows = 12;  // more are in the files

// What repeats this run.
std::string command_of(const Invocation& asked) {
  auto out = fmt::format("muster lab run {} --seed {}", shell_word(asked.text("SCENARIO")),
                         asked.number("seed"));
  if (asked.has("days")) out += fmt::format(" --days {}", asked.number("days"));
  if (asked.has("fidelity")) out += fmt::format(" --fidelity {}", asked.text("fidelity"));
  return out;
}

// To the log of one epoch, a file of its own.
void append(LabFiles& logs, std::string_view of, std::uint32_t epoch, std::string_view piece) {
  auto name = epoch == 1 ? fmt::format("{}-events.jsonl", of)
                         : fmt::format("{}-events-epoch-{}.jsonl", of, epoch);
  if (logs.empty() || logs.back().first != name) logs.emplace_back(std::move(name), "");
  logs.back().second += piece;
}

// `logs`: where --events asks for them, the event log of each variant's host.
Expected<lab::Outcome> run_article(const Invocation& asked, LabBar& bar, LabFiles& logs) {
  if (asked.maybe("fidelity").value_or("full") != "full") {
    return fail(ErrorCode::usage, "article is about a client's state: it runs in full fidelity");
  }
  lab::ArticleOptions options{.seed = static_cast<std::uint64_t>(asked.number("seed")),
                              .start = *parse_time("2026-01-05T08:00:00Z"),
                              .progress = [&](double part) { bar.show(part); }};
  if (asked.has("days")) options.days = std::chrono::days(asked.number("days"));
  if (asked.flag("events")) {
    options.log = [&](std::string_view variant, std::uint32_t epoch, std::string_view piece) {
      append(logs, variant, epoch, piece);
    };
  }
  return lab::run_article(options);
}

Expected<lab::Scenario> scenario_of(const std::string& name) {
  const auto shipped = lab::shipped_scenarios();
  const auto at = std::ranges::find(shipped, name, &lab::Shipped::name);
  auto out = Expected<lab::Scenario>(fail(ErrorCode::internal));
  if (at != shipped.end()) {
    out = lab::read_scenario(at->toml, name);
    if (out) out->name = name;
    return out;
  }
  if (valid_id(name) && !std::filesystem::exists(name)) {
    return fail(ErrorCode::usage,
                fmt::format("there is no scenario '{}'; 'muster lab list' names those that ship, "
                            "and a file of your own ends in .toml",
                            name));
  }
  const auto text = read_text(name);
  if (!text) return std::unexpected(text.error());
  out = lab::read_scenario(*text, name);
  if (out) out->name = std::filesystem::path(name).stem().string();
  return out;
}

// `logs`: where --events asks for them, the hosts' event logs.
Expected<lab::Outcome> run_fleet(const Invocation& asked, LabBar& bar, LabFiles& logs) {
  auto scenario = scenario_of(asked.text("SCENARIO"));
  if (!scenario) return std::unexpected(scenario.error());
  if (asked.has("days")) scenario->days = std::chrono::days(asked.number("days"));
  if (const auto fidelity = asked.maybe("fidelity")) {
    scenario->fidelity = *lab::fidelity_of(*fidelity);
  }
  lab::RunOptions options{.seed = static_cast<std::uint64_t>(asked.number("seed")),
                          .progress = [&](double part) { bar.show(part); },
                          .hear = {},
                          .log = {}};
  if (asked.flag("events")) {
    if (scenario->fidelity != lab::Fidelity::full) {
      return fail(ErrorCode::usage,
                  "--events: under the rules alone hosts keep no log; add "
                  "--fidelity full");
    }
    options.log = [&](std::size_t host, std::uint32_t epoch, std::string_view piece) {
      append(logs, scenario->hosts[host].name, epoch, piece);
    };
  }
  return lab::run_scenario(*scenario, options);
}

JsonObject track_json(const lab::Track& track) {
  const auto total = track.total();
  JsonObject out;
  out.add("id", track.id)
      .add("title", track.title)
      .add("threshold", track.threshold)
      .add("capacity", track.capacity)
      .add("reached_at", track.first_at_threshold)
      .add("falls_below_at", track.falls_below)
      .add("falls", track.falls)
      .add("zero_at", track.zero)
      .add("holds", track.holds())
      .add("highest", track.highest())
      .add("lowest", track.lowest())
      .add("last", track.last())
      .add("licensed", track.samples.back().licensed)
      .add("activated", total.activated)
      .add("refused", total.refused)
      .add("sent_away", total.sent_away)
      .add("unreached", total.unreached)
      .add("busiest_minute", total.busiest);
  return out;
}

JsonObject key_json(const lab::KeyTrack& track) {
  const auto total = track.total();
  JsonObject out;
  out.add("id", track.id)
      .add("title", track.title)
      .add("limit", track.limit)
      .add("used", track.last())
      .add("exhausted_at", track.exhausted)
      .add("refused_at", track.refused)
      .add("licensed", track.samples.back().licensed)
      .add("activated", total.activated)
      .add("refused", total.refused)
      .add("unreached", total.unreached);
  return out;
}

constexpr std::string_view kFacts[] = {"attempts",
                                       "unreached",
                                       "rearms",
                                       "reverts",
                                       "distinct_cmids",
                                       "activated_at",
                                       "count_falls_below_threshold_at",
                                       "count_zero_at"};

void print_json(const lab::Outcome& outcome, const std::vector<std::string>& files,
                const Invocation& asked, Shell& shell) {
  std::vector<JsonObject> tracks;
  tracks.reserve(outcome.tracks.size());
  for (const auto& track : outcome.tracks) tracks.push_back(track_json(track));
  std::vector<JsonObject> keys;
  keys.reserve(outcome.keys.size());
  for (const auto& track : outcome.keys) keys.push_back(key_json(track));
  JsonObject out;
  out.add("scenario", outcome.scenario)
      .add("version", kVersion)
      .add("seed", outcome.seed)
      .add("fidelity", lab::name_of(outcome.fidelity))
      .add("start", outcome.start)
      .add("end", outcome.end)
      .add("machines", outcome.machines)
      .add("tracks", tracks)
      .add("keys", keys)
      .add("says", outcome.sentences)
      .add("files", files);
  for (const auto name : kFacts) {
    const auto at = std::ranges::find(outcome.facts, name, &lab::Fact::name);
    if (at == outcome.facts.end()) {
      out.add_null(name);
      continue;
    }
    std::visit(
        [&](const auto& value) {
          if constexpr (std::is_same_v<std::decay_t<decltype(value)>, std::monostate>) {
            out.add_null(name);
          } else {
            out.add(name, value);
          }
        },
        at->value);
  }
  print_facts(shell, asked, out);
}

void print_text(const lab::Outcome& outcome, const std::vector<std::string>& files,
                const Invocation& asked, Shell& shell) {
  std::string out = outcome.title + "\n\n";
  for (const auto& sentence : outcome.sentences) out += wrap(sentence, kColumns, "") + "\n";
  const auto add_charts = [&](const auto& tracks) {
    for (std::size_t i = 0; i < std::min(kCharts, tracks.size()); ++i) {
      out += tracks[i].title + "\n" + lab::chart_text(tracks[i], kColumns, kChartRows) + "\n";
    }
  };
  add_charts(outcome.tracks);
  add_charts(outcome.keys);
  for (const auto& table : outcome.tables) {
    if (table.rows.size() <= kTableRows) out += lab::table_text(table) + "\n";
  }
  shell.out << printable_lines(out);
  for (const auto& file : files) shell.out << "written: " << printable(file) << '\n';
  if (files.empty()) shell.out << "--out DIR writes all of it as a page and as CSV.\n";
  shell.out << "again: " << printable(command_of(asked)) << '\n';
}

Expected<Exit> run_lab(const Invocation& asked, Shell& shell) {
  if (asked.flag("events") && !asked.has("out")) {
    return fail(ErrorCode::usage, "--events needs --out DIR");
  }
  LabFiles logs;
  const auto outcome = or_repeated(shell, command_of(asked), [&]() -> Expected<lab::Outcome> {
    LabBar bar(shell);
    if (asked.text("SCENARIO") == kArticle) return run_article(asked, bar, logs);
    return run_fleet(asked, bar, logs);
  });
  if (!outcome) return std::unexpected(outcome.error());
  const auto files = write_outcome(*outcome, logs, asked.maybe("out"), command_of(asked));
  if (!files) return std::unexpected(files.error());
  if (wants_json(asked)) {
    print_json(*outcome, *files, asked, shell);
  } else {
    print_text(*outcome, *files, asked, shell);
  }
  if (!(shell.out << std::flush)) return fail(ErrorCode::file_unwritable, "stdout");
  return Exit::done;
}

std::vector<Option> options() {
  return {{.name = "seed",
           .kind = Kind::number,
           .placeholder = "N",
           .help = "what chance does: the same seed, scenario and version give the same bytes",
           .fallback = "1",
           .variable = "MUSTER_LAB_SEED"},
          {.name = "days",
           .kind = Kind::number,
           .placeholder = "N",
           .help = "how long, instead of what the scenario says",
           .least = 1,
           .most = lab::kDaysMost,
           .variable = "MUSTER_LAB_DAYS"},
          {.name = "fidelity",
           .kind = Kind::choice,
           .placeholder = "HOW",
           .help = "full makes and checks every document with the real client and host; rules asks "
                   "the roll alone, for size",
           .shown_fallback = "the scenario's",
           .choices = {"full", "rules"},
           .variable = "MUSTER_LAB_FIDELITY"},
          {.name = "out",
           .kind = Kind::directory,
           .placeholder = "DIR",
           .help = "write index.html, and every track and table as CSV, there",
           .variable = "MUSTER_LAB_OUT"},
          {.name = "events",
           .kind = Kind::flag,
           .help = "write each host's event log there too, without its checkpoints; in full "
                   "fidelity alone",
           .variable = "MUSTER_LAB_EVENTS"},
          json_option()};
}

std::vector<Field> fields() {
  return {
      {"scenario", "its name"},
      {"version", "of muster"},
      {"seed", "whole number"},
      {"fidelity", "full or rules"},
      {"start", "time at which the simulation begins"},
      {"end", "time at which it ends"},
      {"machines", "whole number: machines, those that join later included"},
      {"tracks",
       "array, a row for each count group on each host: id, title, threshold, capacity, "
       "reached_at, falls_below_at, falls, zero_at, holds, highest, lowest, last, licensed, "
       "activated, refused, sent_away, unreached, busiest_minute"},
      {"keys",
       "array, a row for each multiple activation key: id, title, limit, used, exhausted_at, "
       "refused_at, licensed, activated, refused, unreached"},
      {"says", "array of sentences"},
      {"files", "array: what --out wrote"},
      {"attempts", "whole number: of article, those that reached the host; otherwise null"},
      {"unreached", "whole number: attempts that reached no host, and were repeated, or null"},
      {"rearms", "whole number, or null"},
      {"reverts", "whole number: times the desktop was brought back to its snapshot, or null"},
      {"distinct_cmids", "whole number, or null"},
      {"activated_at", "time of the first activation, or null"},
      {"count_falls_below_threshold_at", "time, where everything is silent after that, or null"},
      {"count_zero_at", "time, where everything is silent after that, or null"}};
}

}  // namespace

Command lab_run_command() {
  return {
      .path = "lab run",
      .summary = "run a fleet through a scenario in simulated time",
      .description =
          "Says whether a count will hold before anybody builds the fleet: the host's own code, "
          "and in full fidelity the client's too, run under simulated time, with the machines of "
          "the scenario. Prints what came of it and the count over time; --out writes pictures "
          "and figures. docs/lab.md describes the scenario file.",
      .arguments = {{.name = "SCENARIO",
                     .kind = Kind::text,
                     .help = "a name that 'muster lab list' prints, or a TOML file"}},
      .options = options(),
      .fields = fields(),
      .examples = {{"muster lab run small-site", "twelve desktops and four servers"},
                   {"muster lab run article --out article", "the experiment, with its pictures"},
                   {"muster lab run pool.toml --days 365 --fidelity rules",
                    "a year of your own pool"}},
      .hints = {{ErrorCode::config_invalid, "docs/lab.md names every member of a scenario file"}},
      .run = run_lab,
  };
}

}  // namespace muster::cli
