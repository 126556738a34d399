#include "service/mak_ring.h"

#include <algorithm>

namespace muster::service {

MakRing::Entry MakRing::find(const Bytes32& hash, std::string_view product,
                             const std::optional<std::string>& vendor) const {
  for (const auto& entry : entries_) {
    const auto& mak = entry->mak;
    const bool same = equal_constant_time(mak.key_hash, hash);
    if (same && mak.product == product && (!vendor || mak.vendor_id == *vendor)) return entry;
  }
  return nullptr;
}

MakRing::Entry MakRing::find(std::string_view id) const {
  const auto at = std::ranges::find(
      entries_, id, [](const Entry& entry) -> std::string_view { return entry->mak.id; });
  return at == entries_.end() ? nullptr : *at;
}

std::vector<MakId> MakRing::names() const {
  std::vector<MakId> out;
  out.reserve(entries_.size());
  for (const auto& entry : entries_) out.push_back(entry->mak.name());
  return out;
}

std::shared_ptr<const MakRing> MakRing::with(Entry entry) const {
  auto out = std::make_shared<MakRing>(*this);
  const auto name = entry->mak.name();
  std::erase_if(out->entries_, [&](const Entry& one) { return one->mak.name() == name; });
  out->entries_.push_back(std::move(entry));
  std::ranges::sort(out->entries_, {}, [](const Entry& one) { return one->mak.name(); });
  return out;
}

}  // namespace muster::service
