// Drives a fleet through its timetable, and samples what its hosts count.
#include <fmt/format.h>

#include <algorithm>
#include <map>
#include <utility>

#include "lab/fleet.h"
#include "lab/incidents.h"
#include "lab/large.h"

namespace muster::lab {
namespace {

// Turns of machines between two words on progress: a tenth of a second or so.
constexpr std::uint32_t kProgressFull = 200;
constexpr std::uint32_t kProgressRules = 200'000;

constexpr std::int64_t kSamplesMost = 200'000;

// What is kept of a machine beside its fleet's own.
struct Kept {
  Tick outside = 0;         // the next thing that happens to it
  Tick wake = kNever;       // its agent's next turn, while it is on
  Tick licensed_until = 0;  // 0: never was
  bool on = false, built = false, snapshot = false;
};
static_assert(sizeof(Kept) == 16);

// A count group on a host, or a key, and those who ask it.
struct Lane {
  std::size_t host, product;
  std::optional<std::size_t> key;
  std::size_t track;  // of those of its kind
  Tally tally{};
  Tick minute = kNever;
  std::uint64_t in_minute = 0;
  std::uint32_t running = 0, licensed = 0;
  // By sample: how many of the licensed ones have ended by then, and had not by the one before.
  std::vector<std::uint32_t> ends{};
};

class Run {
 public:
  Run(const Scenario& scenario, const RunOptions& options)
      : scenario_(scenario),
        options_(options),
        every_(tick(scenario.sample)),
        timetable_(scenario, options.seed),
        agenda_(timetable_.machines()),
        kept_(timetable_.machines()),
        changes_(changes_of(scenario)) {
    for (const auto& pool : scenario.pools) {
      const auto& group = scenario.products[pool.product].group;
      const auto at = std::ranges::find_if(lanes_, [&](const Lane& lane) {
        if (pool.key || lane.key) return lane.key == pool.key;
        return lane.host == pool.host && scenario.products[lane.product].group == group;
      });
      lane_of_.push_back(static_cast<std::size_t>(at - lanes_.begin()));
      if (at == lanes_.end()) add_lane(pool);
      story_of_.push_back(add_story(pool));
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
    agenda_.fetch_too(kept_.data(), sizeof(Kept));
    if (const auto [first, size] = fleet_->kept(); first) agenda_.fetch_too(first, size);
    if (options_.hear) fleet_->listen(options_.hear);
    for (std::uint32_t machine = 0; machine < timetable_.machines(); ++machine) {
      kept_[machine].outside = timetable_.next(machine, 0);
      agenda_.put(machine, kept_[machine].outside);
    }
    for (Tick at = 0; at < timetable_.end(); at += std::min(every_, timetable_.end() - at)) {
      until(at);
      sample(at);
      const auto now = scenario_.start + seconds(at);
      if (options_.enough && options_.enough(now, stories_, keys_)) return outcome();
    }
    until(timetable_.end());
    sample(timetable_.end());
    if (options_.enough) {
      (void)options_.enough(scenario_.start + seconds(timetable_.end()), stories_, keys_);
    }
    if (options_.log) {
      for (std::size_t host = 0; host < scenario_.hosts.size(); ++host) {
        auto told = fleet_->export_log(host, [&](std::uint32_t epoch, std::string_view piece) {
          options_.log(host, epoch, piece);
        });
        if (!told) return std::unexpected(told.error());
      }
    }
    return outcome();
  }

 private:
  std::size_t add_story(const Pool& pool) {
    const auto at = std::ranges::find_if(stories_, [&](const ProductStory& one) {
      return one.product == pool.product && one.host == pool.host && one.key == pool.key;
    });
    const auto number = static_cast<std::size_t>(at - stories_.begin());
    if (at == stories_.end()) {
      stories_.push_back({.product = pool.product, .host = pool.host, .key = pool.key});
    }
    return number;
  }

  void add_lane(const Pool& pool) {
    const auto& product = scenario_.products[pool.product];
    const auto& host = scenario_.hosts[pool.host];
    auto thresholds = thresholds_of(scenario_.products, product.group);
    const auto threshold = *thresholds.rbegin();
    thresholds.erase(threshold);
    lanes_.push_back({.host = pool.host,
                      .product = pool.product,
                      .key = pool.key,
                      .track = pool.key ? keys_.size() : tracks_.size(),
                      .ends = std::vector<std::uint32_t>(timetable_.end() / every_ + 2)});
    if (pool.key) {
      const auto& key = scenario_.keys[*pool.key];
      keys_.push_back({.id = "key-" + key.name,
                       .title = fmt::format("Key {}", key.name),
                       .limit = key.policy.limit});
      return;
    }
    Track track{.id = fmt::format("{}-{}", host.name, product.group),
                .title = fmt::format("{} on {}", product.group, host.name),
                .threshold = threshold,
                .capacity = 2 * threshold,
                .lower = {thresholds.begin(), thresholds.end()}};
    tracks_.push_back(std::move(track));
  }

  void note(std::uint32_t machine, Result result) {
    const auto pool = timetable_.pool_of(machine);
    auto& lane = lanes_[lane_of_[pool]];
    tell(stories_[story_of_[pool]], machine, result);
    switch (result) {
      case Result::unreached: ++lane.tally.unreached; return;
      case Result::sent_away: ++lane.tally.sent_away; break;
      case Result::refused: ++lane.tally.refused; break;
      case Result::activated: {
        ++lane.tally.activated;
        const auto& product = scenario_.products[scenario_.pools[pool].product];
        license(lane, kept_[machine], lane.key ? kNever : now_ + tick(product.policy.validity));
        break;
      }
    }
    if (lane.key) note_key(keys_[lane.track], *lane.key, result);
    const auto minute = now_ / 60;
    lane.in_minute = minute == lane.minute ? lane.in_minute + 1 : 1;
    lane.minute = minute;
    lane.tally.busiest = std::max(lane.tally.busiest, lane.in_minute);
  }

  // Before the activation is noted.
  void tell(ProductStory& story, std::uint32_t machine, Result result) const {
    const auto now = scenario_.start + seconds(now_);
    if (result == Result::activated && !story.activated) story.activated = now;
    if (result == Result::activated || story.key || !story.activated) return;
    if (result == Result::refused && !story.refused) story.refused = now;
    const auto until = kept_[machine].licensed_until;
    if (until > 0 && until <= now_ && !story.lost) story.lost = now;
  }

  void note_key(KeyTrack& track, std::size_t key, Result result) {
    const auto now = scenario_.start + seconds(now_);
    if (result == Result::refused && !track.refused) track.refused = now;
    if (!track.exhausted && fleet_->used(key) == track.limit) track.exhausted = now;
  }

  // The sample at which an activation that ends then counts no more.
  [[nodiscard]] std::uint32_t& end_of(Lane& lane, Tick until) const {
    const auto sample = (std::uint64_t{until} + every_ - 1) / every_;
    return lane.ends[std::min<std::uint64_t>(sample, lane.ends.size() - 1)];
  }
  // `until` 0: it has none any more.
  void license(Lane& lane, Kept& kept, Tick until) {
    if (kept.licensed_until > sampled_) {
      --lane.licensed;
      --end_of(lane, kept.licensed_until);
    }
    kept.licensed_until = until;
    if (until == 0) return;
    ++lane.licensed;
    ++end_of(lane, until);
  }

  // Everything that is due before `end`.
  void until(Tick end) {
    const auto every = scenario_.fidelity == Fidelity::full ? kProgressFull : kProgressRules;
    while (const auto due = agenda_.take(end)) {
      move_to(due->at);
      turn(due->thing);
      if (options_.progress && ++turns_ % every == 0) {
        options_.progress(static_cast<double>(now_) / timetable_.end());
      }
    }
    move_to(end);
  }

  void move_to(Tick at) {
    now_ = at;
    for (; changed_ < changes_.size() && changes_[changed_].at <= at; ++changed_) {
      fleet_->move_to(changes_[changed_].at);
      change(changes_[changed_]);
    }
    fleet_->move_to(at);
  }

  void change(const Change& one) {
    switch (one.what) {
      case Incident::down:
      case Incident::up: fleet_->set_up(one.host, one.what == Incident::up); break;
      case Incident::backup:
        backed_up_[one.number] = one.at;
        fleet_->backup(one.host, one.number);
        break;
      case Incident::restore: restore(one); break;
    }
  }

  void restore(const Change& one) {
    const auto log = fleet_->log(one.host);
    const auto first = restored_.size();
    for (const auto& lane : lanes_) {
      if (lane.key || lane.host != one.host) continue;
      restored_.push_back({.host = one.host,
                           .track = lane.track,
                           .backup = scenario_.start + seconds(backed_up_.at(one.number)),
                           .at = scenario_.start + seconds(one.at),
                           .before = count_of(lane),
                           .log_before = log});
    }
    fleet_->restore(one.host, one.number);
    auto lane = lanes_.begin();
    for (auto i = first; i < restored_.size(); ++i, ++lane) {
      while (lane->key || lane->host != one.host) ++lane;
      restored_[i].after = count_of(*lane);
      restored_[i].log_after = fleet_->log(one.host);
    }
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
    auto& lane = lanes_[lane_of_[timetable_.pool_of(machine)]];
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
      --lane.running;
    }
    if (rebuild || (!kept.built && to_be_on)) {
      fleet_->build(machine);
      kept.built = true;
      license(lane, kept, 0);
    } else if (revert) {
      fleet_->revert(machine);
    }
    if (to_be_on && !kept.on) {
      fleet_->start(machine);
      kept.on = true;
      ++lane.running;
      kept.wake = now_;
      auto& story = stories_[story_of_[timetable_.pool_of(machine)]];
      if (!story.first_on) story.first_on = scenario_.start + seconds(now_);
    }
  }

