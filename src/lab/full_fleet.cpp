#include <fmt/format.h>

#include <cassert>
#include <map>
#include <utility>

#include "lab/fleet.h"
#include "lab/keys.h"
#include "lab/machine.h"
#include "lab/world.h"

namespace muster::lab {
namespace {

// Host keys outlive every scenario.
constexpr std::chrono::days kKeysMore{60};

class FullFleet final : public Fleet {
 public:
  FullFleet(const Scenario& scenario, const Timetable& timetable, std::uint64_t seed, Watch watch)
      : scenario_(scenario),
        timetable_(timetable),
        watch_(std::move(watch)),
        world_(seed, scenario.start, scenario.days + kKeysMore, scenario.products),
        keys_(world_) {}

  Expected<void> begin() {
    for (const auto& host : scenario_.hosts) {
      if (auto added = world_.add_host(host.name); !added) return added;
    }
    for (const auto& key : scenario_.keys) {
      auto added = keys_.add(key.name, scenario_.hosts[key.host].name,
                             scenario_.products[key.product].id, key.policy);
      if (!added) return added;
    }
    machines_.resize(timetable_.machines());
    for (const auto& pool : scenario_.pools) images_.push_back(image_of(pool));
    return {};
  }

  void move_to(Tick now) override { world_.move_to(scenario_.start + seconds(now)); }
  void set_up(std::size_t host, bool up) override { world_.set_up(scenario_.hosts[host].name, up); }
  void backup(std::size_t host, std::size_t number) override {
    backups_[number] = world_.backup(scenario_.hosts[host].name);
  }
  void restore(std::size_t host, std::size_t number) override {
    world_.restore(scenario_.hosts[host].name, *backups_.at(number));
  }
  [[nodiscard]] std::optional<HostLog> log(std::size_t host) override {
    auto& service = world_.host(scenario_.hosts[host].name);
    const auto head = service.store().chain_head();
    assert(head);
    const auto behind = static_cast<std::size_t>(core::Evidence::host_behind);
    return HostLog{head->epoch, head->seq, service.figures().evidence.at(behind)};
  }

  void build(std::uint32_t machine) override {
    auto& desk = machines_[machine];
    const auto number = timetable_.pool_of(machine);
    const auto& pool = scenario_.pools[number];
    if (!desk.machine) {
      desk.machine = make(pool, machine, timetable_.first(number));
    } else {
      if (pool.releases) keys_.release(*pool.key, *desk.machine);
      if (pool.new_hardware) desk.machine->replace_hardware();
    }
    desk.fork = pool.origin == Origin::instant;
    switch (pool.origin) {
      case Origin::installed:
        desk.machine->build({}, Clone::fresh);
        install(*desk.machine, pool);
        break;
      case Origin::generalized:
      case Origin::keep_id: desk.machine->build(images_[number], Clone::fresh); break;
      case Origin::clone: desk.machine->build(images_[number], Clone::copied); break;
      case Origin::instant: break;
    }
  }
  void start(std::uint32_t machine) override {
    auto& desk = machines_[machine];
    if (std::exchange(desk.fork, false)) {
      desk.machine->build(images_[timetable_.pool_of(machine)], Clone::forked);
    } else {
      desk.machine->start();
    }
  }
  void stop(std::uint32_t machine) override { machines_[machine].machine->stop(); }
  Tick turn(std::uint32_t machine) override {
    const auto number = timetable_.pool_of(machine);
    if (scenario_.pools[number].key) return script_turn(machine, number);
    const auto sleep = machines_[machine].machine->step();
    if (!sleep) return kNever;
    return static_cast<Tick>((world_.now() - scenario_.start + *sleep).count());
  }
  void snapshot(std::uint32_t machine) override {
    snapshots_[machine] = machines_[machine].machine->image();
  }
  void revert(std::uint32_t machine) override {
    machines_[machine].machine->revert(snapshots_.at(machine));
  }
  std::uint32_t look(std::size_t host, std::size_t product, Track& track) override {
    return world_.look(scenario_.hosts[host].name, scenario_.products[product].group, track);
  }
  [[nodiscard]] std::uint32_t used(std::size_t key) const override { return keys_.used(key); }
  Expected<void> export_log(std::size_t number, const WriteLog& write) override {
    return world_.export_log(scenario_.hosts[number].name, write);
  }

 private:
  struct Desk {
    std::unique_ptr<Machine> machine;
    std::uint32_t drawn = 0;  // by its script, of its stream of jitter
    bool fork = false;        // built, and comes to life without a boot
  };

  // In the place of the agent.
  Tick script_turn(std::uint32_t machine, std::size_t number) {
    auto& desk = machines_[machine];
    const auto& pool = scenario_.pools[number];
    if (keys_.activate(*pool.key, *desk.machine)) return kNever;
    const auto key = jitter_key(world_.seed(), pool, machine - timetable_.first(number));
    const auto wait = script_wait(pool, scenario_.products[pool.product].policy, key, desk.drawn);
    return static_cast<Tick>((world_.now() - scenario_.start + wait).count());
  }

  void install(Machine& machine, const Pool& pool) {
    machine.install(scenario_.products[pool.product].id, scenario_.hosts[pool.host].name);
  }

  // Of the machine that a pool's others are built from.
  Image image_of(const Pool& pool) {
    if (pool.origin == Origin::installed) return {};
    Machine golden(world_, {.name = pool.name + "-image"});
    golden.start();
    install(golden, pool);
    const bool generalized = pool.origin == Origin::generalized || pool.origin == Origin::keep_id;
    if (generalized) (void)golden.client().generalize(pool.origin == Origin::keep_id).value();
    return golden.image();
  }

  std::unique_ptr<Machine> make(const Pool& pool, std::uint32_t machine, std::uint32_t first) {
    const auto number = machine - first;
    const bool off = number < pool.clock_machines;
    return std::make_unique<Machine>(
        world_, Machine::Options{.name = fmt::format("{}-{:05}", pool.name, number + 1),
                                 .is_virtual = pool.is_virtual,
                                 .clock_off = off ? pool.clock_off : minutes(0),
                                 .jitter = pool.jitter,
                                 .jitter_key = jitter_key(world_.seed(), pool, number),
                                 .watch = [this, machine](const Exchange& seen) {
                                   watch_(machine, result_of(seen));
                                 }});
  }
  static Result result_of(const Exchange& seen) {
    if (!seen.reached) return Result::unreached;
    if (!seen.said && !seen.sold) return Result::sent_away;
    const bool activated = seen.sold ? seen.sold->activated : seen.said->activated;
    return activated ? Result::activated : Result::refused;
  }

  const Scenario& scenario_;
  const Timetable& timetable_;
  Watch watch_;
  World world_;
  Keys keys_;
  std::vector<Desk> machines_;
  std::vector<Image> images_;  // by pool
  std::map<std::uint32_t, Image> snapshots_;
  std::map<std::size_t, std::unique_ptr<store::Store>> backups_;  // by number
};

}  // namespace

Expected<std::unique_ptr<Fleet>> make_full_fleet(const Scenario& scenario,
                                                 const Timetable& timetable, std::uint64_t seed,
                                                 Fleet::Watch watch) {
  auto out = std::make_unique<FullFleet>(scenario, timetable, seed, std::move(watch));
  if (auto begun = out->begin(); !begun) return std::unexpected(begun.error());
  return out;
}

}  // namespace muster::lab
