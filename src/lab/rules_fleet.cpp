#include <algorithm>
#include <cassert>
#include <map>

#include "client/schedule.h"
#include "lab/count_watch.h"
#include "lab/fleet.h"
#include "lab/large.h"
#include "lab/rules_keys.h"
#include "lab/streams.h"
#include "service/admission.h"

namespace muster::lab {
namespace {

constexpr std::uint8_t kSilentMost = 30;
constexpr std::uint32_t kJitterSteps = 1'000'000;

// What is kept of a machine.
struct Desk {
  Tick due = 0;              // its next attempt, where it is on
  std::uint32_t built = 0;   // times; with each its own CMID, where its origin gives one
  std::uint32_t jitter = 0;  // drawn from the host's stream for it
  std::uint32_t own = 0;     // drawn from its own
  std::uint8_t silent = 0;   // attempts in a row that no host answered
};
static_assert(sizeof(Desk) == 20);

// A count group on a host.
struct Rolled {
  core::Roll roll;
  CountWatch watch;
  minutes retention;
};

class RulesFleet final : public Fleet {
 public:
  RulesFleet(const Scenario& scenario, const Timetable& timetable, std::uint64_t seed, Watch watch)
      : scenario_(scenario),
        timetable_(timetable),
        seed_(seed),
        watch_(std::move(watch)),
        desks_(timetable.machines()),
        up_(scenario.hosts.size(), true),
        keys_(scenario, timetable, seed) {
    for (const auto& pool : scenario.pools) {
      jitter_keys_.push_back(stream_key(seed, "jitter " + pool.name));
      own_keys_.push_back(stream_key(seed, "client " + pool.name));
      cmid_keys_.push_back(stream_key(seed, "cmid " + pool.name));
      rolled_.push_back(pool.key ? nullptr : &rolled(pool.host, pool.product));
    }
  }

  void move_to(Tick now) override { now_ = now; }
  [[nodiscard]] std::pair<const void*, std::size_t> kept() const override {
    return {desks_.data(), sizeof(Desk)};
  }
  void set_up(std::size_t host, bool up) override { up_[host] = up; }
  void backup(std::size_t host, std::size_t number) override {
    auto& kept = backups_[number];
    for (const auto& [name, one] : rolls_) {
      if (name.first == host) kept.insert_or_assign(name, copy_of(one.roll));
    }
  }
  void restore(std::size_t host, std::size_t number) override {
    for (auto& [name, roll] : backups_.at(number)) {
      assert(name.first == host);
      rolls_.at(name).roll = copy_of(roll);
    }
  }
  [[nodiscard]] std::optional<HostLog> log(std::size_t) override { return std::nullopt; }
  void listen(Hear hear) override { hear_ = std::move(hear); }

  void build(std::uint32_t machine) override {
    auto& desk = desks_[machine];
    const auto& pool = scenario_.pools[timetable_.pool_of(machine)];
    if (pool.releases && desk.built > 0 && up_[pool.host]) keys_.release(machine, now());
    ++desk.built;
    desk.due = now_;
    desk.silent = 0;
  }
  // An agent that starts asks at once where no host answered the last time.
  void start(std::uint32_t machine) override {
    auto& desk = desks_[machine];
    if (desk.silent > 0) desk.due = now_;
    desk.silent = 0;
  }
  void stop(std::uint32_t) override {}

  Tick turn(std::uint32_t machine) override {
    auto& desk = desks_[machine];
    if (desk.due <= now_) desk.due = ask(machine, desk);
    return desk.due;
  }

  void snapshot(std::uint32_t machine) override { snapshots_[machine] = desks_[machine]; }
  // What was drawn is gone.
  void revert(std::uint32_t machine) override {
    auto& desk = desks_[machine];
    const auto before = desk;
    desk = snapshots_.at(machine);
    desk.jitter = before.jitter;
    desk.own = before.own;
  }

  std::uint32_t look(std::size_t host, std::size_t product, Track& track) override {
    auto& one = rolled(host, product);
    const auto count = one.watch.look(one.roll, now(), one.retention);
    one.watch.tell(track);
    return count;
  }
  [[nodiscard]] std::uint32_t used(std::size_t key) const override { return keys_.used(key); }

 private:
  [[nodiscard]] Instant now() const { return scenario_.start + seconds(now_); }

  [[nodiscard]] core::Roll copy_of(const core::Roll& roll) const {
    return {stream_key(seed_, "roll"), roll.highest_threshold(), roll.entries()};
  }

  Rolled& rolled(std::size_t host, std::size_t product) {
    const auto& group = scenario_.products[product].group;
    const auto at = rolls_.find({host, group});
    if (at != rolls_.end()) return at->second;
    const auto threshold = *thresholds_of(scenario_.products, group).rbegin();
    return rolls_
        .emplace(std::pair(host, group), Rolled{core::Roll(stream_key(seed_, "roll")),
                                                CountWatch(scenario_.start, threshold),
                                                scenario_.products[product].policy.retention})
        .first->second;
  }

  [[nodiscard]] Tick after(seconds wait) const { return now_ + static_cast<Tick>(wait.count()); }

