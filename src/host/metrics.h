// GET /metrics in Prometheus' text format. Names and help texts stand in metrics.cpp, once.
#pragma once

#include <array>
#include <atomic>
#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

#include "host/dns_record.h"
#include "service/host_service.h"

namespace muster::host {

// How long units took, the disk's share included. Thread-safe.
class UnitTimes {
 public:
  static constexpr std::array<int, 11> kBoundsMs{1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 5000};
  void add(std::chrono::milliseconds took);

  struct Sample {
    std::array<std::uint64_t, kBoundsMs.size() + 1> buckets{};  // not cumulative
    std::uint64_t sum_ms = 0;
  };
  [[nodiscard]] Sample sample() const;

 private:
  std::array<std::atomic<std::uint64_t>, kBoundsMs.size() + 1> buckets_{};
  std::atomic<std::uint64_t> sum_ms_{0};
};

// One listener's figures.
struct ListenerFigures {
  std::string_view name;  // "clients", "admin"
  std::uint64_t open = 0, accepted = 0, turned_away = 0, bad_requests = 0, timed_out = 0;
};

// Reads the store: not from an io thread. An error where the store cannot be read.
[[nodiscard]] Expected<std::string> metrics_text(service::HostService& service,
                                                 std::string_view version,
                                                 std::span<const ListenerFigures> listeners,
                                                 const UnitTimes& unit_times,
                                                 const std::optional<DnsFigures>& dns);

}  // namespace muster::host
