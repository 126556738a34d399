#include "lab/plan.h"

#include <algorithm>

#include "lab/fate.h"
#include "lab/fleet.h"

namespace muster::lab {
namespace {

constexpr std::string_view kDesktops = "desktops";

// One run's view of one product.
struct Fared {
  std::uint32_t most = 0;
  Fate fate;
};

const KeyTrack* track_of(const Scenario& scenario, const ProductStory& story,
                         const std::vector<KeyTrack>& keys) {
  if (!story.key) return nullptr;
  return &*std::ranges::find(keys, "key-" + scenario.keys[*story.key].name, &KeyTrack::id);
}

Fate fate_of(const Scenario& scenario, const ProductStory& story, const std::vector<KeyTrack>& keys,
             Instant now) {
  const auto& policy = scenario.products[story.product].policy;
  return fate_of(story, track_of(scenario, story, keys), policy.initial_grace, now,
                 now >= scenario.start + scenario.days);
}

// Whether it is known to fail, of all products or of the one that is named.
bool fails(const Scenario& scenario, std::string_view only, Instant now,
           const std::vector<ProductStory>& stories, const std::vector<KeyTrack>& keys) {
  return std::ranges::any_of(stories, [&](const ProductStory& story) {
    const bool asked = only.empty() || scenario.products[story.product].id == only;
    return asked && fate_of(scenario, story, keys, now).failed;
  });
}

Fared fared(const Scenario& scenario, const Outcome& outcome, std::size_t product) {
  const auto story = std::ranges::find(outcome.products, product, &ProductStory::product);
  const auto* key = track_of(scenario, *story, outcome.keys);
  return {.most = key != nullptr ? key->highest() : outcome.tracks.front().highest(),
          .fate = fate_of(scenario, *story, outcome.keys, scenario.start + scenario.days)};
}

// Each machine counts once, whatever becomes of its system.
Scenario by_machine(Scenario scenario) {
  for (auto& product : scenario.products) product.policy.count_by = CountBy::machine;
  for (auto& pool : scenario.pools) pool.new_hardware = false;
  return scenario;
}

// Who activates by a key is on no roll.
Scenario without_keys(Scenario scenario) {
  std::erase_if(scenario.pools, [](const Pool& pool) { return pool.key.has_value(); });
  scenario.keys.clear();
  return scenario;
}

class Trying {
 public:
  explicit Trying(const PlanOptions& options) : options_(options) {}

  [[nodiscard]] Outcome run(const Scenario& scenario, std::uint32_t number) const {
    return run_scenario(scenario, {.seed = options_.seed + number}).value();
  }

  // In every run, of all products or of one; ends as soon as it is known not to.
  [[nodiscard]] bool holds(const Scenario& scenario, std::string_view only) const {
    for (std::uint32_t number = 0; number < options_.runs; ++number) {
      bool failed = false;
      RunOptions run{.seed = options_.seed + number};
      run.enough = [&](Instant now, const auto& stories, const auto& keys) {
        return failed = fails(scenario, only, now, stories, keys);
      };
      (void)run_scenario(scenario, run).value();
      if (failed) return false;
    }
    return true;
  }

  // And would hold if each machine counted once.
  [[nodiscard]] bool holds_plainly(const Site& site, std::string_view only = {}) const {
    auto scenario = scenario_of(site);
    scenario.fidelity = options_.fidelity;
    const auto counted = without_keys(scenario);
    const auto product = std::ranges::find(scenario.products, only, &Product::id);
    const bool by_count = product != scenario.products.end() &&
                          std::ranges::none_of(scenario.keys, [&](const KeyPlan& key) {
                            return scenario.products[key.product].id == only;
                          });
    if (!holds(by_count ? counted : scenario, only)) return false;
    return !site.rebuilds() || counted.pools.empty() || holds(by_machine(counted), only);
  }

  [[nodiscard]] const PlanOptions& options() const { return options_; }

