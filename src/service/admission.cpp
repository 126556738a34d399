#include "service/admission.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/digest.h"

namespace muster::service {
namespace {

bool is_loopback(std::string_view address) {
  return address.empty() || address == "::1" || address.starts_with("127.") ||
         address.starts_with("::ffff:127.");
}

}  // namespace

Admission::Admission(const Rates& rates, const Bytes16& hash_key, std::size_t slots)
    : rates_(rates), hash_key_(hash_key), addresses_(slots), cmids_(slots) {
  assert(std::has_single_bit(slots));
}

bool Admission::unlimited(std::string_view address) const {
  return !rates_.limit_loopback && is_loopback(address);
}

std::optional<seconds> Admission::take(std::vector<Bucket>& table, const Bytes16& key,
                                       std::uint32_t burst, std::uint32_t per_minute,
                                       std::int64_t now_ms) {
  const auto hash = siphash(hash_key_, key);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const std::scoped_lock lock(mutex_);
  auto& bucket = table[hash & (table.size() - 1)];
  if (bucket.tag != tag) bucket = {tag, now_ms};
  const std::int64_t cost_ms = std::max<std::int64_t>(1, 60'000 / per_minute);
  const std::int64_t full_at = std::max(bucket.full_at_ms, now_ms) + cost_ms;
  const std::int64_t too_far = full_at - now_ms - cost_ms * burst;
  if (too_far > 0) return seconds((too_far + 999) / 1000);
  bucket.full_at_ms = full_at;
  return std::nullopt;
}

std::optional<seconds> Admission::admit_address(std::string_view address,
                                                std::chrono::milliseconds now) {
  if (rates_.address_per_minute == 0 || unlimited(address)) return std::nullopt;
  const auto key = first16(hmac_sha256(hash_key_, as_bytes(address)));
  return take(addresses_, key, rates_.address_burst, rates_.address_per_minute, now.count());
}

std::optional<seconds> Admission::admit_cmid(const Cmid& cmid, std::string_view address,
                                             std::chrono::milliseconds now) {
  if (rates_.cmid_per_minute == 0 || unlimited(address)) return std::nullopt;
  return take(cmids_, cmid.bytes, rates_.cmid_burst, rates_.cmid_per_minute, now.count());
}

seconds with_jitter(seconds interval, Random& random) {
  return interval + seconds(random.below(static_cast<std::uint64_t>(interval.count() / 10 + 1)));
}

}  // namespace muster::service
