#include "support.h"

namespace muster::store::conformance {

Cmid cmid(unsigned number) {
  Cmid out;
  // Not in the order of the numbers, as random ones would not be.
  out.bytes[0] = static_cast<std::uint8_t>(number * 151);
  out.bytes[1] = static_cast<std::uint8_t>(number >> 8);
  out.bytes[15] = static_cast<std::uint8_t>(number);
  out.bytes[8] = 0x80;
  return out;
}

Bytes16 fact(unsigned number) {
  Bytes16 out{};
  out[0] = static_cast<std::uint8_t>(number);
  out[1] = static_cast<std::uint8_t>(number >> 8);
  return out;
}

core::Machine machine(unsigned number, unsigned primary) {
  core::Machine out;
  out.cmid = cmid(number);
  if (primary != 0) out.facts.add("set", fact(primary));
  out.first_seen = out.last_seen = kNoon;
  out.requests = 1;
  return out;
}

EventRow event(std::uint64_t seq, std::uint32_t epoch) {
  EventRow out;
  out.place = {epoch, seq};
  out.time = kNoon + seconds{static_cast<std::int64_t>(seq)};
  out.line = "{\"seq\":" + std::to_string(seq) + "}";
  out.hash[0] = static_cast<std::uint8_t>(seq);
  out.hash[31] = static_cast<std::uint8_t>(epoch);
  return out;
}

void in_unit(Store& store, const std::function<void(Unit&)>& body) {
  auto unit = store.open(std::vector{kDesktops, kServers});
  ASSERT_TRUE(unit) << unit.error().sentence();
  body(**unit);
  const auto committed = (*unit)->commit();
  ASSERT_TRUE(committed) << committed.error().sentence();
}

void ask(Unit& unit, const GroupKey& key, unsigned number, Instant now, std::uint32_t threshold) {
  std::vector<std::optional<core::Machine>> known;
  const auto read = unit.read_machines(key, std::vector{cmid(number)}, known);
  ASSERT_TRUE(read) << read.error().sentence();
  auto row = known.front().value_or(machine(number));
  auto& group = unit.group(key);
  group.active.move(known.front() ? row.last_seen : Instant{}, now);
  if (!known.front()) row.first_seen = now;
  row.last_seen = now;
  std::vector<core::RollKey> changed;
  group.roll.ask(row.cmid.bytes, now, threshold, kRetention, changed);
  for (const auto& entry : changed) unit.roll_changed(key, entry);
  ++group.counters.requests;
  ++group.counters.by_state[0];
  unit.put_machine(key, row);
}

Seen seen(const core::Group& group, Instant at) {
  Seen out{group.roll.entries(),
           group.roll.highest_threshold(),
           group.counters,
           group.active.count(at, kRetention),
           {}};
  for (const auto& [product, active] : group.by_product) {
    if (const auto places = active.count(at, kRetention); places > 0) out.places[product] = places;
  }
  return out;
}

std::optional<Seen> seen(Store& store, const GroupKey& key, Instant at) {
  std::optional<Seen> out;
  const auto there = store.look(key, [&](const core::Group& group) { out = seen(group, at); });
  EXPECT_TRUE(there);
  EXPECT_EQ(there.value_or(false), out.has_value());
  return out;
}

std::vector<core::Machine> all_machines(Store& store, const GroupKey& key) {
  std::vector<core::Machine> out;
  std::optional<Cmid> after;
  do {
    auto page = store.machines(key, after, 7);
    if (!page) {
      ADD_FAILURE() << page.error().sentence();
      return out;
    }
    out.insert(out.end(), page->machines.begin(), page->machines.end());
    after = page->next;
  } while (after);
  return out;
}

std::vector<EventRow> all_events(Store& store) {
  std::vector<EventRow> out;
  for (;;) {
    auto page = store.events(out.empty() ? EventPlace{} : out.back().place, 7);
    if (!page) {
      ADD_FAILURE() << page.error().sentence();
      return out;
    }
    if (page->empty()) return out;
    out.insert(out.end(), page->begin(), page->end());
  }
}

}  // namespace muster::store::conformance