 private:
  const PlanOptions& options_;
};

// Of lo .. hi the least for which it holds; `holds` of lo - 1 is false.
template <class Holds>
std::optional<std::uint32_t> least(std::uint32_t lo, std::uint32_t hi, const Holds& holds) {
  if (lo > hi || !holds(hi)) return std::nullopt;
  while (lo < hi) {
    const auto middle = lo + (hi - lo) / 2;
    if (holds(middle)) {
      hi = middle;
    } else {
      lo = middle + 1;
    }
  }
  return lo;
}

// Of 1 .. hi the greatest for which it holds; `holds` of hi + 1 is false.
template <class Holds>
std::optional<std::uint32_t> greatest(std::uint32_t hi, const Holds& holds) {
  const auto down = least(1, hi, [&](std::uint32_t n) { return holds(hi + 1 - n); });
  if (!down) return std::nullopt;
  return hi + 1 - *down;
}

class Search {
 public:
  Search(const Site& site, const PlanOptions& options) : site_(site), try_(options) {}

  std::vector<Change> run() {
    std::vector<Change> out;
    using Step = std::optional<Change> (Search::*)() const;
    constexpr Step kSteps[] = {&Search::machines,   &Search::workdays,   &Search::closure_days,
                               &Search::image,      &Search::thresholds, &Search::key,
                               &Search::key_for_all};
    double done = 0;
    for (const auto step : kSteps) {
      if (auto change = (this->*step)()) out.push_back(std::move(*change));
      done += 1.0 / std::size(kSteps);
      if (try_.options().progress) try_.options().progress(done);
    }
    return out;
  }

 private:
  using Number = std::uint32_t Site::*;

  [[nodiscard]] static Site with(Site site, Number number, std::uint32_t value) {
    site.*number = value;
    return site;
  }
  // More of a number, up to `most`.
  [[nodiscard]] std::optional<Change> more(ChangeKind kind, Number number,
                                           std::uint32_t most) const {
    const auto now = site_.*number;
    const auto found = least(now + 1, most, [&](std::uint32_t value) {
      return try_.holds_plainly(with(site_, number, value));
    });
    if (!found) return std::nullopt;
    return Change{kind, with(site_, number, *found), {with(site_, number, *found - 1)}};
  }

  [[nodiscard]] std::optional<Change> machines() const {
    const auto most = std::max(site_.policy.threshold, site_.server_threshold);
    // An office computer would bring a threshold of its own.
    if (site_.desktops + site_.physical == 0) {
      return more(ChangeKind::servers, &Site::servers, site_.servers + most);
    }
    return more(ChangeKind::machines, &Site::physical, site_.physical + most);
  }
  [[nodiscard]] std::optional<Change> workdays() const {
    if (site_.desktops + site_.physical == 0) return std::nullopt;
    return more(ChangeKind::workdays, &Site::workdays, 7);
  }
  [[nodiscard]] std::optional<Change> closure_days() const {
    if (site_.closures.empty()) return std::nullopt;
    return more(ChangeKind::closure_days, &Site::closure_days, site_.workdays);
  }

  // The greatest threshold of a product that holds; the site's own does not.
  template <class Set>
  [[nodiscard]] std::optional<std::uint32_t> lower(const Site& site, std::string_view product,
                                                   std::uint32_t now, const Set& set) const {
    return greatest(now - 1, [&](std::uint32_t value) {
      auto tried = site;
      set(tried) = value;
      return try_.holds_plainly(tried, product);
    });
  }
  static std::uint32_t& desktop_threshold(Site& site) { return site.policy.threshold; }
  static std::uint32_t& server_threshold(Site& site) { return site.server_threshold; }

  // Lowers those that do not hold, and notes in `less` what one more would be.
  [[nodiscard]] bool lower_both(Site& site, std::vector<Site>& less) const {
    const bool desktops = site.desktops + site.physical > 0 && site.by_key == ByKey::nobody &&
                          !try_.holds_plainly(site, kDesktops);
    if (desktops) {
      const auto found = lower(site, kDesktops, site.policy.threshold, desktop_threshold);
      if (!found) return false;
      site.policy.threshold = *found;
    }
    const bool servers =
        site.servers > 0 && site.by_key != ByKey::all && !try_.holds_plainly(site, "servers");
    if (servers) {
      const auto found = lower(site, "servers", site.server_threshold, server_threshold);
      if (!found) return false;
      site.server_threshold = *found;
    }
    const auto add = [&](auto set) {
      less.push_back(site);
      ++set(less.back());
    };
    if (desktops) add(desktop_threshold);
    if (servers) add(server_threshold);
    return true;
  }

