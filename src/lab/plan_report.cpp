// What was found, for people.
#include <fmt/format.h>

#include <algorithm>

#include "lab/fleet.h"
#include "lab/plan.h"

namespace muster::lab {
namespace {

using std::chrono::days;

std::string counted(std::uint64_t number, std::string_view one, std::string_view many) {
  return fmt::format("{} {}", number, number == 1 ? one : many);
}

std::string machines_of(const Site& site) {
  std::vector<std::string> parts;
  if (site.desktops > 0) parts.push_back(counted(site.desktops, "desktop", "desktops"));
  if (site.physical > 0) {
    parts.push_back(counted(site.physical, "office computer", "office computers"));
  }
  if (site.servers > 0) parts.push_back(counted(site.servers, "server", "servers"));
  std::string out;
  for (std::size_t i = 0; i < parts.size(); ++i) {
    out += i == 0 ? "" : i + 1 == parts.size() ? " and " : ", ";
    out += parts[i];
  }
  return out;
}

std::string thresholds_of(const Site& site) {
  const bool desktops = site.desktops + site.physical > 0;
  if (desktops && site.servers > 0) {
    return fmt::format("thresholds {} and {}", site.policy.threshold, site.server_threshold);
  }
  return fmt::format("threshold {}", desktops ? site.policy.threshold : site.server_threshold);
}

// "2026-02-04 (day 31)".
std::string on(const Site& site, Instant at) {
  return fmt::format("{} (day {})", format_time(at).substr(0, 10), (at - site.start) / days(1) + 1);
}

std::string between(const Site& site, const Verdict& verdict) {
  const auto earliest = on(site, *verdict.earliest);
  if (!verdict.sure) return fmt::format("on {} at the earliest, and not in every run", earliest);
  const auto sure = on(site, *verdict.sure);
  if (earliest == sure) return "on " + earliest;
  return fmt::format("on {} at the earliest and on {} for sure", earliest, sure);
}

std::string_view title_of(const Verdict& verdict) {
  return verdict.product == "servers" ? "Servers" : "Desktops";
}

std::string never_on(const Site& site, const Verdict& verdict) {
  return fmt::format("{}: no machine is on in these {}: there is nothing to say.",
                     title_of(verdict),
                     counted(static_cast<std::uint64_t>(site.days.count()), "day", "days"));
}

// " ends on 2026-02-04 (day 31)", of the first machine's grace.
std::string grace(const Site& site, const Verdict& verdict) {
  const bool within = *verdict.earliest < site.start + site.days;
  return fmt::format("the grace of the first machine ends {}{}", between(site, verdict),
                     within ? "" : ", after the plan");
}

std::string key_sentence(const Site& site, const Verdict& verdict) {
  const auto places = fmt::format("{} of {} places are used", verdict.most, verdict.needed);
  const auto title = title_of(verdict);
  if (verdict.holds) {
    return fmt::format("{}: the key holds. {} at most, and nobody is refused.", title, places);
  }
  switch (verdict.why) {
    case Why::never_on: return never_on(site, verdict);
    case Why::not_activated:
      return fmt::format(
          "{}: the key does not hold. Nobody is activated, because no host answers; {}.", title,
          grace(site, verdict));
    case Why::late:
      return fmt::format(
          "{}: the key does not hold. The first machine is activated on {}, because "
          "no host answers before; its grace has ended by then, {}.",
          title, on(site, *verdict.reached), between(site, verdict));
    default:
      return fmt::format("{}: the key does not hold. The first machine is refused {}, when {}.",
                         title, between(site, verdict), places);
  }
}

std::string holding_sentence(const Site& site, const Verdict& verdict) {
  auto out = fmt::format(
      "{}: counting holds. The first machine is activated on {}, and nobody is refused after "
      "that. The count is at most {}; {} needed.",
      title_of(verdict), on(site, *verdict.reached), verdict.most,
      counted(verdict.needed, "is", "are"));
  if (verdict.only_by_rebuilds) {
    out += fmt::format(
        " It holds only because what is rebuilt is counted as another machine: counted once "
        "each, the {} would not do. Whether the licence means that is for the vendor to say; a "
        "vendor may count by machine.",
        machines_of(site));
  }
  return out;
}

std::string count_sentence(const Site& site, const Verdict& verdict) {
  if (verdict.holds) return holding_sentence(site, verdict);
  if (verdict.why == Why::never_on) return never_on(site, verdict);
  const auto fails = fmt::format("{}: counting does not hold.", title_of(verdict));
  if (!verdict.reached) {
    return fmt::format("{} The count is at most {} of {}, so nobody is activated; {}.", fails,
                       verdict.most, verdict.needed, grace(site, verdict));
  }
  const auto begins = fmt::format("{} It begins on {},", fails, on(site, *verdict.reached));
  std::string out;
  switch (verdict.why) {
    case Why::not_activated:
    case Why::late:
      out = fmt::format("{} The first machine is activated on {}; its grace has ended before, {}.",
                        fails, on(site, *verdict.reached), between(site, verdict));
      break;
    case Why::lost:
      return fmt::format(
          "{} and the first machine is left without an activation {}, because no "
          "host answers.",
          begins, between(site, verdict));
    case Why::under:
      return fmt::format(
          "{} and the count is below {} again by {}. Nobody asks from then to the "
          "plan's end; whoever asks next is refused.",
          begins, verdict.needed, on(site, *verdict.earliest));
    default:
      out = fmt::format(
          "{} and the first request is refused {}, because the count is below {} "
          "again.",
          begins, between(site, verdict), verdict.needed);
  }
  if (verdict.lost) {
    out += fmt::format(" The first machine is left without an activation on {}.",
                       on(site, *verdict.lost));
  }
  return out;
}

std::string sentence(const Site& site, const Verdict& verdict) {
  return verdict.by_key ? key_sentence(site, verdict) : count_sentence(site, verdict);
}

// What is true whatever anybody switches on, and when.
std::optional<std::string> plainly(const Site& site, const Judgement& judgement) {
  const auto scenario = scenario_of(site);
  std::uint32_t machines = 0;
  bool as_one = false;
  for (const auto& pool : scenario.pools) {
    if (pool.key) continue;
    const bool shared = shares_cmid(pool.origin);
    const auto many = pool.machines_within(site.days);
    as_one = as_one || (shared && many > 1);
    machines += shared ? std::min(many, 1U) : many;
  }
  for (const auto& verdict : judgement.products) {
    if (verdict.by_key || machines >= verdict.needed) continue;
    return fmt::format(
        "That is {} that {} counted{}, and the threshold of the {} is {}: no power schedule makes "
        "them more.",
        counted(machines, "machine", "machines"), machines == 1 ? "is" : "are",
        as_one ? ", the desktops that share a CMID as one" : "", verdict.product, verdict.needed);
  }
  return std::nullopt;
}

std::string threshold(std::uint32_t value, std::uint32_t before, std::string_view whose) {
  return fmt::format(
      "a threshold of {} instead of {} for the {}{}", value, before, whose,
      value == 1 ? " (that is no counting at all: every copy that asks is activated)" : "");
}

std::string thresholds(const Site& site, const Site& changed) {
  std::string out;
  if (changed.policy.threshold != site.policy.threshold) {
    out = threshold(changed.policy.threshold, site.policy.threshold, "desktops");
  }
  if (changed.server_threshold != site.server_threshold) {
    if (!out.empty()) out += " and ";
    out += threshold(changed.server_threshold, site.server_threshold, "servers");
  }
  return out;
}

std::string woken(const Site& changed) {
  const auto when = changed.closure_days == 1 ? std::string("workday")
                                              : fmt::format("{} workdays", changed.closure_days);
  return fmt::format(
      "switched on, for a moment is enough, on the first {} of each week of a closure", when);
}

Table verdicts_table(const Site& site, const Judgement& judgement) {
  Table out{.id = "verdicts",
            .title = "Does it hold?",
            .note = "Of a key, the limit and the most places used.",
            .columns = {"product", "machines", "by", "needed", "most", "holds", "first activated",
                        "fails at the earliest", "fails for sure", "first activation lost"},
            .rows = {},
            .leads = true};
  const auto day = [&](const std::optional<Instant>& at) {
    return at ? on(site, *at) : std::string("never");
  };
  for (const auto& one : judgement.products) {
    out.rows.push_back({one.product, std::to_string(one.machines), one.by_key ? "key" : "count",
                        std::to_string(one.needed), std::to_string(one.most),
                        !one.holds             ? "no"
                        : one.only_by_rebuilds ? "only by rebuilds"
                                               : "yes",
                        one.by_key ? "" : day(one.reached), day(one.earliest), day(one.sure),
                        one.by_key ? "" : day(one.lost)});
  }
  return out;
}

Table changes_table(const Site& site, const std::vector<Change>& changes) {
  Table out{.id = "changes",
            .title = "What makes it hold, each the smallest of its kind",
            .note = "With one less it does not.",
            .columns = {"change"},
            .rows = {},
            .leads = true};
  for (const auto& change : changes) {
    out.rows.push_back({sentence(site, change)});
  }
  return out;
}

struct Terms {
  std::string_view what;
  Reactivation reactivation;
  bool new_hardware, releases;
};
constexpr std::string_view kImage =
    "an image that is generalized, so that each desktop has a CMID of its own";
constexpr Terms kTerms[] = {
    {"reactivation free, hardware kept", Reactivation::free, false, false},
    {"reactivation counts, hardware kept", Reactivation::counts, false, false},
    {"reactivation free, new hardware with each rebuild", Reactivation::free, true, false},
    {"the same, each place released before the rebuild", Reactivation::free, true, true},
};

// A key of any size for the desktops, under each vendor's terms.
Table costs_table(Site site, const PlanOptions& options) {
  Table out{
      .id = "key-costs",
      .title = fmt::format("What a key costs in {}",
                           counted(static_cast<std::uint64_t>(site.days.count()), "day", "days")),
      .note = "For the desktops and office computers.",
      .columns = {"terms", "places needed", "releases"},
      .rows = {},
      .leads = true};
  site.by_key = ByKey::desktops;
  const auto row = [&](std::string_view what) {
    site.key.limit = MakPolicy::kLimitMost;
    RunOptions run{.seed = options.seed};
    run.enough = [](Instant, const auto&, const auto& keys) {
      return std::ranges::any_of(keys, [](const KeyTrack& key) { return key.refused.has_value(); });
    };
    const auto outcome = run_scenario(scenario_of(site), run).value();
    const auto& key = outcome.keys.front();
    const auto sales = key.total().activated;
    out.rows.push_back(
        {std::string(what),
         key.refused ? fmt::format("more than {}", key.limit) : std::to_string(key.highest()),
         std::to_string(site.releases ? sales - key.last() : 0)});
  };
  if (!site.rebuilds()) {
    site.releases = false;
    row("nothing is rebuilt: each machine takes its place once");
    return out;
  }
  for (const auto& terms : kTerms) {
    site.key.reactivation = terms.reactivation;
    site.new_hardware = terms.new_hardware;
    site.releases = terms.releases;
    site.key.release = Release::allowed;
    row(terms.what);
  }
  return out;
}

}  // namespace

std::string sentence(const Site& site, const Change& change) {
  const auto& changed = change.site;
  auto key =
      fmt::format("a key of {} for the desktops", counted(changed.key.limit, "place", "places"));
  switch (change.kind) {
    case ChangeKind::machines:
      return fmt::format("{}, on every workday",
                         counted(changed.physical - site.physical, "more office computer",
                                 "more office computers"));
    case ChangeKind::servers:
      return counted(changed.servers - site.servers, "more server", "more servers");
    case ChangeKind::workdays:
      return fmt::format("on {} days a week instead of {}", changed.workdays, site.workdays);
    case ChangeKind::closure_days: return woken(changed);
    case ChangeKind::thresholds: return thresholds(site, changed) + ", agreed with the vendor";
    case ChangeKind::image: return std::string(kImage);
    case ChangeKind::image_and_closure_days:
      return fmt::format("{}, and {}", kImage, woken(changed));
    case ChangeKind::image_and_thresholds:
      return fmt::format("{}, and {}, agreed with the vendor", kImage, thresholds(site, changed));
    case ChangeKind::key: return key;
    case ChangeKind::key_and_counts: return key + ", and " + thresholds(site, changed);
    case ChangeKind::key_for_all:
      if (site.desktops + site.physical == 0) {
        return fmt::format("a key of {} for the servers",
                           counted(changed.server_limit, "place", "places"));
      }
      return fmt::format("{}, and one of {} for the servers", key,
                         counted(changed.server_limit, "place", "places"));
  }
  return "";
}

Plan plan_of(const Site& site, const PlanOptions& options) {
  auto found = find(site, options);
  Plan out{.site = site,
           .judgement = std::move(found.judgement),
           .changes = std::move(found.changes),
           .outcome = std::move(found.year)};
  auto& said = out.outcome;
  said.title = fmt::format("{}, {}, {} from {}", machines_of(site), thresholds_of(site),
                           counted(static_cast<std::uint64_t>(site.days.count()), "day", "days"),
                           format_time(site.start).substr(0, 10));
  said.sentences.clear();
  for (const auto& verdict : out.judgement.products) {
    said.sentences.push_back(sentence(site, verdict));
  }
  if (auto plain = plainly(site, out.judgement)) said.sentences.push_back(std::move(*plain));
  if (!out.judgement.holds_plainly() && out.changes.empty()) {
    said.sentences.emplace_back("No single change of those that were tried makes it hold.");
  }
  said.tables = {verdicts_table(site, out.judgement)};
  if (!out.changes.empty()) said.tables.push_back(changes_table(site, out.changes));
  if (site.desktops + site.physical > 0) said.tables.push_back(costs_table(site, options));
  return out;
}

}  // namespace muster::lab