  void sample(Tick at) {
    if (at % every_ == 0) sampled_ = at;
    for (std::size_t i = 0; i < lanes_.size(); ++i) {
      auto& lane = lanes_[i];
      if (at % every_ == 0) {
        lane.licensed -= lane.ends[at / every_];
      } else {
        lane.licensed = licensed_in(i, at);
      }
      auto& samples = lane.key ? keys_[lane.track].samples : tracks_[lane.track].samples;
      samples.push_back({.at = scenario_.start + seconds(at),
                         .count = count_of(lane),
                         .licensed = lane.licensed,
                         .running = lane.running,
                         .tally = std::exchange(lane.tally, {})});
    }
    for (auto& story : stories_) {
      if (!story.key) look(story, track_of(story).samples.back());
    }
  }
  void look(ProductStory& story, const Sample& sample) const {
    if (!story.activated || sample.count >= threshold_of(story)) {
      story.under.reset();
    } else if (!story.under) {
      story.under = sample.at;
    }
  }
  [[nodiscard]] std::uint32_t threshold_of(const ProductStory& story) const {
    return scenario_.products[story.product].policy.threshold;
  }
  // Of a product that is counted.
  [[nodiscard]] const Track& track_of(const ProductStory& story) const {
    const auto lane = std::ranges::find_if(lanes_, [&](const Lane& one) {
      return !one.key && one.host == story.host &&
             scenario_.products[one.product].group == scenario_.products[story.product].group;
    });
    return tracks_[lane->track];
  }
  std::uint32_t count_of(const Lane& lane) {
    if (lane.key) return fleet_->used(*lane.key);
    return fleet_->look(lane.host, lane.product, tracks_[lane.track]);
  }

