#include "service/alert_outbox.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace muster::service {
namespace {

constexpr std::string_view kPrefix = "alert_out/";

// Of one width, so that the store's order is the numbers'.
std::string name_of(std::string_view receiver, std::uint64_t number) {
  return fmt::format("{}{}/{:020}", kPrefix, receiver, number);
}

}  // namespace

Expected<void> AlertOutbox::open(HostService& service, std::vector<std::string> receivers) {
  service_ = &service;
  receivers_ = std::move(receivers);
  const auto stored = service.store().settings(kPrefix);
  if (!stored) return std::unexpected(stored.error());
  Settings stale;
  for (const auto& [name, text] : *stored) {
    const auto rest = std::string_view(name).substr(kPrefix.size());
    const auto slash = rest.find('/');
    const auto receiver = rest.substr(0, slash);
    const auto number =
        slash == rest.npos ? std::nullopt : whole_number<std::uint64_t>(rest.substr(slash + 1));
    if (!number || std::ranges::find(receivers_, receiver) == receivers_.end()) {
      stale.emplace_back(name, "");
      continue;
    }
    waiting_[std::string(receiver)].push_back({*number, text});
    next_ = std::max(next_, *number + 1);
  }
  return stale.empty() ? Expected<void>{} : service.put_settings(stale);
}

AlertOutbox::Settings AlertOutbox::plan(std::string_view text) const {
  const std::scoped_lock lock(mutex_);
  Settings out;
  for (const auto& receiver : receivers_) {
    out.emplace_back(name_of(receiver, next_), text);
    const auto at = waiting_.find(receiver);
    if (at != waiting_.end() && at->second.size() >= kMost) {
      out.emplace_back(name_of(receiver, at->second.front().number), "");
    }
  }
  return out;
}

void AlertOutbox::stored(std::string_view text) {
  const std::scoped_lock lock(mutex_);
  for (const auto& receiver : receivers_) {
    auto& queue = waiting_[receiver];
    queue.push_back({next_, std::string(text)});
    if (queue.size() > kMost) queue.pop_front();
  }
  ++next_;
}

std::optional<AlertOutbox::Entry> AlertOutbox::first(std::string_view receiver) const {
  const std::scoped_lock lock(mutex_);
  const auto at = waiting_.find(receiver);
  if (at == waiting_.end() || at->second.empty()) return std::nullopt;
  return at->second.front();
}

std::size_t AlertOutbox::waiting(std::string_view receiver) const {
  const std::scoped_lock lock(mutex_);
  const auto at = waiting_.find(receiver);
  return at == waiting_.end() ? 0 : at->second.size();
}

Expected<void> AlertOutbox::remove(std::string_view receiver, std::uint64_t number) {
  {
    const std::scoped_lock lock(mutex_);
    const auto at = waiting_.find(receiver);
    if (at != waiting_.end()) {
      std::erase_if(at->second, [&](const Entry& entry) { return entry.number == number; });
    }
  }
  return service_->put_settings({{name_of(receiver, number), ""}});
}

}  // namespace muster::service
