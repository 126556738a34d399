#include "lab/trying.h"

#include <algorithm>

#include "lab/fleet.h"

namespace muster::lab {
namespace {

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

}  // namespace

Fared fared(const Scenario& scenario, const Outcome& outcome, std::size_t product) {
  const auto story = std::ranges::find(outcome.products, product, &ProductStory::product);
  const auto* key = track_of(scenario, *story, outcome.keys);
  return {.most = key != nullptr ? key->highest() : outcome.tracks.front().highest(),
          .fate = fate_of(scenario, *story, outcome.keys, scenario.start + scenario.days)};
}

std::optional<bool> Trying::Known::failed(std::string_view only) const {
  const bool some = std::ranges::any_of(
      fails, [&](const auto& one) { return one.second && (only.empty() || one.first == only); });
  if (some) return true;
  return whole ? std::optional(false) : std::nullopt;
}

Trying::Known& Trying::known(const Site& site, As as, std::uint32_t number) {
  const auto at = std::ranges::find_if(known_, [&](const Known& one) {
    return one.number == number && one.as == as && one.site == site;
  });
  if (at != known_.end()) return *at;
  return known_.emplace_back(Known{.site = site, .as = as, .number = number});
}

Scenario Trying::scenario(const Site& site, As as) const {
  auto out = scenario_of(site);
  out.fidelity = options_.fidelity;
  if (as == As::built) return out;
  std::erase_if(out.pools, [](const Pool& pool) { return pool.key.has_value(); });
  out.keys.clear();
  if (as == As::counted) return out;
  for (auto& product : out.products) product.policy.count_by = CountBy::machine;
  for (auto& pool : out.pools) pool.new_hardware = false;
  return out;
}

Outcome Trying::run(const Site& site, std::uint32_t number) {
  const auto asked = scenario(site, As::built);
  auto out = run_scenario(asked, {.seed = options_.seed + number}).value();
  auto& one = known(site, As::built, number);
  one.whole = true;
  for (const auto& story : out.products) {
    one.fails[asked.products[story.product].id] =
        fared(asked, out, story.product).fate.failed.has_value();
  }
  return out;
}

bool Trying::holds(const Site& site, As as, std::string_view only) {
  if (as == As::counted && site.by_key == ByKey::nobody) as = As::built;
  const auto asked = scenario(site, as);
  if (asked.pools.empty()) return true;
  for (std::uint32_t number = 0; number < options_.runs; ++number) {
    auto& one = known(site, as, number);
    if (!one.failed(only)) {
      RunOptions run{.seed = options_.seed + number};
      run.enough = [&](Instant now, const auto& stories, const auto& keys) {
        for (const auto& story : stories) {
          if (!fate_of(asked, story, keys, now).failed) continue;
          one.fails[asked.products[story.product].id] = true;
        }
        one.whole = now >= asked.start + asked.days;
        return one.failed(only).value_or(false);
      };
      (void)run_scenario(asked, run).value();
    }
    if (one.failed(only).value_or(true)) return false;
  }
  return true;
}

bool Trying::holds_plainly(const Site& site, std::string_view only) {
  const auto asked = scenario(site, As::built);
  const auto product = std::ranges::find(asked.products, only, &Product::id);
  const bool by_count =
      product != asked.products.end() && std::ranges::none_of(asked.keys, [&](const KeyPlan& key) {
        return asked.products[key.product].id == only;
      });
  if (!holds(site, by_count ? As::counted : As::built, only)) return false;
  return !site.rebuilds() || holds(site, As::by_machine, only);
}

}  // namespace muster::lab
