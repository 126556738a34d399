// How many requests came lately: a counter that only grows, looked at about once a second.
#pragma once

#include <chrono>
#include <cstdint>
#include <deque>
#include <mutex>

namespace muster::service {

// Thread-safe.
class RequestRate {
 public:
  static constexpr std::chrono::seconds kSpan{60};

  // The counter stands at `total` at `now` (monotonic).
  void look(std::chrono::milliseconds now, std::uint64_t total);

  struct Figures {
    std::uint64_t last_minute = 0;
    double per_second = 0;  // of the last ten seconds
  };
  [[nodiscard]] Figures figures(std::chrono::milliseconds now, std::uint64_t total) const;

 private:
  struct Look {
    std::chrono::milliseconds at;
    std::uint64_t total;
  };
  mutable std::mutex mutex_;
  std::deque<Look> looks_;  // ascending; the first is the youngest that is kSpan old, if any is
};

}  // namespace muster::service
