// Drives a fleet through its timetable, and samples what its hosts count.
#include <fmt/format.h>

#include <algorithm>
#include <utility>

#include "lab/fleet.h"

namespace muster::lab {
namespace {

constexpr std::uint32_t kProgressEvery = 20'000;  // turns of machines

// What is kept of a machine beside its fleet's own.
struct Kept {
  Tick outside = 0;         // the next thing that happens to it
  Tick wake = kNever;       // its agent's next turn, while it is on
  Tick licensed_until = 0;  // 0: never was
  bool on = false, built = false, snapshot = false;
};
static_assert(sizeof(Kept) == 16);

// A count group on a host, and those who ask it.
struct Lane {
  std::size_t host, product;
  Tally tally{};
  Tick minute = kNever;
  std::uint64_t in_minute = 0;
};

struct Change {
  Tick at;
  std::size_t host;
  bool up;
};

std::vector<Change> outages_of(const Scenario& scenario) {
  std::vector<Change> out;
  for (std::size_t host = 0; host < scenario.hosts.size(); ++host) {
    for (const auto& outage : scenario.hosts[host].outages) {
      out.push_back({static_cast<Tick>(seconds(outage.at).count()), host, false});
      out.push_back({static_cast<Tick>(seconds(outage.at + outage.lasts).count()), host, true});
    }
  }
  std::ranges::stable_sort(out, {}, &Change::at);
  return out;
}

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        timetable_(scenario, options.seed),
        agenda_(timetable_.machines()),
        kept_(timetable_.machines()),
        outages_(outages_of(scenario)) {
    for (const auto& pool : scenario.pools) {
      const auto& group = scenario.products[pool.product].group;
      const auto at = std::ranges::find_if(lanes_, [&](const Lane& lane) {
        return lane.host == pool.host && scenario.products[lane.product].group == group;
      });
      lane_of_.push_back(static_cast<std::size_t>(at - lanes_.begin()));
      if (at == lanes_.end()) add_lane(pool);
    }
  }

  Expected<Outcome> run() {
    const auto watch = [this](std::uint32_t machine, Result result) { note(machine, result); };
    if (scenario_.fidelity == Fidelity::rules) {
      fleet_ = make_rules_fleet(scenario_, timetable_, options_.seed, watch);
    } else {
      auto made = make_full_fleet(scenario_, timetable_, options_.seed, watch);
      if (!made) return std::unexpected(made.error());
      fleet_ = std::move(*made);
    }
    for (std::uint32_t machine = 0; machine < timetable_.machines(); ++machine) {
      kept_[machine].outside = timetable_.next(machine, 0);
      agenda_.put(machine, kept_[machine].outside);
    }
    const auto every = static_cast<Tick>(seconds(scenario_.sample).count());
    for (Tick at = 0; at < timetable_.end(); at += std::min(every, timetable_.end() - at)) {
      until(at);
      sample(at);
    }
    until(timetable_.end());
    sample(timetable_.end());
    return outcome();
  }

 private:
  void add_lane(const Pool& pool) {
    const auto& product = scenario_.products[pool.product];
    const auto& host = scenario_.hosts[pool.host];
    std::uint32_t threshold = 0;
    for (const auto& one : scenario_.products) {
      if (one.group == product.group) threshold = std::max(threshold, one.policy.threshold);
    }
    lanes_.push_back({.host = pool.host, .product = pool.product});
    Track track{.id = fmt::format("{}-{}", host.name, product.group),
                .title = fmt::format("{} on {}", product.group, host.name),
                .threshold = threshold,
                .capacity = 2 * threshold};
    tracks_.push_back(std::move(track));
  }

  void note(std::uint32_t machine, Result result) {
    auto& lane = lanes_[lane_of_[timetable_.pool_of(machine)]];
    switch (result) {
      case Result::unreached: ++lane.tally.unreached; return;
      case Result::sent_away: ++lane.tally.sent_away; break;
      case Result::refused: ++lane.tally.refused; break;
      case Result::activated: {
        ++lane.tally.activated;
        const auto& product =
            scenario_.products[scenario_.pools[timetable_.pool_of(machine)].product];
        kept_[machine].licensed_until =
            now_ + static_cast<Tick>(seconds(product.policy.validity).count());
        break;
      }
    }
    const auto minute = now_ / 60;
    lane.in_minute = minute == lane.minute ? lane.in_minute + 1 : 1;
    lane.minute = minute;
    lane.tally.busiest = std::max(lane.tally.busiest, lane.in_minute);
  }

