#include "lab/timetable.h"

#include <fmt/format.h>

#include <algorithm>

#include "lab/streams.h"

namespace muster::lab {
namespace {

constexpr std::int64_t kDaySeconds = 86'400;
// Days to look ahead for the next one that a machine is on: a week has each of them.
constexpr std::int64_t kWeek = 7;

}  // namespace

Tick tick(minutes time) {
  return static_cast<Tick>(std::min<std::int64_t>(seconds(time).count(), kNever));
}

Timetable::Timetable(const Scenario& scenario, std::uint64_t seed) : scenario_(scenario) {
  const auto midnight = std::chrono::floor<std::chrono::days>(scenario.start);
  offset_ = (scenario.start - midnight).count();
  weekday_ = std::chrono::weekday(midnight).iso_encoding() - 1;
  end_ = static_cast<Tick>(seconds(scenario.days).count());
  firsts_.push_back(0);
  for (const auto& pool : scenario.pools) {
    firsts_.push_back(firsts_.back() + pool.machines_within(scenario.days));
    arrival_keys_.push_back(stream_key(seed, "arrival " + pool.name));
  }
}

std::size_t Timetable::pool_of(std::uint32_t machine) const {
  return static_cast<std::size_t>(std::ranges::upper_bound(firsts_, machine) - firsts_.begin()) - 1;
}

Tick Timetable::joins(std::uint32_t machine) const {
  const auto pool_number = pool_of(machine);
  const auto& pool = scenario_.pools[pool_number];
  const auto number = machine - firsts_[pool_number];
  if (number < pool.machines) return tick(pool.joins);
  return tick(pool.joins + ((number - pool.machines) / pool.grows + 1) * pool.grows_every);
}

// Of the day with this number since the begin's own; a tick, negative where it lies before it.
Tick Timetable::arrival(std::uint32_t machine, std::int64_t day) const {
  const auto pool_number = pool_of(machine);
  const auto& pool = scenario_.pools[pool_number];
  auto at = day * kDaySeconds - offset_ + seconds(pool.from).count();
  if (pool.arrive > minutes(0)) {
    const auto number = std::uint64_t{machine - firsts_[pool_number]} << 16U;
    Stream stream(numbered_key(arrival_keys_[pool_number], number + static_cast<Tick>(day)));
    at += static_cast<std::int64_t>(
        stream.below(static_cast<std::uint64_t>(seconds(pool.arrive).count())));
  }
  return static_cast<Tick>(std::max<std::int64_t>(at, 0));
}

bool Timetable::on(std::uint32_t machine, Tick at) const {
  const auto& pool = scenario_.pools[pool_of(machine)];
  if (at < joins(machine)) return false;
  for (const auto& off : pool.off) {
    if (at >= tick(off.at) && at < tick(off.at + off.lasts)) return false;
  }
  if (pool.always_on) return true;
  const auto day = (static_cast<std::int64_t>(at) + offset_) / kDaySeconds;
  if (!pool.on_days[static_cast<std::size_t>((weekday_ + day) % kWeek)]) return false;
  const auto until = day * kDaySeconds - offset_ + seconds(pool.until).count();
  return at >= arrival(machine, day) && static_cast<std::int64_t>(at) < until;
}

bool Timetable::rebuilt(std::uint32_t machine, Tick at) const {
  const auto& pool = scenario_.pools[pool_of(machine)];
  if (pool.rebuild == minutes(0) || at <= joins(machine)) return false;
  const auto since = static_cast<std::int64_t>(at) + offset_ - seconds(pool.rebuild_at).count();
  return since >= 0 && since % seconds(pool.rebuild).count() == 0;
}

bool Timetable::snapshot(std::uint32_t machine, Tick at) const {
  const auto& pool = scenario_.pools[pool_of(machine)];
  return pool.snapshot && at == tick(*pool.snapshot);
}

bool Timetable::reverted(std::uint32_t machine, Tick at) const {
  const auto& reverts = scenario_.pools[pool_of(machine)].reverts;
  return std::ranges::any_of(reverts, [&](minutes one) { return tick(one) == at; });
}

Tick Timetable::next(std::uint32_t machine, Tick from) const {
  const auto& pool = scenario_.pools[pool_of(machine)];
  const auto joined = joins(machine);
  if (from <= joined) return joined;
  Tick out = kNever;
  const auto consider = [&](std::int64_t at) {
    if (at >= from && at < out) out = static_cast<Tick>(at);
  };
  for (const auto& off : pool.off) {
    consider(tick(off.at));
    consider(tick(off.at + off.lasts));
  }
  if (pool.snapshot) consider(tick(*pool.snapshot));
  for (const auto revert : pool.reverts) consider(tick(revert));
  if (pool.rebuild > minutes(0)) {
    const auto period = seconds(pool.rebuild).count();
    const auto first = seconds(pool.rebuild_at).count() - offset_;
    const auto turns = std::max<std::int64_t>(0, (from - first + period - 1) / period);
    consider(first + turns * period);
  }
  if (pool.always_on) return out;
  const auto today = (static_cast<std::int64_t>(from) + offset_) / kDaySeconds;
  for (auto day = today; day <= today + kWeek; ++day) {
    if (!pool.on_days[static_cast<std::size_t>((weekday_ + day) % kWeek)]) continue;
    consider(arrival(machine, day));
    consider(day * kDaySeconds - offset_ + seconds(pool.until).count());
    if (out != kNever && day > today) break;
  }
  return out;
}

}  // namespace muster::lab
