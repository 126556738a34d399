#include "service/group_past.h"

#include <algorithm>

#include "wire/event.h"

namespace muster::service {
namespace {

constexpr std::size_t kPage = 1000;
// Machines read: so many at least, and twice the capacity.
constexpr std::size_t kMachinesLeast = 1000;
// Events read: of a machine for its last contacts, and in all.
constexpr std::size_t kContactsOfOne = 5;
constexpr std::size_t kEventsOfOne = 12;
constexpr std::size_t kEventsOfAll = 2000;

class Reading {
 public:
  Reading(HostService& service, const GroupFacts& facts, Instant now)
      : service_(service), facts_(facts) {
    out_.now = now;
  }

  Expected<GroupPast> run(std::span<const core::RollEntry> roll) {
    if (auto done = read_listed(); !done) return std::unexpected(done.error());
    if (auto done = read_roll(roll); !done) return std::unexpected(done.error());
    note_replaced();
    if (auto done = read_contacts(); !done) return std::unexpected(done.error());
    return std::move(out_);
  }

 private:
  void add(core::Machine machine) {
    auto key = machine.cmid.bytes;
    if (facts_.count_by == CountBy::machine) key = machine.facts.primary().value_or(key);
    auto& one = out_.machines[key];
    const bool is_new = one.first == Instant{};
    one.first = is_new ? machine.first_seen : std::min(one.first, machine.first_seen);
    if (is_new || one.machine.last_seen <= machine.last_seen) one.machine = std::move(machine);
  }

  // Those that were heard last; a row that was heard again since it was listed is the newest.
  Expected<void> read_listed() {
    const auto most = std::max<std::size_t>(kMachinesLeast, 2 * std::size_t{facts_.capacity});
    std::optional<store::ListPlace> after;
    for (std::size_t read = 0; read < most;) {
      auto page = service_.store().listed(facts_.key, store::ListOrder::contact_down, {}, after,
                                          std::min(kPage, most - read));
      if (!page) return std::unexpected(page.error());
      read += page->machines.size();
      out_.whole = !page->more;
      if (!page->machines.empty()) after = page->machines.back().place;
      for (auto& one : page->machines) add(std::move(one.machine));
      if (!page->more || page->machines.empty()) break;
    }
    return {};
  }

  // A list follows the log with a delay; the roll does not.
  Expected<void> read_roll(std::span<const core::RollEntry> roll) {
    if (facts_.count_by != CountBy::cmid) return {};
    for (const auto& entry : roll) {
      if (out_.machines.contains(entry.key)) continue;
      auto machine = service_.store().machine(facts_.key, Cmid{entry.key});
      if (!machine) return std::unexpected(machine.error());
      if (*machine) add(std::move(**machine));
    }
    return {};
  }

  void note_replaced() {
    std::map<Bytes16, Instant> newest;  // by primary fact: when its newest CMID first came
    for (const auto& [key, one] : out_.machines) {
      const auto primary = one.machine.facts.primary();
      if (primary) newest[*primary] = std::max(newest[*primary], one.machine.first_seen);
    }
    for (auto& [key, one] : out_.machines) {
      const auto primary = one.machine.facts.primary();
      one.replaced = primary && newest[*primary] > one.machine.last_seen;
    }
  }

  Expected<void> read_contacts() {
    std::vector<MachinePast*> order;
    for (auto& [key, one] : out_.machines) order.push_back(&one);
    std::ranges::stable_sort(order, std::greater(),
                             [](const MachinePast* one) { return one->machine.last_seen; });
    for (auto* one : order) {
      if (auto done = read_contacts(*one); !done) return done;
    }
    return {};
  }

  // Back from its newest event. Requests that were refused by the clock's rule did not count, and
  // of those that were repeated within half a day (a 60th of the retention) the first is all that a
  // forecast looks at.
  Expected<void> read_contacts(MachinePast& one) {
    one.times.push_back(one.machine.last_seen);
    auto from = one.machine.last_event;
    std::size_t contacts = 1;
    for (std::size_t read = 0; read < kEventsOfOne && contacts < kContactsOfOne; ++read) {
      if (one.machine.requests < 2 || from.seq == 0 || events_ >= kEventsOfAll) break;
      ++events_;
      const auto row = service_.store().event(from);
      if (!row) return std::unexpected(row.error());
      if (!*row) break;  // pruned
      from = (*row)->machine_prev;
      const auto event = wire::parse_event_line((*row)->line);
      if (!event || !event->count || (*row)->time >= one.times.back()) continue;
      contacts += 2 * (one.times.back() - (*row)->time) >= seconds(facts_.retention) / 30 ? 1 : 0;
      one.times.push_back((*row)->time);
    }
    std::ranges::reverse(one.times);
    return {};
  }

  HostService& service_;
  const GroupFacts& facts_;
  GroupPast out_;
  std::size_t events_ = 0;
};

}  // namespace

const MachinePast* GroupPast::find(const core::RollKey& key) const {
  const auto at = machines.find(key);
  return at == machines.end() ? nullptr : &at->second;
}

core::Outlook GroupPast::outlook(minutes retention) const {
  std::vector<core::Contacts> contacts;
  core::Fleet fleet{.since = now, .now = now, .retention = retention};
  for (const auto& [key, one] : machines) {
    contacts.push_back({.times = one.times, .first = one.first});
    fleet.since = std::min(fleet.since, one.first);
  }
  fleet.machines = contacts;
  return core::look_ahead(fleet);
}

Expected<GroupPast> group_past(HostService& service, const GroupFacts& facts,
                               std::span<const core::RollEntry> roll, Instant now) {
  return Reading(service, facts, now).run(roll);
}

}  // namespace muster::service
