#include "service/keyring.h"

#include <fmt/format.h>

#include <algorithm>
#include <tuple>

namespace muster::service {
namespace {

auto name_of(const Served& served) { return std::tie(served.key.product, served.key.vendor_id); }

auto rank(const wire::HostKey& key, Instant now) {
  return std::pair(key.valid_at(now), key.issued);
}

Expected<void> groups_agree(const std::vector<Served>& served) {
  for (const auto& a : served) {
    for (const auto& b : served) {
      if (a.group != b.group) continue;
      if (a.key.policy.retention == b.key.policy.retention &&
          a.key.policy.count_by == b.key.policy.count_by) {
        continue;
      }
      return fail(ErrorCode::policy_conflict,
                  fmt::format("group {}: {} has retention {} and count_by {}, {} has {} and {}",
                              a.key.group, a.key.product, format_duration(a.key.policy.retention),
                              muster::name_of(a.key.policy.count_by), b.key.product,
                              format_duration(b.key.policy.retention),
                              muster::name_of(b.key.policy.count_by)));
    }
  }
  return {};
}

}  // namespace

Expected<std::shared_ptr<const Keyring>> Keyring::make(std::vector<wire::HostKey> keys,
                                                       const wire::PublicKey& host, Instant now) {
  auto ring = std::make_shared<Keyring>();
  for (auto& key : keys) {
    if (key.host != host) {
      return fail(ErrorCode::wrong_host_key,
                  fmt::format("the key for {} names the host {}, this one is {}", key.product,
                              key.host.thumbprint(), host.thumbprint()));
    }
    auto header = wire::activation_header(key.text);
    GroupKey group{key.vendor_id, key.group};
    Served served{std::move(key), std::move(header), std::move(group)};
    const auto same = std::ranges::find_if(
        ring->served_, [&](const Served& s) { return name_of(s) == name_of(served); });
    if (same == ring->served_.end()) {
      ring->served_.push_back(std::move(served));
    } else if (rank(served.key, now) >= rank(same->key, now)) {
      *same = std::move(served);
    }
  }
  std::ranges::sort(ring->served_,
                    [](const Served& a, const Served& b) { return name_of(a) < name_of(b); });
  if (auto agree = groups_agree(ring->served_); !agree) return std::unexpected(agree.error());
  return ring;
}

const Served* Keyring::find(std::string_view product,
                            const std::optional<std::string>& vendor) const {
  const auto [first, last] = std::ranges::equal_range(
      served_, product, {}, [](const Served& s) -> std::string_view { return s.key.product; });
  if (!vendor) return last - first == 1 ? &*first : nullptr;
  const auto at = std::ranges::find(
      first, last, *vendor, [](const Served& s) -> const std::string& { return s.key.vendor_id; });
  return at == last ? nullptr : &*at;
}

std::vector<GroupKey> Keyring::groups() const {
  std::vector<GroupKey> out;
  out.reserve(served_.size());
  for (const auto& served : served_) out.push_back(served.group);
  std::ranges::sort(out);
  const auto rest = std::ranges::unique(out);
  out.erase(rest.begin(), rest.end());
  return out;
}

}  // namespace muster::service
