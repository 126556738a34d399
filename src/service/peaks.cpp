#include "service/peaks.h"

#include <fmt/format.h>

#include "base/ascii.h"
#include "service/digest.h"

namespace muster::service {
namespace {

constexpr std::string_view kPrefix = "peak/";

std::string name_of(std::string_view vendor, std::string_view product, std::int32_t month) {
  return fmt::format("{}{}/{}/{}", kPrefix, vendor, product, month);
}

std::optional<Peak> read_peak(std::string_view text) {
  const auto blank = text.find(' ');
  if (blank == std::string_view::npos) return std::nullopt;
  const auto machines = whole_number<std::uint64_t>(text.substr(0, blank));
  const auto at = parse_time(text.substr(blank + 1));
  if (!machines || !at) return std::nullopt;
  return Peak{*machines, *at};
}

}  // namespace

Expected<void> Peaks::load(store::Store& store) {
  const auto settings = store.settings(kPrefix);
  if (!settings) return std::unexpected(settings.error());
  const std::scoped_lock lock(mutex_);
  for (const auto& [name, text] : *settings) {
    const auto peak = read_peak(text);
    if (!peak) {
      return fail(ErrorCode::store_corrupt, fmt::format("the setting {} is damaged", name));
    }
    peaks_[name].peak = *peak;
  }
  return {};
}

void Peaks::look(store::Store& store, const Keyring& keys, std::chrono::milliseconds monotonic,
                 Instant now) {
  const std::scoped_lock lock(mutex_);
  if (looked_ && monotonic - *looked_ < kLook) return;
  looked_ = monotonic;
  for (const auto& served : keys.served()) {
    std::uint64_t machines = 0;
    // A group that cannot be looked at now is looked at ten seconds later.
    (void)store.look(served.group, [&](const core::Group& group) {
      const auto at = group.by_product.find(served.key.product);
      if (at == group.by_product.end()) return;
      machines = at->second.count(now, served.key.policy.retention);
    });
    if (machines == 0) continue;
    auto& kept = peaks_[name_of(served.key.vendor_id, served.key.product, month_of(now))];
    if (machines <= kept.peak.machines) continue;
    kept = {.peak = {machines, now}, .grown = true};
  }
}

std::vector<Peaks::Setting> Peaks::to_store(std::chrono::milliseconds monotonic, bool all) {
  const std::scoped_lock lock(mutex_);
  std::vector<Setting> out;
  if (!all && stored_ && monotonic - *stored_ < kStore) return out;
  for (const auto& [name, kept] : peaks_) {
    if (!kept.grown) continue;
    out.emplace_back(name, fmt::format("{} {}", kept.peak.machines, format_time(kept.peak.at)));
  }
  return out;
}

void Peaks::stored(std::chrono::milliseconds monotonic) {
  const std::scoped_lock lock(mutex_);
  stored_ = monotonic;
  for (auto& [name, kept] : peaks_) kept.grown = false;
}

std::optional<Peak> Peaks::find(std::string_view vendor, std::string_view product,
                                std::int32_t month) const {
  const std::scoped_lock lock(mutex_);
  const auto at = peaks_.find(name_of(vendor, product, month));
  return at == peaks_.end() ? std::nullopt : std::optional(at->second.peak);
}

}  // namespace muster::service
