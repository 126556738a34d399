#include "core/key_book.h"

#include <algorithm>
#include <string>

namespace muster::core {
namespace {

template <class Map, class Key>
void add_last(const Map& map, const Key& key, std::size_t most, std::vector<std::uint32_t>& out) {
  const auto at = map.find(key);
  if (at == map.end()) return;
  const auto& all = at->second;
  const auto count = std::min(all.size(), most);
  out.insert(out.end(), all.end() - static_cast<std::ptrdiff_t>(count), all.end());
}

void add_number(std::vector<std::uint32_t>& numbers, std::uint32_t number) {
  const auto at = std::ranges::lower_bound(numbers, number);
  if (at == numbers.end() || *at != number) numbers.insert(at, number);
}

template <class Map, class Key>
void remove_number(Map& map, const Key& key, std::uint32_t number) {
  const auto at = map.find(key);
  if (at == map.end()) return;
  std::erase(at->second, number);
  if (at->second.empty()) map.erase(at);
}

}  // namespace

// Of those that a store would read, the ones that decide() looks at: a fact that a thousand clones
// share makes none of them this machine.
std::vector<KeyPlace> KeyBook::near(const Cmid& cmid, const Facts& facts) const {
  std::vector<std::uint32_t> numbers;
  add_last(by_cmid_, cmid, near_most_, numbers);
  for (const auto& fact : facts) add_last(by_fact_, fact.value, near_most_, numbers);
  std::ranges::sort(numbers);
  const auto rest = std::ranges::unique(numbers);
  numbers.erase(rest.begin(), rest.end());
  const auto* uuid = facts.find("product_uuid");
  std::vector<KeyPlace> out;
  for (const auto number : numbers) {
    const auto& place = places_[number - 1];
    const auto* other = place.facts.find("product_uuid");
    if (place.cmid == cmid || same_machine(place.facts, facts, policy_.match) ||
        (uuid != nullptr && other != nullptr && *uuid == *other)) {
      out.push_back(place);
    }
  }
  return out;
}

void KeyBook::put(const KeyPlace& place) {
  if (place.number > places_.size()) {
    places_.push_back(place);
  } else {
    auto& before = places_[place.number - 1];
    remove_number(by_cmid_, before.cmid, place.number);
    for (const auto& fact : before.facts) remove_number(by_fact_, fact.value, place.number);
    if (before.released) released_.erase({*before.released, place.number});
    before = place;
  }
  if (place.released) {
    released_.emplace(*place.released, place.number);
    return;
  }
  add_number(by_cmid_[place.cmid], place.number);
  for (const auto& fact : place.facts) add_number(by_fact_[fact.value], place.number);
}

KeyDecision KeyBook::activate(const Cmid& cmid, const Facts& facts, Instant now) {
  const auto rows_near = near(cmid, facts);
  KeyRows rows{.near = rows_near};
  if (!released_.empty()) rows.released = &places_[released_.begin()->second - 1];
  auto out = decide(policy_, record_, {.cmid = cmid, .facts = facts, .shown = {}}, rows, now);
  record_ = out.record;
  if (out.place) put(*out.place);
  return out;
}

Expected<KeyPlace> KeyBook::release(const Cmid& cmid, Instant now) {
  const auto at = by_cmid_.find(cmid);
  if (at == by_cmid_.end()) return fail(ErrorCode::no_place);
  return release(at->second.back(), now);
}

Expected<KeyPlace> KeyBook::release(std::uint32_t number, Instant now) {
  if (number < 1 || number > places_.size()) {
    return fail(ErrorCode::no_place, "place " + std::to_string(number) + " was never sold");
  }
  auto place = places_[number - 1];
  if (auto done = core::release(policy_, record_, place, now); !done) {
    return std::unexpected(done.error());
  }
  put(place);
  return place;
}

}  // namespace muster::core
