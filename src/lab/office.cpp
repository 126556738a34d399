#include "lab/office.h"

#include <algorithm>
#include <utility>

namespace muster::lab {

Office::Office(World& world, std::string host, std::string group, seconds every, Track& track)
    : world_(world),
      host_(std::move(host)),
      group_(std::move(group)),
      every_(every),
      track_(track),
      next_sample_(world.now()) {}

Machine& Office::add(Machine::Options options) {
  const auto number = machines_.size();
  options.watch = [this, number](const Exchange& seen) { note(number, seen); };
  machines_.push_back({.machine = std::make_unique<Machine>(world_, std::move(options))});
  return *machines_.back().machine;
}

void Office::wake(std::size_t number) { machines_[number].wake = world_.now(); }

void Office::note(std::size_t number, const Exchange& seen) {
  if (!seen.reached) {
    ++tally_.unreached;
    return;
  }
  const auto minute = std::chrono::floor<minutes>(seen.at);
  in_minute_ = minute == minute_ ? in_minute_ + 1 : 1;
  minute_ = minute;
  tally_.busiest = std::max(tally_.busiest, in_minute_);
  if (!seen.said) {
    ++tally_.sent_away;
    return;
  }
  auto& until = machines_[number].licensed_until;
  if (seen.said->activated) {
    ++tally_.activated;
    until = seen.at + world_.products().front().policy.validity;
    return;
  }
  ++tally_.refused;
  if (until > seen.at && !renewal_refused_) renewal_refused_ = seen.at;
}

void Office::sample() {
  Sample out{.at = world_.now(), .count = world_.look(host_, group_, track_)};
  for (const auto& desk : machines_) {
    out.licensed += desk.licensed_until > out.at ? 1 : 0;
    out.running += desk.machine->running() ? 1 : 0;
  }
  out.tally = std::exchange(tally_, {});
  track_.samples.push_back(out);
}

void Office::run(Instant end) {
  while (true) {
    const auto first = std::ranges::min_element(machines_, {}, &Desk::wake);
    const auto wake = first == machines_.end() ? kAsleep : first->wake;
    if (next_sample_ <= std::min(wake, end)) {
      world_.move_to(std::max(world_.now(), next_sample_));
      sample();
      next_sample_ += every_;
      continue;
    }
    if (wake > end) break;
    world_.move_to(std::max(world_.now(), wake));
    first->wake = kAsleep;
    if (!first->machine->running()) continue;
    if (const auto sleep = first->machine->step()) first->wake = world_.now() + *sleep;
  }
  world_.move_to(std::max(world_.now(), end));
}

}  // namespace muster::lab
