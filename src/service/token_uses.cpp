#include "service/token_uses.h"

#include <algorithm>

namespace muster::service {
namespace {

constexpr std::string_view kPrefix = "token_used/";

}  // namespace

std::string TokenUses::setting_of(std::string_view id) {
  return std::string(kPrefix) + std::string(id);
}

Expected<void> TokenUses::load(store::Store& store) {
  const auto settings = store.settings(kPrefix);
  if (!settings) return std::unexpected(settings.error());
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, value] : *settings) {
    const auto at = parse_time(value);
    if (!at) return fail(ErrorCode::store_corrupt, "the setting " + name + " is damaged");
    uses_.insert_or_assign(name.substr(kPrefix.size()), Use{*at, *at});
  }
  return {};
}

void TokenUses::used(std::string_view id, Instant now) {
  const std::scoped_lock lock(mutex_);
  auto at = uses_.find(id);
  if (at == uses_.end()) at = uses_.emplace(std::string(id), Use{}).first;
  at->second.newest = std::max(at->second.newest, now);
}

std::optional<Instant> TokenUses::last(std::string_view id) const {
  const std::scoped_lock lock(mutex_);
  const auto at = uses_.find(id);
  return at == uses_.end() ? std::nullopt : std::optional(at->second.newest);
}

void TokenUses::forget(std::string_view id) {
  const std::scoped_lock lock(mutex_);
  if (const auto at = uses_.find(id); at != uses_.end()) uses_.erase(at);
}

Expected<std::vector<TokenUses::Setting>> TokenUses::to_store(store::Store& store, bool all) {
  const std::scoped_lock lock(mutex_);
  std::vector<Setting> out;
  for (auto at = uses_.begin(); at != uses_.end();) {
    const auto& [id, use] = *at;
    if (use.newest - use.stored < (all ? seconds{1} : kStoreEvery)) {
      ++at;
      continue;
    }
    const auto token = store.setting(std::string(kTokenPrefix) + id);
    if (!token) return std::unexpected(token.error());
    if (*token) out.emplace_back(setting_of(id), format_time(use.newest));
    at = *token ? std::next(at) : uses_.erase(at);
  }
  return out;
}

void TokenUses::stored(const std::vector<Setting>& settings) {
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, value] : settings) {
    const auto at = uses_.find(std::string_view(name).substr(kPrefix.size()));
    if (at != uses_.end()) at->second.stored = parse_time(value).value_or(at->second.stored);
  }
}

}  // namespace muster::service
