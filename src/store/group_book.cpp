#include "store/group_book.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster::store {
namespace {

constexpr std::int64_t kHour = 3600;
constexpr std::size_t kMovesMost = 1 << 16;  // a megabyte

// When a use takes one of its product's `licensed` places, its last contact; otherwise never.
Instant place_of(const core::ProductUse& use) {
  return use.active_since != Instant{} ? use.heard : Instant{};
}

const core::ProductUse* use_of(const core::Machine& machine, const std::string& product) {
  const auto at = std::ranges::find(machine.uses, product, &core::ProductUse::product);
  return at == machine.uses.end() ? nullptr : &*at;
}

template <class Move>
void each_move_of_one_that_leaves(const core::Machine& gone, const Move& move) {
  move(std::string(), gone.last_seen, Instant{});
  for (const auto& use : gone.uses) move(use.product, place_of(use), Instant{});
}

// Every move that a change of one machine makes, as move(product or nothing, before, now).
template <class Move>
void each_move(const MachineChange& change, const Move& move) {
  const auto& [before, after] = change;
  if (after == nullptr) return each_move_of_one_that_leaves(*before, move);
  move(std::string(), before != nullptr ? before->last_seen : Instant{}, after->last_seen);
  for (const auto& use : after->uses) {
    const auto* old = before != nullptr ? use_of(*before, use.product) : nullptr;
    move(use.product, old != nullptr ? place_of(*old) : Instant{}, place_of(use));
  }
  if (before == nullptr) return;
  for (const auto& old : before->uses) {
    if (use_of(*after, old.product) == nullptr) move(old.product, place_of(old), Instant{});
  }
}

}  // namespace

std::vector<ContactMove> moves_of(std::span<const MachineChange> changes) {
  std::vector<ContactMove> out;
  for (const auto& change : changes) {
    each_move(change, [&](const std::string& product, Instant before, Instant now) {
      if (before != now) out.push_back({product, before, now});
    });
  }
  return out;
}

void Contacts::add(Hours& hours, Instant heard) {
  const auto second = heard.time_since_epoch().count();
  auto& hour = hours[second / kHour];
  if (hour.empty()) hour.resize(kHour);
  ++hour[static_cast<std::size_t>(second % kHour)];
}

void Contacts::add(const core::Machine& machine, Instant oldest) {
  if (machine.last_seen >= oldest) add(group_, machine.last_seen);
  for (const auto& use : machine.uses) {
    const auto place = place_of(use);
    if (place != Instant{} && place >= oldest) add(products_[use.product], place);
  }
}

// In ascending order, which ActiveCount takes at its end.
void Contacts::fill(core::ActiveCount& active, const Hours& hours) {
  for (const auto& [number, hour] : hours) {
    for (std::size_t second = 0; second < hour.size(); ++second) {
      const Instant heard{seconds{number * kHour + static_cast<std::int64_t>(second)}};
      for (auto machines = hour[second]; machines > 0; --machines) active.move(Instant{}, heard);
    }
  }
}

void GroupBook::load(const GroupKey& key, const StoredGroup& stored, const Contacts& contacts) {
  auto entry = std::make_unique<Entry>(hash_key_);
  for (const auto& row : stored.roll) entry->roll.emplace(row.key, row);
  entry->highest_threshold = stored.highest_threshold;
  auto& committed = entry->committed;
  committed.counters = stored.counters;
  committed.retention = stored.retention;
  Contacts::fill(committed.active, contacts.group_);
  for (const auto& [product, heard] : contacts.products_) {
    Contacts::fill(committed.by_product[product], heard);
  }
  entry->stale = true;
  entry->is_committed = true;
  restore(*entry);
  const std::lock_guard lock(mutex_);
  entries_[key] = std::move(entry);
}

void GroupBook::follow(const GroupKey& key, const StoredGroup& stored,
                       std::span<const ContactMove> moves) {
  const std::lock_guard lock(mutex_);
  auto& place = entries_[key];
  if (!place) place = std::make_unique<Entry>(hash_key_);
  auto& entry = *place;
  entry.roll.clear();
  for (const auto& row : stored.roll) entry.roll.emplace(row.key, row);
  entry.highest_threshold = stored.highest_threshold;
  entry.stale = true;
  entry.is_committed = true;
  auto& working = entry.working;
  working.roll = committed_roll(entry);
  working.counters = entry.committed.counters = stored.counters;
  working.retention = entry.committed.retention = stored.retention;
  for (const auto& [product, before, now] : moves) {
    (product.empty() ? entry.active : entry.by_product[product]).add(before, now);
    (product.empty() ? working.active : working.by_product[product]).move(before, now);
  }
  if (entry.active.come.size() > kMovesMost) settle(entry);
}

bool GroupBook::has(const GroupKey& key) const { return entries_.contains(key); }

void GroupBook::make(const GroupKey& key) {
  if (has(key)) return;
  const std::lock_guard lock(mutex_);
  entries_.emplace(key, std::make_unique<Entry>(hash_key_));
}

core::Group& GroupBook::working(const GroupKey& key) {
  auto& entry = *entries_.at(key);
  entry.touched = true;
  return entry.working;
}

