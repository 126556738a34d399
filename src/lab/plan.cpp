#include "lab/plan.h"

#include <algorithm>

#include "lab/fate.h"
#include "lab/fleet.h"
#include "lab/trying.h"

namespace muster::lab {
namespace {

constexpr std::string_view kDesktops = "desktops";

// Of lo .. hi the least for which it holds; `holds` of lo - 1 is false. The search begins at the
// guess and goes away from it in steps that double: a good one costs two questions.
template <class Holds>
std::optional<std::uint32_t> least(std::uint32_t lo, std::uint32_t hi, std::uint32_t guess,
                                   const Holds& holds) {
  if (lo > hi) return std::nullopt;
  guess = std::clamp(guess, lo, hi);
  std::uint32_t step = 1;
  if (holds(guess)) {
    hi = guess;
    while (lo < hi) {
      const auto tried = hi - std::min(step, hi - lo);
      if (!holds(tried)) {
        lo = tried + 1;
        break;
      }
      hi = tried;
      step *= 2;
    }
  } else {
    if (guess == hi || !holds(hi)) return std::nullopt;
    lo = guess + 1;
    while (lo < hi) {
      const auto tried = lo + std::min(step, hi - lo) - 1;
      if (holds(tried)) {
        hi = tried;
        break;
      }
      lo = tried + 1;
      step *= 2;
    }
  }
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
std::optional<std::uint32_t> greatest(std::uint32_t hi, std::uint32_t guess, const Holds& holds) {
  if (hi == 0) return std::nullopt;
  const auto down = least(1, hi, hi + 1 - std::clamp(guess, 1U, hi),
                          [&](std::uint32_t n) { return holds(hi + 1 - n); });
  if (!down) return std::nullopt;
  return hi + 1 - *down;
}

// Machines that are counted from the begin, those that share a CMID as one.
std::uint32_t counted_at_begin(const Site& site) {
  std::uint32_t out = 0;
  for (const auto& pool : scenario_of(site).pools) {
    if (!pool.key) out += shares_cmid(pool.origin) ? 1 : pool.machines;
  }
  return out;
}

class Search {
 public:
  // `low`: about the lowest that the count of the site becomes; a guess is good enough.
  Search(const Site& site, std::uint32_t low, Trying& trying)
      : site_(site), low_(low), try_(trying) {}

  std::vector<Change> run(const PlanOptions& told) {
    std::vector<Change> out;
    using Step = std::optional<Change> (Search::*)() const;
    constexpr Step kSteps[] = {&Search::machines,   &Search::workdays,   &Search::closure_days,
                               &Search::image,      &Search::thresholds, &Search::key,
                               &Search::key_for_all};
    double done = 0;
    for (const auto step : kSteps) {
      if (auto change = (this->*step)()) out.push_back(std::move(*change));
      done += 1.0 / std::size(kSteps);
      if (told.progress) told.progress(done);
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
  [[nodiscard]] std::optional<Change> more(ChangeKind kind, Number number, std::uint32_t most,
                                           std::uint32_t guess = 0) const {
    const auto now = site_.*number;
    const auto found = least(now + 1, most, guess, [&](std::uint32_t value) {
      return try_.holds_plainly(with(site_, number, value));
    });
    if (!found) return std::nullopt;
    return Change{kind, with(site_, number, *found), {with(site_, number, *found - 1)}};
  }

  [[nodiscard]] std::optional<Change> machines() const {
    const auto most = std::max(site_.policy.threshold, site_.server_threshold);
    const auto needed =
        site_.desktops + site_.physical > 0 && site_.by_key == ByKey::nobody
            ? std::max(site_.policy.threshold, site_.servers > 0 ? site_.server_threshold : 0)
            : site_.server_threshold;
    const auto missing = needed - std::min(needed, counted_at_begin(site_));
    // An office computer would bring a threshold of its own.
    if (site_.desktops + site_.physical == 0) {
      return more(ChangeKind::servers, &Site::servers, site_.servers + most,
                  site_.servers + missing);
    }
    return more(ChangeKind::machines, &Site::physical, site_.physical + most,
                site_.physical + missing);
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
    const auto guess = std::min(low_, counted_at_begin(site));
    return greatest(now - 1, guess, [&](std::uint32_t value) {
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
    const auto found = least(site_.closure_days + 1, site_.workdays, 0, [&](std::uint32_t value) {
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

  // The most places that a key of any size would sell to desktops and office computers; none: more
  // than a key may have. The servers have no part in it.
  [[nodiscard]] std::optional<std::uint32_t> places() const {
    auto site = site_;
    site.by_key = ByKey::desktops;
    site.servers = 0;
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
      const auto limit = places();
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
  std::uint32_t low_;
  Trying& try_;
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

namespace {

// `year`: takes the first run, where there is one to take it.
Judgement judge(const Site& site, Trying& trying, Outcome* year) {
  const auto scenario = scenario_of(site);
  const auto& options = trying.options();
  Judgement out;
  for (std::size_t product = 0; product < scenario.products.size(); ++product) {
    const auto& one = scenario.products[product];
    const auto key = std::ranges::find(scenario.keys, product, &KeyPlan::product);
    const bool by_key = key != scenario.keys.end();
    out.products.push_back({.product = one.id,
                            .machines = machines_of(scenario, product),
                            .by_key = by_key,
                            .needed = by_key ? key->policy.limit : one.policy.threshold,
                            .holds = true});
  }
  for (std::uint32_t number = 0; number < options.runs; ++number) {
    auto outcome = trying.run(site, number);
    for (std::size_t product = 0; product < out.products.size(); ++product) {
      take(out.products[product], fared(scenario, outcome, product), number);
    }
    if (number == 0 && year != nullptr) *year = std::move(outcome);
    if (options.progress) options.progress((number + 1.0) / options.runs);
  }
  for (auto& verdict : out.products) {
    if (!verdict.holds || verdict.by_key || !site.rebuilds()) continue;
    verdict.only_by_rebuilds = !trying.holds(site, As::by_machine, verdict.product);
  }
  return out;
}

// About the lowest that the count becomes once it has had the time to fall.
std::uint32_t low_of(const Site& site, const Outcome& year) {
  auto out = UINT32_MAX;
  if (year.tracks.empty()) return out;
  for (const auto& sample : year.tracks.front().samples) {
    if (sample.at > site.start + site.policy.retention) out = std::min(out, sample.count);
  }
  return out;
}

// The same, for a part of the work.
PlanOptions part(const PlanOptions& options, double from, double to) {
  auto out = options;
  if (!options.progress) return out;
  out.progress = [&options, from, to](double done) { options.progress(from + (to - from) * done); };
  return out;
}

}  // namespace

Judgement judge(const Site& site, const PlanOptions& options) {
  Trying trying(options);
  return judge(site, trying, nullptr);
}

std::vector<Change> changes_of(const Site& site, const PlanOptions& options) {
  Trying trying(options);
  if (trying.holds_plainly(site)) return {};
  return Search(site, UINT32_MAX, trying).run(options);
}

Found find(const Site& site, const PlanOptions& options) {
  constexpr double kJudged = 0.2;  // about that much of the work
  Found out;
  const auto judging = part(options, 0, kJudged), changing = part(options, kJudged, 1);
  Trying trying(judging);
  out.judgement = judge(site, trying, &out.year);
  if (out.judgement.holds_plainly()) return out;
  out.changes = Search(site, low_of(site, out.year), trying).run(changing);
  return out;
}

}  // namespace muster::lab
