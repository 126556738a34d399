#include "lab/climb.h"

namespace muster::lab {
namespace {

// What a person needs for each step. After a start the network comes up a little later, sometimes
// later than the first attempt.
constexpr seconds kRestart{120};
constexpr seconds kRevert{180};
constexpr std::uint64_t kNetworkMost = 90;
constexpr seconds kFirstAttempt{60};
constexpr seconds kAgain{60};

}  // namespace

Climb::Climb(World& world, Machine& desktop)
    : world_(world),
      desktop_(desktop),
      snapshot_(desktop.image()),
      boots_(stream_key(world.seed(), "boots " + desktop.name())) {}

void Climb::boot() {
  world_.pass(kRestart);
  desktop_.restart();
  network_up_ = world_.now() + seconds(boots_.below(kNetworkMost + 1));
  world_.pass(kFirstAttempt);
}

void Climb::revert() {
  world_.pass(kRevert);
  desktop_.revert(snapshot_);
  ++reverts_;
}

Expected<bool> Climb::attempt() {
  while (true) {
    desktop_.plug(world_.now() >= network_up_);
    const auto result = desktop_.client().activate();
    if (!result) return std::unexpected(result.error());
    if (!result->host) {
      ++unreached_;
      world_.pass(kAgain);
      continue;
    }
    cmids_.insert(*result->status.cmid);
    attempts_.push_back({.at = world_.now(),
                         .cycle = cycle_,
                         .rearms_left = result->status.rearms_left,
                         .cmid = *result->status.cmid,
                         .activated = result->activated,
                         .count = result->count.value_or(0),
                         .threshold = result->threshold.value_or(0)});
    return result->activated;
  }
}

Expected<bool> Climb::rearm() {
  const auto begun = desktop_.client().rearm();
  if (!begun && begun.error().code == ErrorCode::no_rearm_left) return false;
  if (!begun) return std::unexpected(begun.error());
  ++rearms_;
  boot();
  return true;
}

Expected<void> Climb::until_activated() {
  while (true) {
    if (++cycle_ > 1) revert();
    boot();
    const auto known = attempts_.empty() ? 0 : attempts_.back().count;
    while (true) {
      const auto activated = attempt();
      if (!activated) return std::unexpected(activated.error());
      if (*activated) return {};
      const auto rearmed = rearm();
      if (!rearmed) return std::unexpected(rearmed.error());
      if (!*rearmed) break;
    }
    if (attempts_.back().count <= known) {
      return fail(ErrorCode::conflict,
                  "the count stays where it is, however often the desktop is rearmed");
    }
  }
}

Expected<void> Climb::repeat(std::uint32_t cycles) {
  for (std::uint32_t done = 0; done < cycles; ++done) {
    ++cycle_;
    revert();
    boot();
    while (true) {
      if (const auto activated = attempt(); !activated) return std::unexpected(activated.error());
      const auto rearmed = rearm();
      if (!rearmed) return std::unexpected(rearmed.error());
      if (!*rearmed) break;
    }
  }
  return {};
}

}  // namespace muster::lab