  [[nodiscard]] std::uint32_t licensed_in(std::size_t lane, Tick at) const {
    std::uint32_t out = 0;
    for (std::size_t pool = 0; pool < scenario_.pools.size(); ++pool) {
      if (lane_of_[pool] != lane) continue;
      for (auto machine = timetable_.first(pool); machine < timetable_.behind(pool); ++machine) {
        out += kept_[machine].licensed_until > at ? 1 : 0;
      }
    }
    return out;
  }

  [[nodiscard]] static std::string sentence(const Track& track) {
    const auto at = [](Instant time) { return format_time(time); };
    if (!track.first_at_threshold) {
      return fmt::format("{}: the count never reaches {}; the most is {}.", track.title,
                         track.threshold, track.highest());
    }
    if (!track.falls_below) {
      return fmt::format("{}: the count is {} on {} and holds; after that it is at least {}.",
                         track.title, track.threshold, at(*track.first_at_threshold),
                         track.lowest());
    }
    const auto times =
        track.falls > 1 ? fmt::format(", {} times in all", track.falls) : std::string();
    return fmt::format(
        "{}: the count is {} on {} and falls below that on {}{}; it is {} at the "
        "end.",
        track.title, track.threshold, at(*track.first_at_threshold), at(*track.falls_below), times,
        track.last());
  }