  // Everything that is due before `end`.
  void until(Tick end) {
    while (const auto due = agenda_.take(end)) {
      move_to(due->at);
      turn(due->thing);
      if (++turns_ % kProgressEvery == 0 && options_.progress) {
        options_.progress(static_cast<double>(now_) / timetable_.end());
      }
    }
    move_to(end);
  }

  void move_to(Tick at) {
    now_ = at;
    for (; changed_ < outages_.size() && outages_[changed_].at <= at; ++changed_) {
      fleet_->move_to(outages_[changed_].at);
      fleet_->set_up(outages_[changed_].host, outages_[changed_].up);
    }
    fleet_->move_to(at);
  }

  void turn(std::uint32_t machine) {
    auto& kept = kept_[machine];
    if (kept.outside == now_) {
      from_outside(machine, kept);
      kept.outside = timetable_.next(machine, now_ + 1);
    }
    if (kept.on && kept.wake <= now_) kept.wake = fleet_->turn(machine);
    agenda_.put(machine, std::min(kept.outside, kept.on ? kept.wake : kNever));
  }

  void from_outside(std::uint32_t machine, Kept& kept) {
    const auto& pool = scenario_.pools[timetable_.pool_of(machine)];
    const bool to_be_on = timetable_.on(machine, now_);
    if (kept.built && timetable_.snapshot(machine, now_)) {
      fleet_->snapshot(machine);
      kept.snapshot = true;
    }
    const bool rebuild = kept.built && (timetable_.rebuilt(machine, now_) ||
                                        (pool.rebuild_start && to_be_on && !kept.on));
    const bool revert = kept.snapshot && timetable_.reverted(machine, now_);
    if (kept.on && (!to_be_on || rebuild || revert)) {
      fleet_->stop(machine);
      kept.on = false;
    }
    if (rebuild || (!kept.built && to_be_on)) {
      fleet_->build(machine);
      kept.built = true;
      kept.licensed_until = 0;
    } else if (revert) {
      fleet_->revert(machine);
    }
    if (to_be_on && !kept.on) {
      fleet_->start(machine);
      kept.on = true;
      kept.wake = now_;
    }
  }

  void sample(Tick at) {
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      auto& lane = lanes_[i];
      Sample out{.at = scenario_.start + seconds(at),
                 .count = fleet_->look(lane.host, lane.product, tracks_[i]),
                 .tally = std::exchange(lane.tally, {})};
      for (std::size_t pool = 0; pool < scenario_.pools.size(); ++pool) {
        if (lane_of_[pool] != i) continue;
        for (auto machine = timetable_.first(pool); machine < timetable_.behind(pool); ++machine) {
          out.licensed += kept_[machine].licensed_until > at ? 1 : 0;
          out.running += kept_[machine].on ? 1 : 0;
        }
      }
      tracks_[i].samples.push_back(out);
    }
  }

  [[nodiscard]] static std::string sentence(const Track& track) {
    const auto at = [](Instant time) { return format_time(time); };
    if (!track.first_at_threshold) {
      return fmt::format("{}: the count never reaches {}; the most is {}.", track.title,
                         track.threshold, track.highest());
    }
    if (!track.falls_below) {
      return fmt::format(
          "{}: the count is {} on {} and is never lower at a sample than {} after "
          "that; it holds.",
          track.title, track.threshold, at(*track.first_at_threshold), track.lowest());
    }
    return fmt::format("{}: the count is {} on {}, falls below it on {} and is {} at the end.",
                       track.title, track.threshold, at(*track.first_at_threshold),
                       at(*track.falls_below), track.last());
  }

  Outcome outcome() {
    Outcome out{.scenario = scenario_.name,
                .title = scenario_.title,
                .seed = options_.seed,
                .fidelity = scenario_.fidelity,
                .start = scenario_.start,
                .end = scenario_.start + scenario_.days,
                .machines = timetable_.machines()};
    for (const auto& track : tracks_) out.sentences.push_back(sentence(track));
    if (!scenario_.teaches.empty()) out.sentences.push_back(scenario_.teaches);
    out.tracks = std::move(tracks_);
    return out;
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  Timetable timetable_;
  Agenda agenda_;
  std::vector<Kept> kept_;
  std::vector<Change> outages_;
  std::size_t changed_ = 0;
  std::vector<Lane> lanes_;
  std::vector<Track> tracks_;         // by lane
  std::vector<std::size_t> lane_of_;  // by pool
  std::unique_ptr<Fleet> fleet_;
  Tick now_ = 0;
  std::uint32_t turns_ = 0;
};

}  // namespace

Expected<Outcome> run_scenario(const Scenario& scenario, const RunOptions& options) {
  return Run(scenario, options).run();
}

}  // namespace muster::lab
