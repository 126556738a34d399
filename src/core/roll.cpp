#include "core/roll.h"

#include <algorithm>
#include <cassert>

namespace muster::core {

Roll::Roll(const Bytes16& hash_key) : index_(0, Hash{hash_key}) {}

Roll::Roll(const Bytes16& hash_key, std::uint32_t highest_threshold, std::vector<RollEntry> entries)
    : index_(0, Hash{hash_key}), highest_threshold_(highest_threshold) {
  std::ranges::sort(entries, {},
                    [](const RollEntry& entry) { return std::pair(entry.last_seen, entry.put); });
  for (const auto& entry : entries) {
    index_[entry.key] = order_.insert(order_.end(), entry);
    next_put_ = std::max(next_put_, entry.put + 1);
  }
}

void Roll::drop_oldest(std::vector<RollKey>& changed) {
  changed.push_back(order_.front().key);
  index_.erase(order_.front().key);
  order_.pop_front();
}

std::uint32_t Roll::ask(const RollKey& key, Instant now, std::uint32_t threshold, minutes retention,
                        std::vector<RollKey>& changed) {
  assert(order_.empty() || order_.back().last_seen <= now);
  highest_threshold_ = std::max(highest_threshold_, threshold);
  while (!order_.empty() && now - order_.front().last_seen >= retention) drop_oldest(changed);

  changed.push_back(key);
  const auto [at, is_new] = index_.try_emplace(key);
  if (is_new) {
    at->second = order_.insert(order_.end(), RollEntry{key, now, next_put_});
  } else {
    order_.splice(order_.end(), order_, at->second);
    order_.back().last_seen = now;
    order_.back().put = next_put_;
  }
  ++next_put_;
  while (size() > capacity()) drop_oldest(changed);
  return size();
}

std::uint32_t Roll::count_at(Instant now, minutes retention) const {
  std::uint32_t gone = 0;
  for (const auto& entry : order_) {
    if (now - entry.last_seen < retention) break;
    ++gone;
  }
  return size() - gone;
}

const RollEntry* Roll::find(const RollKey& key) const {
  const auto at = index_.find(key);
  return at == index_.end() ? nullptr : &*at->second;
}

std::vector<RollEntry> Roll::entries() const { return {order_.begin(), order_.end()}; }

}  // namespace muster::core
