// A site as a scenario.
#include <fmt/format.h>

#include <algorithm>

#include "lab/plan.h"

namespace muster::lab {
namespace {

using std::chrono::days;

constexpr std::uint32_t kWeek = 7;
constexpr minutes kRebuildAt{2 * 60};
constexpr minutes kArriveMost{60};
constexpr minutes kGrowsEvery{days(30)};

// The spans of a closure in which a machine is off although somebody wakes it on the first
// `closure_days` days of each week.
std::vector<Span> off_of(const Site& site) {
  if (site.closure_days == 0) return site.closures;
  std::vector<Span> out;
  const auto first = std::chrono::weekday(std::chrono::floor<days>(site.start)).iso_encoding() - 1;
  for (const auto& closure : site.closures) {
    for (auto at = closure.at; at < closure.at + closure.lasts; at += days(1)) {
      const auto weekday = (first + static_cast<std::uint32_t>(at / days(1))) % kWeek;
      if (weekday < site.closure_days) continue;
      const bool joined = !out.empty() && out.back().at + out.back().lasts == at;
      if (!joined) out.push_back({at, {}});
      out.back().lasts += days(1);
    }
  }
  return out;
}

Pool office_pool(const Site& site, std::string name, std::uint32_t machines) {
  Pool out{.name = std::move(name), .machines = machines};
  std::fill_n(out.on_days.begin(), site.workdays, true);
  out.from = site.from;
  out.until = site.until;
  out.always_on = site.workdays == kWeek && site.until - site.from == days(1);
  if (!out.always_on) out.arrive = std::min(kArriveMost, (site.until - site.from) / 2);
  out.off = off_of(site);
  return out;
}

Pool desktop_pool(const Site& site) {
  auto out = office_pool(site, "desktops", site.desktops);
  out.origin = site.image;
  out.rebuild_start = site.rebuild_start;
  out.rebuild = site.rebuild;
  out.rebuild_at = kRebuildAt;
  out.new_hardware = site.new_hardware;
  out.releases = site.releases && site.by_key != ByKey::nobody;
  out.grows = site.growth;
  out.grows_every = kGrowsEvery;
  return out;
}

// Adds a product with its key and its pools.
void add_product(Scenario& scenario, const Site& site, const char* name, std::uint32_t threshold,
                 std::optional<std::uint32_t> key_limit, std::vector<Pool> pools) {
  const auto number = scenario.products.size();
  scenario.products.push_back({.id = name, .group = "site", .name = name, .policy = site.policy});
  scenario.products.back().policy.threshold = threshold;
  std::optional<std::size_t> key;
  if (key_limit) {
    key = scenario.keys.size();
    scenario.keys.push_back({.name = name, .product = number, .host = 0, .policy = site.key});
    scenario.keys.back().policy.limit = *key_limit;
  }
  for (auto& pool : pools) {
    if (pool.machines == 0) continue;
    pool.product = number;
    pool.key = key;
    scenario.pools.push_back(std::move(pool));
  }
}

}  // namespace

std::string_view name_of(ByKey by_key) {
  switch (by_key) {
    case ByKey::nobody: return "none";
    case ByKey::desktops: return "desktops";
    case ByKey::all: return "all";
  }
  return "";
}

std::optional<ByKey> by_key_of(std::string_view name) {
  for (const auto one : {ByKey::nobody, ByKey::desktops, ByKey::all}) {
    if (name == name_of(one)) return one;
  }
  return std::nullopt;
}

Expected<void> check(const Site& site) {
  const auto wrong = [](std::string what) { return fail(ErrorCode::usage, std::move(what)); };
  if (site.desktops + site.physical + site.servers == 0) {
    return wrong("a site without a machine: say how many desktops, office computers or servers");
  }
  if (site.workdays < 1 || site.workdays > kWeek) return wrong("workdays: 1 to 7 of each week");
  if (site.closure_days > site.workdays) {
    return wrong(fmt::format("{} days of a closure's week, but only {} workdays a week",
                             site.closure_days, site.workdays));
  }
  if (site.from >= site.until || site.until > days(1)) {
    return wrong("the hours end before they begin");
  }
  if (site.growth > 0 && site.desktops == 0) return wrong("there are no desktops that could grow");
  for (const auto& span : site.closures) {
    if (span.at < minutes(0) || span.lasts <= minutes(0)) {
      return wrong("a closure begins before the plan does");
    }
  }
  for (const auto& span : site.outages) {
    if (span.at < minutes(0) || span.lasts <= minutes(0)) {
      return wrong("an outage begins before the plan does");
    }
  }
  if (site.by_key != ByKey::nobody && site.releases && site.key.release == Release::never) {
    return wrong("places are to be released, and the key allows no release");
  }
  if (site.by_key != ByKey::nobody && site.desktops + site.physical > 0) {
    if (auto good = muster::check(site.key); !good) return good;
  }
  if (site.by_key == ByKey::all && site.servers > 0 && site.server_limit == 0) {
    return wrong(
        "the servers have a key of their own: say how many places it has (--server-key-limit)");
  }
  auto policy = site.policy;
  if (auto good = muster::check(policy); !good) return good;
  policy.threshold = site.server_threshold;
  return muster::check(policy);
}

Scenario scenario_of(const Site& site) {
  Scenario out{.name = "plan",
               .title = "A plan",
               .teaches = {},
               .start = site.start,
               .days = site.days,
               .fidelity = Fidelity::rules,
               .sample = minutes(std::chrono::hours(6))};
  out.hosts.push_back({.name = "host-1", .outages = site.outages});
  if (site.desktops + site.physical > 0) {
    std::optional<std::uint32_t> limit;
    if (site.by_key != ByKey::nobody) limit = site.key.limit;
    auto office = office_pool(site, "office", site.physical);
    office.is_virtual = false;
    add_product(out, site, "desktops", site.policy.threshold, limit,
                {desktop_pool(site), std::move(office)});
  }
  if (site.servers > 0) {
    std::optional<std::uint32_t> limit;
    if (site.by_key == ByKey::all) limit = site.server_limit;
    add_product(out, site, "servers", site.server_threshold, limit,
                {Pool{.name = "servers", .machines = site.servers}});
  }
  return out;
}

}  // namespace muster::lab
