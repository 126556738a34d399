// How much the lab bears: `muster_lab_bench rules|full DESKTOPS DAYS` takes that many desktops that
// are always on through that many days, and prints one JSON object: the processor's seconds, and
// the memory that came with the desktops.
#include <fmt/format.h>
#include <sys/resource.h>

#include <cstdio>
#include <cstdlib>
#include <span>
#include <string_view>

#include "lab/fleet.h"

namespace {

using muster::lab::Fidelity;

double cpu_seconds() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  const auto seconds = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) + static_cast<double>(time.tv_usec) / 1e6;
  };
  return seconds(used.ru_utime) + seconds(used.ru_stime);
}

// The most that was ever resident.
std::uint64_t peak_bytes() {
  rusage used{};
  ::getrusage(RUSAGE_SELF, &used);
  return static_cast<std::uint64_t>(used.ru_maxrss) * 1024;
}

muster::lab::Scenario scenario(Fidelity fidelity, std::uint32_t desktops, int days) {
  muster::lab::Scenario out;
  out.name = "bench";
  out.title = "Desktops that are always on";
  out.start = *muster::parse_time("2026-01-05T00:00:00Z");
  out.days = std::chrono::days(days);
  out.fidelity = fidelity;
  out.products.push_back({"acme-cad", "desktop", "Acme CAD", {}});
  out.hosts.push_back({.name = "host-1"});
  muster::lab::Pool pool;
  pool.name = "desktops";
  pool.machines = desktops;
  out.pools.push_back(std::move(pool));
  return out;
}

}  // namespace

int main(int count, char** values) {
  const std::span<char*> arguments(values, static_cast<std::size_t>(count));
  const auto fidelity =
      arguments.size() == 4 ? muster::lab::fidelity_of(arguments[1]) : std::optional<Fidelity>();
  const auto desktops = fidelity ? std::strtoul(arguments[2], nullptr, 10) : 0;
  const auto days = fidelity ? std::strtol(arguments[3], nullptr, 10) : 0;
  if (!fidelity || desktops == 0 || days <= 0) {
    fmt::print(stderr, "usage: muster_lab_bench rules|full DESKTOPS DAYS\n");
    return 2;
  }
  const auto before = peak_bytes();
  const auto plan =
      scenario(*fidelity, static_cast<std::uint32_t>(desktops), static_cast<int>(days));
  const auto outcome = muster::lab::run_scenario(plan, {});
  if (!outcome) {
    fmt::print(stderr, "{}\n", outcome.error().sentence());
    return 1;
  }
  const auto total = outcome->tracks.front().total();
  fmt::print(R"({{"fidelity":"{}","desktops":{},"days":{},"requests":{},"cpu_seconds":{:.2f},)"
             R"("bytes_a_desktop":{:.1f}}})"
             "\n",
             arguments[1], desktops, days, total.reached(), cpu_seconds(),
             static_cast<double>(peak_bytes() - before) / static_cast<double>(desktops));
  return 0;
}
