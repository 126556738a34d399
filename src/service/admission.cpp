#include "service/admission.h"

#include <algorithm>
#include <bit>
#include <cassert>

#include "base/digest.h"
#include "base/siphash.h"

namespace muster::service {
Admission::Admission(const Rates& rates, const Bytes16& hash_key, std::size_t slots)
    : rates_(rates), hash_key_(hash_key), addresses_(slots), cmids_(slots) {
  assert(std::has_single_bit(slots));
}

std::optional<seconds> Admission::take(std::vector<Bucket>& table, const Bytes16& key,
                                       std::uint32_t burst, std::uint32_t per_minute,
                                       std::chrono::microseconds now) {
  const auto hash = siphash(hash_key_, key);
  const auto tag = static_cast<std::uint32_t>(hash >> 32);
  const auto now_us = now.count();
  const std::scoped_lock lock(mutex_);
  auto& bucket = table[hash & (table.size() - 1)];
  if (bucket.tag != tag) bucket = {tag, now_us};
  const std::int64_t cost_us = std::max<std::int64_t>(1, 60'000'000 / per_minute);
  const std::int64_t full_at = std::max(bucket.full_at_us, now_us) + cost_us;
  const std::chrono::microseconds too_far{full_at - now_us - cost_us * burst};
  if (too_far.count() > 0) return std::chrono::ceil<seconds>(too_far);
  bucket.full_at_us = full_at;
  return std::nullopt;
}

std::optional<seconds> Admission::admit_address(std::string_view address, bool local,
                                                std::chrono::milliseconds now) {
  if (rates_.address_per_minute == 0 || (local && !rates_.limit_local)) return std::nullopt;
  const auto key = first16(hmac_sha256(hash_key_, as_bytes(address)));
  return take(addresses_, key, rates_.address_burst, rates_.address_per_minute, now);
}

std::optional<seconds> Admission::admit_cmid(const Cmid& cmid, bool local,
                                             std::chrono::milliseconds now) {
  if (rates_.cmid_per_minute == 0 || (local && !rates_.limit_local)) return std::nullopt;
  return take(cmids_, cmid.bytes, rates_.cmid_burst, rates_.cmid_per_minute, now);
}

seconds with_jitter(seconds interval, Random& random) {
  return interval + seconds(random.below(static_cast<std::uint64_t>(interval.count() / 10 + 1)));
}

seconds come_again(Random& random, seconds least) {
  return std::max(least, seconds{60}) + seconds(random.below(61));
}

}  // namespace muster::service