  [[nodiscard]] std::optional<Change> checked(Change change) const {
    const bool smallest = std::ranges::none_of(
        change.less, [&](const Site& less) { return try_.holds_plainly(less); });
    if (!smallest || !try_.holds_plainly(change.site)) return std::nullopt;
    return change;
  }

  [[nodiscard]] std::optional<Change> thresholds() const {
    Change out{ChangeKind::thresholds, site_, {}};
    if (!lower_both(out.site, out.less) || out.less.empty()) return std::nullopt;
    return checked(std::move(out));
  }

  [[nodiscard]] std::optional<Change> image() const {
    if (!shares_cmid(site_.image) || site_.desktops == 0 || site_.by_key != ByKey::nobody) {
      return std::nullopt;
    }
    Change out{ChangeKind::image, site_, {}};
    out.site.image = Origin::generalized;
    if (!site_.closures.empty() && !try_.holds_plainly(out.site)) {
      if (auto woken = image_and_closure_days(out.site)) return woken;
    }
    if (!lower_both(out.site, out.less)) return std::nullopt;
    if (!out.less.empty()) out.kind = ChangeKind::image_and_thresholds;
    out.less.push_back(out.site);
    out.less.back().image = site_.image;
    return checked(std::move(out));
  }

  [[nodiscard]] std::optional<Change> image_and_closure_days(const Site& generalized) const {
    const auto found = least(site_.closure_days + 1, site_.workdays, [&](std::uint32_t value) {
      return try_.holds_plainly(with(generalized, &Site::closure_days, value));
    });
    if (!found) return std::nullopt;
    Change out{ChangeKind::image_and_closure_days,
               with(generalized, &Site::closure_days, *found),
               {with(generalized, &Site::closure_days, *found - 1)}};
    out.less.push_back(out.site);
    out.less.back().image = site_.image;
    return checked(std::move(out));
  }

  // The most places that a key of any size would sell; none: more than a key may have.
  [[nodiscard]] std::optional<std::uint32_t> places(Site site) const {
    site.key.limit = MakPolicy::kLimitMost;
    const auto scenario = scenario_of(site);
    std::uint32_t out = 0;
    for (std::uint32_t number = 0; number < try_.options().runs; ++number) {
      RunOptions run{.seed = try_.options().seed + number};
      run.enough = [](Instant, const auto&, const auto& keys) {
        return std::ranges::any_of(keys,
                                   [](const KeyTrack& key) { return key.refused.has_value(); });
      };
      const auto outcome = run_scenario(scenario, run).value();
      const auto fared_so = fared(scenario, outcome, 0);
      if (fared_so.fate.failed) return std::nullopt;
      out = std::max(out, fared_so.most);
    }
    return out;
  }

  [[nodiscard]] std::optional<Change> with_key(ChangeKind kind, ByKey by_key) const {
    Change out{kind, site_, {}};
    out.site.by_key = by_key;
    out.site.server_limit = site_.servers;
    if (site_.desktops + site_.physical > 0) {
      const auto limit = places(out.site);
      if (!limit) return std::nullopt;
      out.site.key.limit = *limit;
      out.less.push_back(out.site);
      --out.less.back().key.limit;
    }
    if (by_key == ByKey::all && site_.servers > 0) {
      out.less.push_back(out.site);
      --out.less.back().server_limit;
    }
    return out;
  }

  [[nodiscard]] std::optional<Change> key() const {
    if (site_.desktops + site_.physical == 0) return std::nullopt;
    auto out = with_key(ChangeKind::key, ByKey::desktops);
    if (!out) return std::nullopt;
    auto less = std::move(out->less);
    out->less.clear();
    if (!lower_both(out->site, out->less)) return std::nullopt;
    if (!out->less.empty()) out->kind = ChangeKind::key_and_counts;
    for (auto& one : less) {
      one.server_threshold = out->site.server_threshold;
      out->less.push_back(std::move(one));
    }
    return checked(std::move(*out));
  }

