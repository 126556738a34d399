// Reads outside units: committed data only, at any time, on any thread.
#include <gmock/gmock.h>

#include <atomic>
#include <latch>
#include <thread>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

TEST_P(Conformance, readers_do_not_see_a_unit_in_flight) {
  in_unit(store(), [](Unit& unit) {
    ask(unit, kDesktops, 1, kNoon);
    unit.append(event(1));
  });
  const auto before = seen(store(), kDesktops);
  auto unit = store().open(std::vector{kDesktops}).value();
  ask(*unit, kDesktops, 1, kNoon + seconds{5});
  ask(*unit, kDesktops, 2, kNoon + seconds{5});
  auto row = machine(3, 9);
  unit->put_machine(kDesktops, row);
  std::vector<core::Machine> rows;
  ASSERT_TRUE(unit->read_by_fact(kDesktops, fact(9), rows));
  EXPECT_EQ(rows.size(), 1U);
  unit->append(event(2));
  unit->put_name(fact(1), "a");
  unit->put_setting("b", "b");

  EXPECT_EQ(seen(store(), kDesktops), before);
  EXPECT_EQ(all_machines(store(), kDesktops).size(), 1U);
  EXPECT_EQ(store().machine(kDesktops, cmid(1)).value()->last_seen, kNoon);
  EXPECT_THAT(store().machines_by_fact(kDesktops, fact(9)).value(), IsEmpty());
  EXPECT_THAT(store().machines_of(cmid(2)).value(), IsEmpty());
  EXPECT_THAT(all_events(store()), ElementsAre(event(1)));
  EXPECT_EQ(store().chain_head()->seq, 1U);
  EXPECT_EQ(store().name(fact(1)).value(), std::nullopt);
  EXPECT_EQ(store().setting("b").value(), std::nullopt);

  ASSERT_TRUE(unit->commit());
  EXPECT_EQ(seen(store(), kDesktops)->counters.requests, 3U);
  EXPECT_EQ(all_machines(store(), kDesktops).size(), 3U);
  EXPECT_EQ(all_events(store()).size(), 2U);
  EXPECT_EQ(store().chain_head()->seq, 2U);
}

// Unit n asks for CMID n % 10 + 1 at noon + n and appends event n, which the row names.
void write_units(Store& store, unsigned units) {
  for (unsigned n = 1; n <= units; ++n) {
    in_unit(store, [&](Unit& unit) {
      ask(unit, kDesktops, n % 10 + 1, kNoon + seconds{n});
      std::vector<std::optional<core::Machine>> rows;
      ASSERT_TRUE(unit.read_machines(kDesktops, std::vector{cmid(n % 10 + 1)}, rows));
      rows.front()->last_event = {1, n};
      unit.put_machine(kDesktops, *rows.front());
      auto row = event(n);
      row.cmid = cmid(n % 10 + 1);
      unit.append(row);
    });
  }
}

// What one reader sees fits together: whatever was seen once is there ever after.
void read_until(Store& store, const std::atomic<bool>& stop, std::latch& started) {
  started.count_down();
  std::uint64_t newest = 0;
  std::uint64_t requests = 0;
  do {
    const auto page = store.events({1, newest}, 1000).value();
    for (const auto& row : page) ASSERT_EQ(row.place.seq, ++newest);
    if (!page.empty()) {
      const auto row = store.machine(kDesktops, *page.back().cmid).value();
      ASSERT_TRUE(row);
      ASSERT_GE(row->last_event.seq, newest);
    }
    ASSERT_TRUE(store.look(kDesktops, [&](const core::Group& group) {
      ASSERT_GE(group.counters.requests, requests);
      requests = group.counters.requests;
      ASSERT_EQ(group.roll.size(), std::min<std::uint64_t>(requests, 10));
      ASSERT_EQ(group.active.count(kNoon, kRetention), group.roll.size());
    }));
    ASSERT_LE(store.machines(kDesktops, std::nullopt, 1000)->machines.size(), 10U);
  } while (!stop);
}

TEST_P(Conformance, readers_on_other_threads_see_whole_units) {
  std::atomic<bool> stop{false};
  constexpr unsigned kReaders = 6, kUnits = 400;
  std::latch started{kReaders};
  std::vector<std::thread> readers;
  for (unsigned i = 0; i < kReaders; ++i) {
    readers.emplace_back([&] { read_until(store(), stop, started); });
  }
  started.wait();
  write_units(store(), kUnits);
  stop = true;
  for (auto& reader : readers) reader.join();
  EXPECT_EQ(all_events(store()).size(), kUnits);
  harness().reopen();
  EXPECT_EQ(all_events(store()).size(), kUnits);
}

}  // namespace
}  // namespace muster::store::conformance
