#include "analyser/tallies.h"

#include <algorithm>
#include <limits>
#include <map>
#include <numeric>
#include <set>

#include "analyser/codes.h"

namespace muster::analyser {
namespace {

using std::chrono::days;

constexpr auto kValidity = days(180);
constexpr std::int32_t kSkewShown = 15;  // minutes
constexpr std::int64_t kTenMinutes = 600;
constexpr auto kSilenceShown = days(2);

// Order of group and machine; a stable sort keeps that of time.
std::vector<std::uint32_t> by_machine(const Tally& tally, const Report& report) {
  std::vector<std::uint32_t> order(tally.requests.size());
  std::iota(order.begin(), order.end(), 0U);
  std::ranges::stable_sort(order, {}, [&](std::uint32_t i) {
    const auto& request = tally.requests[i];
    return std::pair(report.group_of[request.product], request.machine);
  });
  return order;
}

void take(MachineSeen& seen, const Request& request, bool enough) {
  seen.name = request.name;
  seen.host = request.host;
  seen.product = request.product;
  seen.last = request.time;
  seen.is_virtual = request.is_virtual;
  seen.state = request.state;
  ++seen.requests;
  seen.skew_known = request.client_minute != 0;
  if (seen.skew_known) {
    const auto minute = request.time.time_since_epoch().count() / 60;
    const auto skew =
        std::clamp<std::int64_t>(request.client_minute - minute, INT32_MIN, INT32_MAX);
    seen.skew_minutes = static_cast<std::int32_t>(skew);
  }
  if (request.hresult != 0) {
    ++seen.refused;
    return;
  }
  // A renewal that the count was too low for leaves what is left.
  const auto left = minutes(std::min(request.minutes_left, 10U * 259'200U));
  seen.valid_until = request.time + (enough ? seconds(kValidity) : seconds(left));
}

std::int32_t median_skew(const std::vector<MachineSeen>& machines) {
  std::vector<std::int32_t> all;
  for (const auto& one : machines) {
    if (one.skew_known) all.push_back(one.skew_minutes);
  }
  if (all.empty()) return 0;
  const auto middle = all.begin() + static_cast<std::ptrdiff_t>(all.size() / 2);
  std::ranges::nth_element(all, middle);
  return *middle;
}

}  // namespace

void tally_machines(const Tally& tally, Report& report) {
  const auto order = by_machine(tally, report);
  auto& machines = report.machines;
  for (const auto i : order) {
    const auto& request = tally.requests[i];
    const auto group = report.group_of[request.product];
    if (machines.empty() || machines.back().machine != request.machine ||
        machines.back().group != group) {
      machines.push_back({.machine = request.machine, .group = group, .first = request.time});
    }
    take(machines.back(), request, (*tally.enough)[i]);
  }
  std::ranges::stable_sort(machines, {},
                           [](const MachineSeen& one) { return std::pair(one.group, one.last); });

  std::map<std::uint16_t, VirtualShare> virtuals;
  for (const auto& one : machines) {
    const auto silent = report.now - one.last;
    report.silent[0] += silent >= days(30) ? 1 : 0;
    report.silent[1] += silent >= days(90) ? 1 : 0;
    report.silent[2] += silent >= days(150) ? 1 : 0;
    auto& share = virtuals[one.group];
    share.group = one.group;
    if (silent >= kRetention) continue;
    ++share.machines;
    share.of_them_virtual += one.is_virtual ? 1 : 0;
  }
  for (const auto& [group, share] : virtuals) report.virtuals.push_back(share);

  report.usual_skew_minutes = median_skew(machines);
  for (std::uint32_t i = 0; i < machines.size(); ++i) {
    const auto& one = machines[i];
    if (one.skew_known && std::abs(std::int64_t{one.skew_minutes}) > kSkewShown) {
      report.skewed.push_back(i);
    }
  }
  std::ranges::stable_sort(report.skewed, std::greater(), [&](std::uint32_t i) {
    return std::abs(std::int64_t{machines[i].skew_minutes});
  });
}

void tally_failures(const Tally& tally, Report& report) {
  struct Failing {
    FailureSeen seen;
    std::set<std::uint32_t> machines;
  };
  std::map<std::pair<std::uint32_t, std::uint16_t>, Failing> failing;
  constexpr std::size_t kCodesMost = 1'000;
  for (const auto& request : tally.requests) {
    if (request.hresult == 0) continue;
    const auto group = report.group_of[request.product];
    const std::pair key(request.hresult, group);
    if (failing.size() >= kCodesMost && !failing.contains(key)) continue;
    auto& one = failing[key];
    one.seen.hresult = request.hresult;
    one.seen.group = group;
    ++one.seen.requests;
    one.machines.insert(request.machine);
    one.seen.last = request.time;
    one.seen.last_name = request.name;
  }
  for (auto& [key, one] : failing) {
    one.seen.machines = one.machines.size();
    report.failures.push_back(one.seen);
  }
  std::ranges::stable_sort(report.failures, std::greater(), &FailureSeen::requests);
}

void tally_products(const Tally& tally, const Products& products, Report& report) {
  std::vector<ProductSeen> seen(report.group_of.size());
  for (const auto& request : tally.requests) {
    auto& one = seen[request.product];
    ++one.requests;
    one.threshold = request.threshold;
  }
  for (const auto& machine : report.machines) {
    auto& one = seen[machine.product];
    ++one.machines;
    if (report.now - machine.last < kRetention) ++one.recent;
  }
  for (std::size_t i = 0; i < seen.size(); ++i) {
    if (seen[i].requests == 0) continue;
    seen[i].product = static_cast<std::uint16_t>(i);
    seen[i].group = report.group_of[i];
    report.products.push_back(seen[i]);
    const auto& id = tally.log->products.id(static_cast<std::uint32_t>(i));
    if (products.find(id) == nullptr) report.unknown_ids.push_back(id.text());
  }
  std::ranges::stable_sort(report.products, std::greater(), [](const ProductSeen& one) {
    return std::pair(one.machines, one.requests);
  });
}

void tally_hours(const Tally& tally, Report& report) {
  std::int64_t window = std::numeric_limits<std::int64_t>::min();
  std::uint64_t in_window = 0;
  for (const auto& request : tally.requests) {
    const auto second = request.time.time_since_epoch().count();
    const auto of_day = request.time - std::chrono::floor<days>(request.time);
    ++report.by_hour[static_cast<std::size_t>(of_day / std::chrono::hours(1))];
    if (second / kTenMinutes != window) {
      window = second / kTenMinutes;
      in_window = 0;
    }
    if (++in_window > report.busiest_requests) {
      report.busiest_requests = in_window;
      report.busiest = Instant(seconds(window * kTenMinutes));
    }
  }
}

void tally_gaps(const Tally& tally, Report& report) {
  const auto& stretches = tally.log->stretches;
  std::map<std::uint16_t, HostSeen> hosts;
  std::map<std::uint16_t, std::vector<std::int64_t>> pauses;
  for (const auto& request : tally.requests) {
    const auto [at, is_new] = hosts.try_emplace(request.host, HostSeen{});
    auto& host = at->second;
    if (is_new) {
      host = {.host = request.host, .first = request.time};
    } else if (request.time - host.last >= kSilenceShown) {
      report.silences.push_back({request.host, host.last, request.time});
    }
    host.last = request.time;
    ++host.requests;
  }
  std::set<std::uint16_t> begun;
  for (std::size_t i = 0; i < stretches.size(); ++i) {
    const auto& now = stretches[i];
    if (begun.insert(now.host).second) {
      if (const auto host = hosts.find(now.host); host != hosts.end()) {
        host->second.first_record = now.first_id;
      }
      continue;
    }
    const auto& before = stretches[i - 1];
    if (now.first_id == before.last_id + 1) continue;
    Gap gap{.host = now.host, .from = before.last, .to = now.first};
    if (now.first_id > before.last_id) gap.records = now.first_id - before.last_id - 1;
    if (gap.from <= report.now) report.gaps.push_back(gap);
  }
  for (const auto& [number, host] : hosts) report.hosts.push_back(host);
  // The longest ten silences are told.
  std::ranges::stable_sort(report.silences, std::greater(),
                           [](const Silence& one) { return one.to - one.from; });
  if (report.silences.size() > 10) report.silences.resize(10);
  std::ranges::stable_sort(report.silences, {}, &Silence::from);
}

}  // namespace muster::analyser
