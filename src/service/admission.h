// Who may come in now: rates of one CMID and of one address, and the jitter on every time that is handed out.
// No socket, no thread of its own; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string_view>
#include <vector>

#include "base/ids.h"
#include "base/random.h"
#include "base/time.h"

namespace muster::service {

struct Rates {
  // Token buckets: so many at once, and so many a minute after that. 0 a minute: no limit.
  std::uint32_t cmid_burst = 20;
  std::uint32_t cmid_per_minute = 20;
  // Ten thousand desktops behind one address are a customer.
  std::uint32_t address_burst = 30'000;
  std::uint32_t address_per_minute = 30'000;
};

class Admission {
 public:
  // `slots` bounds the memory of each table (a power of two); two keys that share a slot share its rate.
  // Loopback addresses have no limit.
  Admission(const Rates& rates, const Bytes16& hash_key, std::size_t slots = 1 << 16);

  // Nothing: come in. Otherwise how long to wait.
  [[nodiscard]] std::optional<seconds> admit_address(std::string_view address,
                                                     std::chrono::milliseconds now);
  [[nodiscard]] std::optional<seconds> admit_cmid(const Cmid& cmid, std::chrono::milliseconds now);

 private:
  struct Bucket {
    std::int64_t full_at_ms = 0;  // when the bucket is full again; how far ahead of now says what was taken
  };
  static std::optional<seconds> take(Bucket& bucket, std::uint32_t burst, std::uint32_t per_minute,
                                     std::int64_t now_ms);

  Rates rates_;
  Bytes16 hash_key_;
  std::mutex mutex_;
  std::vector<Bucket> addresses_, cmids_;
};

// `interval` times uniform(1.0 .. 1.1), so that a herd does not come back as a herd.
[[nodiscard]] seconds with_jitter(seconds interval, Random& random);

}  // namespace muster::service