  // The next attempt.
  Tick ask(std::uint32_t machine, Desk& desk) {
    const auto number = timetable_.pool_of(machine);
    const auto& pool = scenario_.pools[number];
    const auto& policy = scenario_.products[pool.product].policy;
    const auto at = machine - timetable_.first(number);
    if (pool.key) return ask_by_key(machine, desk, numbered_key(jitter_keys_[number], at));
    if (!up_[pool.host]) {
      watch_(machine, Result::unreached);
      return after(silent(desk, pool, numbered_key(own_keys_[number], at)));
    }
    desk.silent = 0;
    bool activated = false;
    const bool wrong_clock =
        at < pool.clock_machines && std::chrono::abs(seconds(pool.clock_off)) > policy.clock_skew;
    if (!wrong_clock) {
      auto& one = *rolled_[number];
      one.watch.look(one.roll, now(), one.retention);
      changed_.clear();
      const auto who = key_of(number, at, desk, policy);
      if (hear_) hear_(pool.host, pool.product, who, now());
      const auto count = one.roll.ask(who, now(), policy.threshold, policy.retention, changed_);
      one.watch.look(one.roll, now(), one.retention);
      activated = count >= policy.threshold;
    }
    watch_(machine, activated ? Result::activated : Result::refused);
    const auto interval = activated ? policy.renewal_interval : policy.retry_interval;
    return after(spread(pool, interval, numbered_key(jitter_keys_[number], at), desk.jitter));
  }

  // A script asks again at the next start, as an agent does that found nobody.
  Tick ask_by_key(std::uint32_t machine, Desk& desk, const Bytes16& jitter) {
    const auto& pool = scenario_.pools[timetable_.pool_of(machine)];
    const bool up = up_[pool.host];
    const bool holds = up && keys_.ask(machine, desk.built, now());
    watch_(machine, holds ? Result::activated : up ? Result::refused : Result::unreached);
    desk.silent = holds ? 0 : 1;
    if (holds) return kNever;
    const auto& policy = scenario_.products[pool.product].policy;
    return after(script_wait(pool, policy, jitter, desk.jitter));
  }

  // As an agent waits that found nobody.
  [[nodiscard]] seconds silent(Desk& desk, const Pool& pool, const Bytes16& key) const {
    if (desk.silent < kSilentMost) ++desk.silent;
    double jitter = 0;
    if (pool.jitter) {
      Stream stream(key, desk.own);
      jitter = static_cast<double>(stream.below(kJitterSteps + 1)) / kJitterSteps;
      desk.own = stream.drawn();
    }
    const auto& policy = scenario_.products[pool.product].policy;
    return client::silent_wait(desk.silent, policy.retry_interval, jitter);
  }

  [[nodiscard]] core::RollKey key_of(std::size_t pool, std::uint32_t number, const Desk& desk,
                                     const Policy& policy) const {
    if (policy.count_by == CountBy::machine) {
      const auto hardware = scenario_.pools[pool].new_hardware ? desk.built : 0;
      return numbered_key(cmid_keys_[pool], number + (std::uint64_t{hardware} << 32U));
    }
    switch (scenario_.pools[pool].origin) {
      case Origin::installed:
      case Origin::generalized:
        return numbered_key(cmid_keys_[pool], number + (std::uint64_t{desk.built} << 32U));
      case Origin::keep_id:
      case Origin::clone:
      case Origin::instant: break;
    }
    return cmid_keys_[pool];
  }

  const Scenario& scenario_;
  const Timetable& timetable_;
  std::uint64_t seed_;
  Watch watch_;
  Hear hear_;
  Tick now_ = 0;
  LargeVector<Desk> desks_;
  std::vector<bool> up_;
  using RollName = std::pair<std::size_t, std::string>;  // of the host, the group
  std::map<RollName, Rolled> rolls_;
  std::vector<Rolled*> rolled_;  // by pool; null: activates by a key
  std::map<std::size_t, std::map<RollName, core::Roll>> backups_;  // by number
  std::vector<Bytes16> jitter_keys_, own_keys_, cmid_keys_;        // by pool
  std::map<std::uint32_t, Desk> snapshots_;
  std::vector<core::RollKey> changed_;
  RulesKeys keys_;
};

}  // namespace

std::unique_ptr<Fleet> make_rules_fleet(const Scenario& scenario, const Timetable& timetable,
                                        std::uint64_t seed, Fleet::Watch watch) {
  return std::make_unique<RulesFleet>(scenario, timetable, seed, std::move(watch));
}

seconds spread(const Pool& pool, seconds interval, const Bytes16& jitter_key,
               std::uint32_t& drawn) {
  if (!pool.jitter) return interval;
  Stream stream(jitter_key, drawn);
  const auto wait = service::with_jitter(interval, stream);
  drawn = stream.drawn();
  return wait;
}

seconds script_wait(const Pool& pool, const Policy& policy, const Bytes16& jitter_key,
                    std::uint32_t& drawn) {
  return spread(pool, policy.retry_interval, jitter_key, drawn);
}

Bytes16 jitter_key(std::uint64_t seed, const Pool& pool, std::uint32_t number) {
  return numbered_key(stream_key(seed, "jitter " + pool.name), number);
}

}  // namespace muster::lab
