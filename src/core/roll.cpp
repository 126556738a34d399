#include "core/roll.h"

#include <algorithm>
#include <cassert>
#include <utility>

namespace muster::core {
namespace {

constexpr std::size_t kTableLeast = 16;  // places

}  // namespace

Roll::Roll(const Bytes16& hash_key) : hash_key_(hash_key) {}

Roll::Roll(const Bytes16& hash_key, std::uint32_t highest_threshold, std::vector<RollEntry> entries)
    : hash_key_(hash_key), highest_threshold_(highest_threshold) {
  std::ranges::sort(entries, {},
                    [](const RollEntry& entry) { return std::pair(entry.last_seen, entry.put); });
  nodes_.reserve(entries.size());
  for (const auto& entry : entries) {
    make_room();
    const auto hash = siphash(hash_key_, entry.key);
    const auto place = place_of(entry.key, hash);
    assert(table_[place] == kNobody);
    const auto node = static_cast<std::uint32_t>(nodes_.size());
    nodes_.push_back({entry, hash, kNobody, kNobody});
    table_[place] = node;
    put_newest(node);
    ++size_;
    next_put_ = std::max(next_put_, entry.put + 1);
  }
}

std::size_t Roll::place_of(const RollKey& key, std::uint64_t hash) const {
  const auto mask = table_.size() - 1;
  auto place = hash & mask;
  for (; table_[place] != kNobody; place = (place + 1) & mask) {
    const auto& node = nodes_[table_[place]];
    if (node.hash == hash && node.entry.key == key) break;
  }
  return place;
}

// For one entry more.
void Roll::make_room() {
  if (2 * (std::size_t{size_} + 1) <= table_.size()) return;
  table_.assign(std::max(kTableLeast, 2 * table_.size()), kNobody);
  for (auto node = oldest_; node != kNobody; node = nodes_[node].after) {
    table_[place_of(nodes_[node].entry.key, nodes_[node].hash)] = node;
  }
}

void Roll::put_newest(std::uint32_t node) {
  nodes_[node].before = newest_;
  nodes_[node].after = kNobody;
  (newest_ == kNobody ? oldest_ : nodes_[newest_].after) = node;
  newest_ = node;
}

// Out of the order; the table is the caller's.
void Roll::take_out(std::uint32_t node) {
  const auto [before, after] = std::pair(nodes_[node].before, nodes_[node].after);
  (before == kNobody ? oldest_ : nodes_[before].after) = after;
  (after == kNobody ? newest_ : nodes_[after].before) = before;
}

void Roll::drop_oldest(std::vector<RollKey>& changed) {
  const auto node = oldest_;
  changed.push_back(nodes_[node].entry.key);
  // Those that stand behind it move up, where their own places allow, so that no gap hides them.
  const auto mask = table_.size() - 1;
  auto gap = place_of(nodes_[node].entry.key, nodes_[node].hash);
  for (auto at = (gap + 1) & mask; table_[at] != kNobody; at = (at + 1) & mask) {
    const auto home = nodes_[table_[at]].hash & mask;
    if (((at - home) & mask) < ((at - gap) & mask)) continue;
    table_[gap] = table_[at];
    gap = at;
  }
  table_[gap] = kNobody;
  take_out(node);
  free_.push_back(node);
  --size_;
}

void Roll::expire(Instant now, minutes retention, std::vector<RollKey>& changed) {
  while (oldest_ != kNobody && now - nodes_[oldest_].entry.last_seen >= retention) {
    drop_oldest(changed);
  }
}

std::uint32_t Roll::ask(const RollKey& key, Instant now, std::uint32_t threshold, minutes retention,
                        std::vector<RollKey>& changed) {
  assert(newest_ == kNobody || nodes_[newest_].entry.last_seen <= now);
  highest_threshold_ = std::max(highest_threshold_, threshold);
  expire(now, retention, changed);

  changed.push_back(key);
  make_room();
  const auto hash = siphash(hash_key_, key);
  const auto place = place_of(key, hash);
  auto node = table_[place];
  if (node != kNobody) {
    take_out(node);
  } else {
    if (free_.empty()) {
      node = static_cast<std::uint32_t>(nodes_.size());
      nodes_.emplace_back();
    } else {
      node = free_.back();
      free_.pop_back();
    }
    table_[place] = node;
    ++size_;
  }
  nodes_[node].entry = {key, now, next_put_++};
  nodes_[node].hash = hash;
  put_newest(node);
  while (size() > capacity()) drop_oldest(changed);
  return size();
}

std::uint32_t Roll::count_at(Instant now, minutes retention) const {
  std::uint32_t gone = 0;
  for (auto node = oldest_; node != kNobody; node = nodes_[node].after) {
    if (now - nodes_[node].entry.last_seen < retention) break;
    ++gone;
  }
  return size() - gone;
}

const RollEntry* Roll::find(const RollKey& key) const {
  if (table_.empty()) return nullptr;
  const auto node = table_[place_of(key, siphash(hash_key_, key))];
  return node == kNobody ? nullptr : &nodes_[node].entry;
}

std::vector<RollEntry> Roll::entries() const {
  std::vector<RollEntry> out;
  out.reserve(size_);
  for (auto node = oldest_; node != kNobody; node = nodes_[node].after) {
    out.push_back(nodes_[node].entry);
  }
  return out;
}

}  // namespace muster::core
