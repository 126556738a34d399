#include "lab/rules_keys.h"

#include <algorithm>

#include "lab/streams.h"
#include "store/store.h"

namespace muster::lab {
namespace {

// A disk that was copied with a system on it brings the system's own id with it.
bool copies_system(Origin origin) { return origin == Origin::clone || origin == Origin::instant; }

}  // namespace

RulesKeys::RulesKeys(const Scenario& scenario, const Timetable& timetable, std::uint64_t seed)
    : scenario_(scenario), timetable_(timetable) {
  for (const auto& pool : scenario.pools) {
    pools_.push_back({stream_key(seed, "cmid " + pool.name),
                      stream_key(seed, "hardware " + pool.name),
                      stream_key(seed, "system " + pool.name)});
  }
  for (const auto& key : scenario.keys) books_.emplace_back(key.policy, store::kPlacesNear);
  if (std::ranges::any_of(scenario.pools, &Pool::releases)) places_.resize(timetable.machines());
}

bool RulesKeys::ask(std::uint32_t machine, std::uint32_t built, Instant now) {
  const auto number = timetable_.pool_of(machine);
  const auto& pool = scenario_.pools[number];
  const auto& keys = pools_[number];
  const std::uint64_t own = machine - timetable_.first(number);
  const auto this_build = own + (std::uint64_t{built} << 32U);
  const auto cmid = shares_cmid(pool.origin) ? keys.cmid : numbered_key(keys.cmid, this_build);
  Facts facts;
  facts.add("product_uuid", numbered_key(keys.hardware, pool.new_hardware ? this_build : own));
  facts.add("machine_id",
            copies_system(pool.origin) ? keys.system : numbered_key(keys.system, this_build));
  const auto decided = books_[*pool.key].activate(Cmid{cmid}, facts, now);
  if (!decided.gain) return false;
  if (!places_.empty()) places_[machine] = decided.place->number;
  return true;
}

void RulesKeys::release(std::uint32_t machine, Instant now) {
  const auto key = *scenario_.pools[timetable_.pool_of(machine)].key;
  if (places_[machine] == 0) return;
  (void)books_[key].release(places_[machine], now);
  places_[machine] = 0;
}

}  // namespace muster::lab