  // Of a product that needs fewer than the highest of its group.
  [[nodiscard]] std::string sentence(const ProductStory& story) const {
    const auto& product = scenario_.products[story.product];
    const auto needs = fmt::format("{} on {} needs {}", product.id,
                                   scenario_.hosts[story.host].name, product.policy.threshold);
    if (!story.activated) return needs + ": nobody is activated.";
    const auto first =
        fmt::format("{}: the first is activated on {}", needs, format_time(*story.activated));
    if (!story.refused) return first + ", and nobody is refused after that.";
    return fmt::format("{}, and one is refused on {} again.", first, format_time(*story.refused));
  }

  [[nodiscard]] static std::string sentence(const KeyTrack& track) {
    auto out = fmt::format("{}: {} of {} places are used at the end", track.title, track.last(),
                           track.limit);
    if (!track.exhausted) return out + ".";
    out += fmt::format("; the last one was sold on {}", format_time(*track.exhausted));
    if (!track.refused) return out + ", and nobody was refused.";
    return out + fmt::format(", and from {} on who wants one more is refused.",
                             format_time(*track.refused));
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
    for (const auto& story : stories_) {
      if (!story.key && threshold_of(story) < track_of(story).threshold) {
        out.sentences.push_back(sentence(story));
      }
    }
    for (const auto& track : keys_) out.sentences.push_back(sentence(track));
    if (!scenario_.teaches.empty()) out.sentences.push_back(scenario_.teaches);
    for (auto& one : restored_) {
      const auto log = fleet_->log(one.host);
      if (!log) continue;
      one.behind = log->behind;
      one.epoch = log->epoch;
    }
    if (!restored_.empty()) out.tables.push_back(table_of(restored_, tracks_));
    const bool outages =
        std::ranges::any_of(changes_, [](const Change& one) { return one.what == Incident::down; });
    if (outages && !tracks_.empty()) {
      out.tables.push_back(echoes_of(tracks_, scenario_.products.front().policy.renewal_interval));
    }
    out.tracks = std::move(tracks_);
    out.keys = std::move(keys_);
    out.products = std::move(stories_);
    return out;
  }

  const Scenario& scenario_;
  const RunOptions& options_;
  Tick every_;  // samples
  Timetable timetable_;
  Agenda agenda_;
  LargeVector<Kept> kept_;
  std::vector<Change> changes_;
  std::vector<Restored> restored_;
  std::map<std::size_t, Tick> backed_up_;  // by number
  std::size_t changed_ = 0;
  std::vector<Lane> lanes_;
  std::vector<Track> tracks_;
  std::vector<KeyTrack> keys_;
  std::vector<ProductStory> stories_;
  std::vector<std::size_t> lane_of_, story_of_;  // by pool
  std::unique_ptr<Fleet> fleet_;
  Tick now_ = 0;
  Tick sampled_ = 0;  // the last sample that was a whole number of `every_` from the begin
  std::uint32_t turns_ = 0;
};

}  // namespace

Expected<Outcome> run_scenario(const Scenario& scenario, const RunOptions& options) {
  const auto samples = minutes(scenario.days) / scenario.sample;
  if (samples > kSamplesMost) {
    return fail(ErrorCode::config_invalid,
                fmt::format("{} samples in {} days; at most {} are kept: take a longer `sample`",
                            samples, scenario.days.count(), kSamplesMost));
  }
  if (scenario.machines() > static_cast<std::uint64_t>(kMachinesMost)) {
    return fail(ErrorCode::config_invalid,
                fmt::format("the pools grow to {} machines in {} days; at most {} are simulated",
                            scenario.machines(), scenario.days.count(), kMachinesMost));
  }
  return Run(scenario, options).run();
}

}  // namespace muster::lab
