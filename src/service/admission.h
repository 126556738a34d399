// Who may come in now: rates of one CMID and of one address, and the jitter on every time that is
// handed out. No socket, no thread of its own; thread-safe.
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
  bool limit_local = false;  // by default nothing that this machine itself asks is limited
};

class Admission {
 public:
  // `slots` (a power of two) bounds the memory of each table: a key that falls on another's slot
  // takes it over, which can only let somebody in.
  Admission(const Rates& rates, const Bytes16& hash_key, std::size_t slots = 1 << 16);

  // Nothing: come in. Otherwise how long to wait. `local`: this machine itself asks, and nobody in
  // between; a proxy's own address says nothing of who stands behind it.
  [[nodiscard]] std::optional<seconds> admit_address(std::string_view address, bool local,
                                                     std::chrono::milliseconds now);
  [[nodiscard]] std::optional<seconds> admit_cmid(const Cmid& cmid, bool local,
                                                  std::chrono::milliseconds now);

 private:
  struct Bucket {
    std::uint32_t tag = 0;        // whose it is
    std::int64_t full_at_us = 0;  // when it is full again; how far ahead of now says what was taken
  };
  std::optional<seconds> take(std::vector<Bucket>& table, const Bytes16& key, std::uint32_t burst,
                              std::uint32_t per_minute, std::chrono::microseconds now);

  Rates rates_;
  Bytes16 hash_key_;
  std::mutex mutex_;
  std::vector<Bucket> addresses_, cmids_;
};

// `interval` times uniform(1.0 .. 1.1), so that a herd does not come back as a herd.
[[nodiscard]] seconds with_jitter(seconds interval, Random& random);
// When to come again after a 429 or 503: `least`, or the minute that a client waits whatever it is
// told, and up to a minute more.
[[nodiscard]] seconds come_again(Random& random, seconds least = seconds{0});

}  // namespace muster::service