void GroupBook::roll_changed(const GroupKey& key, const core::RollKey& entry) {
  entries_.at(key)->changed.insert(entry);
}

void GroupBook::forget(const GroupKey& key, const core::Machine& machine) {
  auto& group = working(key);
  each_move({&machine, nullptr}, [&](const std::string& product, Instant before, Instant now) {
    if (product.empty()) {
      group.active.move(before, now);
    } else if (before != now) {
      group.by_product[product].move(before, now);
    }
  });
}

GroupDelta GroupBook::delta(const GroupKey& key) {
  const auto& entry = *entries_.at(key);
  GroupDelta out;
  for (const auto& changed : entry.changed) {
    if (const auto* now = entry.working.roll.find(changed)) {
      out.put.push_back(*now);
    } else if (entry.roll.contains(changed)) {
      out.left.push_back(changed);
    }
  }
  out.row = !entry.is_committed || entry.working.counters != entry.committed.counters ||
            entry.working.retention != entry.committed.retention ||
            entry.working.roll.highest_threshold() != entry.highest_threshold;
  return out;
}

void GroupBook::apply(Entry& entry, const GroupDelta& delta) {
  for (const auto& row : delta.put) entry.roll.insert_or_assign(row.key, row);
  for (const auto& key : delta.left) entry.roll.erase(key);
  // Fails where core changed an entry that roll_changed() was not told of: it would not be stored.
  assert(entry.roll.size() == entry.working.roll.size());
  entry.highest_threshold = entry.working.roll.highest_threshold();
  entry.stale = true;
  entry.committed.counters = entry.working.counters;
  entry.committed.retention = entry.working.retention;
  entry.is_committed = true;
  entry.touched = false;
  entry.changed.clear();
}

void GroupBook::apply(Entry& entry, const MachineChange& change) {
  each_move(change, [&](const std::string& product, Instant before, Instant now) {
    if (product.empty()) {
      entry.active.add(before, now);
    } else if (before != now) {
      entry.by_product[product].add(before, now);
    }
  });
}

void GroupBook::commit(const std::map<GroupKey, GroupDelta>& deltas,
                       const std::map<GroupKey, std::vector<MachineChange>>& machines) {
  const std::lock_guard lock(mutex_);
  for (const auto& [key, delta] : deltas) apply(*entries_.at(key), delta);
  for (const auto& [key, changes] : machines) {
    auto& entry = *entries_.at(key);
    for (const auto& change : changes) apply(entry, change);
    entry.active.oldest = entry.working.active.oldest();
    for (auto& [product, moves] : entry.by_product) {
      moves.oldest = entry.working.by_product[product].oldest();
    }
    if (entry.active.come.size() > kMovesMost) settle(entry);
  }
}

core::Roll GroupBook::committed_roll(const Entry& entry) const {
  std::vector<core::RollEntry> rows;
  rows.reserve(entry.roll.size());
  for (const auto& [key, row] : entry.roll) rows.push_back(row);
  return {hash_key_, entry.highest_threshold, std::move(rows)};
}

void GroupBook::Moves::add(Instant before, Instant now) {
  if (before != Instant{}) gone.push_back(before);
  if (now != Instant{}) come.push_back(now);
}

// First those that come: a machine may have come and gone since.
void GroupBook::Moves::apply(core::ActiveCount& active) {
  std::ranges::sort(come);
  std::ranges::sort(gone);
  for (const auto heard : come) active.move(Instant{}, heard);
  for (const auto heard : gone) active.move(heard, Instant{});
  come.clear();
  gone.clear();
  if (oldest) active.trim(*oldest - seconds{1}, minutes{0});
}

void GroupBook::settle(Entry& entry) const {
  if (std::exchange(entry.stale, false)) entry.committed.roll = committed_roll(entry);
  entry.active.apply(entry.committed.active);
  for (auto& [product, moves] : entry.by_product) {
    moves.apply(entry.committed.by_product[product]);
  }
}

void GroupBook::restore(Entry& entry) const {
  settle(entry);
  entry.working.roll = committed_roll(entry);
  entry.working.active = entry.committed.active;
  entry.working.by_product = entry.committed.by_product;
  entry.working.counters = entry.committed.counters;
  entry.working.retention = entry.committed.retention;
  entry.touched = false;
  entry.changed.clear();
}

void GroupBook::restore() {
  const std::lock_guard lock(mutex_);
  std::erase_if(entries_, [](const auto& item) { return !item.second->is_committed; });
  for (auto& [key, entry] : entries_) {
    if (entry->touched || !entry->changed.empty()) restore(*entry);
  }
}

std::vector<GroupKey> GroupBook::groups() const {
  const std::lock_guard lock(mutex_);
  std::vector<GroupKey> out;
  for (const auto& [key, entry] : entries_) {
    if (entry->is_committed) out.push_back(key);
  }
  return out;
}

bool GroupBook::look(const GroupKey& key, const std::function<void(const core::Group&)>& look) {
  const std::lock_guard lock(mutex_);
  const auto at = entries_.find(key);
  if (at == entries_.end() || !at->second->is_committed) return false;
  settle(*at->second);
  look(at->second->committed);
  return true;
}

}  // namespace muster::store
