#include "host/auth_failures.h"

#include <algorithm>

namespace muster::host {

void AuthFailures::forget_old(std::chrono::milliseconds now) {
  std::erase_if(failures_,
                [&](const auto& pair) { return now - pair.second.back().at >= kWindow; });
}

std::optional<seconds> AuthFailures::blocked(const std::string& address,
                                             std::chrono::milliseconds now) {
  const std::scoped_lock lock(mutex_);
  const auto at = failures_.find(address);
  if (at == failures_.end() || at->second.size() < kMost) return std::nullopt;
  const auto wait = at->second.front().at + kWindow - now;
  if (wait.count() <= 0) return std::nullopt;
  return std::chrono::ceil<seconds>(wait);
}

void AuthFailures::failed(const std::string& address, std::chrono::milliseconds now,
                          std::optional<Bytes32> shown) {
  const std::scoped_lock lock(mutex_);
  if (failures_.size() >= kAddressesMost) forget_old(now);
  // Whoever has so many addresses guesses no better for being forgotten: a token has 256 random
  // bits, a key 118.
  if (failures_.size() >= kAddressesMost) failures_.clear();
  auto& failures = failures_[address];
  if (shown) {
    const auto again = std::ranges::find(failures, shown, &Failure::shown);
    if (again != failures.end() && now - again->at < kWindow) return;
  }
  failures.push_back({now, shown});
  if (failures.size() > kMost) failures.pop_front();
}

}  // namespace muster::host