  [[nodiscard]] std::optional<Change> key_for_all() const {
    if (site_.servers == 0) return std::nullopt;
    auto out = with_key(ChangeKind::key_for_all, ByKey::all);
    if (!out) return std::nullopt;
    return checked(std::move(*out));
  }

  const Site& site_;
  Trying try_;
};

std::uint32_t machines_of(const Scenario& scenario, std::size_t product) {
  std::uint32_t out = 0;
  for (const auto& pool : scenario.pools) {
    if (pool.product == product) out += pool.machines_within(scenario.days);
  }
  return out;
}

void take(Verdict& verdict, const Fared& one, std::uint32_t number) {
  const auto& fate = one.fate;
  verdict.most = std::max(verdict.most, one.most);
  verdict.reached = number == 0       ? fate.activated
                    : !fate.activated ? std::nullopt
                    : verdict.reached ? std::min(verdict.reached, fate.activated)
                                      : std::nullopt;
  verdict.sure = number == 0 || verdict.sure
                     ? fate.failed ? std::max(verdict.sure, fate.failed) : std::nullopt
                     : std::nullopt;
  if (fate.failed) {
    if (!verdict.earliest || *fate.failed < *verdict.earliest) {
      verdict.earliest = fate.failed;
      verdict.why = fate.why;
    }
    verdict.holds = false;
  }
  if (fate.lost) verdict.lost = verdict.lost ? std::min(verdict.lost, fate.lost) : fate.lost;
}

}  // namespace

std::string_view name_of(ChangeKind kind) {
  switch (kind) {
    case ChangeKind::machines: return "machines";
    case ChangeKind::servers: return "servers";
    case ChangeKind::workdays: return "workdays";
    case ChangeKind::closure_days: return "closure_days";
    case ChangeKind::thresholds: return "thresholds";
    case ChangeKind::image: return "image";
    case ChangeKind::image_and_closure_days: return "image_and_closure_days";
    case ChangeKind::image_and_thresholds: return "image_and_thresholds";
    case ChangeKind::key: return "key";
    case ChangeKind::key_and_counts: return "key_and_threshold";
    case ChangeKind::key_for_all: return "key_for_all";
  }
  return "";
}

bool Judgement::holds() const { return std::ranges::all_of(products, &Verdict::holds); }

bool Judgement::holds_plainly() const {
  return std::ranges::all_of(products,
                             [](const Verdict& one) { return one.holds && !one.only_by_rebuilds; });
}

Judgement judge(const Site& site, const PlanOptions& options) {
  auto scenario = scenario_of(site);
  scenario.fidelity = options.fidelity;
  const Trying trying(options);
  Judgement out;
  for (std::size_t product = 0; product < scenario.products.size(); ++product) {
    const auto& one = scenario.products[product];
    const bool by_key =
        std::ranges::find(scenario.keys, product, &KeyPlan::product) != scenario.keys.end();
    out.products.push_back({.product = one.id,
                            .machines = machines_of(scenario, product),
                            .by_key = by_key,
                            .needed = one.policy.threshold,
                            .holds = true});
    if (by_key) {
      out.products.back().needed =
          std::ranges::find(scenario.keys, product, &KeyPlan::product)->policy.limit;
    }
  }
  for (std::uint32_t number = 0; number < options.runs; ++number) {
    const auto outcome = trying.run(scenario, number);
    for (std::size_t product = 0; product < out.products.size(); ++product) {
      take(out.products[product], fared(scenario, outcome, product), number);
    }
    if (options.progress) options.progress((number + 1.0) / options.runs);
  }
  const auto plain = by_machine(without_keys(scenario));
  for (auto& verdict : out.products) {
    if (!verdict.holds || verdict.by_key || !site.rebuilds()) continue;
    verdict.only_by_rebuilds = !trying.holds(plain, verdict.product);
  }
  return out;
}

std::vector<Change> changes_of(const Site& site, const PlanOptions& options) {
  if (Trying(options).holds_plainly(site)) return {};
  return Search(site, options).run();
}

}  // namespace muster::lab
