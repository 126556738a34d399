#include "core/evidence.h"

#include <algorithm>

namespace muster::core {
namespace {

using Kind = Shown::Kind;

// What the request shows of the chain; a machine that has no ticket yet shows number 0.
std::uint64_t number_shown(const Shown& shown) {
  return shown.kind == Kind::number ? shown.number : 0;
}

bool is_earlier_machine(const Machine& known, const Facts& facts) {
  return std::ranges::any_of(known.earlier,
                             [&](const Facts& earlier) { return same_machine(earlier, facts); });
}

Evidence of_known(const Machine& known, const Identity& asked) {
  const auto shown = number_shown(asked.shown);
  const bool newest = shown == known.number;
  // A row that was made without facts takes the first that are given for its own.
  if (known.facts.empty() || same_machine(known.facts, asked.facts)) {
    if (newest || repeats(&known, asked)) return Evidence::renewal;
    return asked.shown.kind == Kind::none ? Evidence::state_lost : Evidence::revert;
  }
  if (newest && !is_earlier_machine(known, asked.facts)) return Evidence::machine_changed;
  return Evidence::clone;
}

// True where one of a machine's CMIDs was heard again after a later one had been made: it goes on
// asking under both.
bool goes_on_asking(std::span<const Machine> same_fact) {
  for (const auto& older : same_fact) {
    for (const auto& younger : same_fact) {
      if (younger.first_seen > older.first_seen && older.last_seen > younger.first_seen)
        return true;
    }
  }
  return false;
}

Evidence of_new(std::span<const Machine> same_fact, const Identity& asked,
                std::uint32_t rearm_limit, Instant now) {
  if (same_fact.empty()) {
    // A ticket of ours for a machine that we do not know: this host was restored from an older
    // state, or the machine had left and is new again.
    const bool behind = asked.shown.kind == Kind::number && !asked.some_left;
    return behind ? Evidence::host_behind : Evidence::first;
  }
  const auto new_today = 1 + std::ranges::count_if(same_fact, [&](const Machine& other) {
                           return now - other.first_seen < std::chrono::days(1);
                         });
  const auto most = std::clamp<std::size_t>(rearm_limit, 1, kSameFactMost);
  if (static_cast<std::size_t>(new_today) > most || goes_on_asking(same_fact)) {
    return Evidence::many_ids;
  }
  return Evidence::rebuilt;
}

}  // namespace

bool repeats(const Machine* known, const Identity& asked) {
  return known != nullptr && known->number > 0 && asked.shown.kind != Kind::foreign &&
         number_shown(asked.shown) == known->number - 1 && known->nonce == asked.nonce;
}

std::optional<Evidence> evidence(const Machine* known, std::span<const Machine> same_fact,
                                 const Identity& asked, std::uint32_t rearm_limit, Instant now) {
  if (asked.shown.kind == Kind::foreign) return Evidence::foreign_ticket;
  if (known != nullptr && number_shown(asked.shown) > known->number) return Evidence::host_behind;
  if (asked.facts.empty()) return std::nullopt;
  return known != nullptr ? of_known(*known, asked) : of_new(same_fact, asked, rearm_limit, now);
}

std::string_view explain(Evidence evidence) {
  switch (evidence) {
    case Evidence::renewal: return "The machine showed its newest ticket: an ordinary renewal.";
    case Evidence::revert:
      return "The machine showed a ticket older than its newest: its disk went back to an earlier "
             "state, a snapshot or a backup.";
    case Evidence::state_lost:
      return "The machine is known but showed no ticket: its state was deleted, or it went back to "
             "a snapshot from before its first contact.";
    case Evidence::host_behind:
      return "The machine showed a ticket newer than this host has given: this host was restored "
             "from an older state and goes on from here.";
    case Evidence::machine_changed:
      return "The newest ticket came from other hardware than before: the machine was moved or its "
             "hardware was replaced.";
    case Evidence::clone:
      return "Two machines use this one client machine id: one is a copy of the other, made "
             "without 'muster generalize'; they count once.";
    case Evidence::rebuilt:
      return "The same machine came back with a new client machine id after its earlier one had "
             "fallen silent: it was rebuilt, as every refreshed pool is. Nothing to do.";
    case Evidence::many_ids:
      return "One machine asks under many client machine ids: rearm after rearm, or one machine "
             "counted several times. Look at what makes it change its id.";
    case Evidence::first: return "A machine that this host had never heard of.";
    case Evidence::foreign_ticket:
      return "The ticket is not one that this host gave to this client machine id: parts of two "
             "machines' states were mixed, or the request was made up.";
  }
  return "";
}

}  // namespace muster::core
