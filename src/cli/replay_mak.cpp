#include "cli/replay_mak.h"

#include <algorithm>
#include <set>

#include "store/store.h"

namespace muster::cli {
namespace {

// As a store reads them: the last sold, at most so many.
template <class Map, class Key>
void add_last(const Map& map, const Key& key, std::set<std::uint32_t>& out) {
  const auto at = map.find(key);
  if (at == map.end()) return;
  const auto& all = at->second;
  const auto most = std::min(all.size(), store::kPlacesNear);
  out.insert(all.end() - static_cast<std::ptrdiff_t>(most), all.end());
}

void add_number(std::vector<std::uint32_t>& numbers, std::uint32_t number) {
  const auto at = std::ranges::lower_bound(numbers, number);
  if (at == numbers.end() || *at != number) numbers.insert(at, number);
}

}  // namespace

std::vector<core::KeyPlace> ReplayLedger::near(const Cmid& cmid, const Facts& facts) const {
  std::set<std::uint32_t> numbers;
  add_last(by_cmid_, cmid, numbers);
  for (const auto& fact : facts) add_last(by_fact_, fact.value, numbers);
  std::vector<core::KeyPlace> out;
  out.reserve(numbers.size());
  for (const auto number : numbers) out.push_back(places_[number - 1]);
  return out;
}

const core::KeyPlace* ReplayLedger::released_first() const {
  const core::KeyPlace* out = nullptr;
  for (const auto& place : places_) {
    if (place.released && (out == nullptr || *place.released < *out->released)) out = &place;
  }
  return out;
}

void ReplayLedger::put(const core::KeyPlace& place) {
  if (place.number > places_.size()) {
    places_.push_back(place);
  } else {
    auto& before = places_[place.number - 1];
    std::erase(by_cmid_[before.cmid], place.number);
    for (const auto& fact : before.facts) std::erase(by_fact_[fact.value], place.number);
    before = place;
  }
  if (place.released) return;
  add_number(by_cmid_[place.cmid], place.number);
  for (const auto& fact : place.facts) add_number(by_fact_[fact.value], place.number);
}

core::KeyDecision ReplayLedger::activate(const Cmid& cmid, const Facts& facts, Instant now) {
  const auto rows_near = near(cmid, facts);
  core::KeyRows rows{.near = rows_near};
  const bool full = record_.sold >= policy_.limit && record_.released > 0;
  if (full) rows.released = released_first();
  auto out = core::decide(policy_, record_, {.cmid = cmid, .facts = facts, .shown = {}}, rows, now);
  record_ = out.record;
  if (out.place) put(*out.place);
  return out;
}

Expected<core::KeyPlace> ReplayLedger::release(const Cmid& cmid, Instant now) {
  const auto at = by_cmid_.find(cmid);
  if (at != by_cmid_.end()) {
    for (auto number = at->second.rbegin(); number != at->second.rend(); ++number) {
      auto place = places_[*number - 1];
      if (place.released) continue;
      if (auto done = core::release(policy_, record_, place, now); !done) {
        return std::unexpected(done.error());
      }
      put(place);
      return place;
    }
  }
  return fail(ErrorCode::no_place);
}

}  // namespace muster::cli
