// What leaves: machines that stay silent, events of long ago, names, pools.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>

#include "base/digest.h"
#include "base/random.h"
#include "store/list_order.h"
#include "support.h"

namespace muster::store::conformance {
namespace {

using std::chrono::days;
using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::UnorderedElementsAreArray;

void catch_up(Store& store) {
  for (;;) {
    const auto more = store.catch_up();
    ASSERT_TRUE(more) << more.error().sentence();
    if (!*more) return;
  }
}

Bytes16 hash_of(const std::string& name) { return first16(sha256(as_bytes(name))); }

core::Machine heard(unsigned number, Instant at, unsigned fact = 0, const std::string& name = {}) {
  auto out = machine(number, fact);
  out.first_seen = out.last_seen = at;
  if (!name.empty()) out.name_hash = hash_of(name);
  out.uses = {{"cad", at, at, at}};
  return out;
}

// As core counts them.
void put(Store& store, const std::vector<core::Machine>& machines) {
  in_unit(store, [&](Unit& unit) {
    for (const auto& row : machines) {
      std::vector<std::optional<core::Machine>> known;
      ASSERT_TRUE(unit.read_machines(kDesktops, std::vector{row.cmid}, known));
      const auto before = known.front() ? known.front()->last_seen : Instant{};
      auto& group = unit.group(kDesktops);
      group.active.move(before, row.last_seen);
      group.by_product["cad"].move(before, row.last_seen);
      unit.put_machine(kDesktops, row);
    }
  });
}

// One unit; how many it has forgotten.
std::size_t forget_some(Store& store, Instant before, std::size_t most) {
  auto unit = store.open(std::vector{kDesktops}).value();
  const auto gone = unit->forget_machines(kDesktops, listed_day(before), most);
  EXPECT_TRUE(gone) << gone.error().sentence();
  const auto done = unit->commit();
  EXPECT_TRUE(done) << done.error().sentence();
  return gone.value_or(0);
}

std::size_t sweep(Store& store, Instant before, std::size_t most) {
  catch_up(store);
  std::size_t out = 0;
  for (;;) {
    const auto gone = forget_some(store, before, most);
    EXPECT_LE(gone, most);
    if (gone == 0) return out;
    out += gone;
  }
}

std::vector<Cmid> listed(Store& store, ListOrder order, std::string_view prefix = {}) {
  const auto page = store.listed(kDesktops, order, prefix, std::nullopt, 1000);
  EXPECT_TRUE(page);
  std::vector<Cmid> out;
  for (const auto& one : page->machines) out.push_back(one.machine.cmid);
  return out;
}

std::uint64_t active(Store& store, Instant at, minutes retention) {
  std::uint64_t out = 0;
  EXPECT_TRUE(store
                  .look(kDesktops,
                        [&](const core::Group& group) { out = group.active.count(at, retention); })
                  .value());
  return out;
}

TEST_P(Conformance, machines_that_stay_silent_leave_every_place_they_stood_in) {
  in_unit(store(), [](Unit& unit) {
    for (const auto* name : {"old-1", "old-2", "new-1"}) unit.put_name(hash_of(name), name);
    unit.put_machine(kDesktops, heard(1, kNoon - days{90}, 7, "old-1"));
    unit.put_machine(kDesktops, heard(2, kNoon - days{61}, 7, "old-2"));
    unit.put_machine(kDesktops, heard(3, kNoon - days{60}, 7, "new-1"));
    unit.put_machine(kServers, heard(4, kNoon - days{90}, 7));
  });
  EXPECT_EQ(sweep(store(), kNoon - days{60}, 10), 2U) << "a day's machines stay until it is over";
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(store().machine(kDesktops, cmid(1)).value(), std::nullopt);
    EXPECT_THAT(store().machines_of(cmid(2)).value(), IsEmpty());
    EXPECT_EQ(store().machines_by_fact(kDesktops, fact(7))->size(), 1U);
    EXPECT_THAT(all_machines(store(), kDesktops),
                ElementsAre(heard(3, kNoon - days{60}, 7, "new-1")));
    EXPECT_THAT(listed(store(), ListOrder::name), ElementsAre(cmid(3)));
    EXPECT_THAT(listed(store(), ListOrder::name, "old"), IsEmpty());
    EXPECT_THAT(listed(store(), ListOrder::contact), ElementsAre(cmid(3)));
    EXPECT_EQ(all_machines(store(), kServers).size(), 1U) << "another group's";
    harness().reopen();
  }
}

TEST_P(Conformance, who_leaves_was_in_no_count_and_takes_nobody_else_out_of_one) {
  put(store(), {heard(1, kNoon - days{90}), heard(2, kNoon - days{10}), heard(3, kNoon)});
  const minutes half_a_year{180 * 24 * 60};
  EXPECT_EQ(active(store(), kNoon, kRetention), 2U);
  EXPECT_EQ(active(store(), kNoon, half_a_year), 3U);
  EXPECT_EQ(sweep(store(), kNoon - days{60}, 10), 1U);
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(active(store(), kNoon, kRetention), 2U);
    EXPECT_EQ(active(store(), kNoon, half_a_year), 2U);
    EXPECT_EQ(seen(store(), kDesktops)->places, (std::map<std::string, std::uint64_t>{{"cad", 2}}));
    harness().reopen();
  }
  // What follows finds the counts as they are.
  in_unit(store(), [](Unit& unit) { ask(unit, kDesktops, 9, kNoon); });
  EXPECT_EQ(active(store(), kNoon, kRetention), 3U);
}

TEST_P(Conformance, who_comes_again_is_new_here) {
  put(store(), {heard(1, kNoon - days{90}, 7), heard(2, kNoon - days{90}, 8)});
  EXPECT_EQ(sweep(store(), kNoon - days{60}, 10), 2U);
  in_unit(store(), [](Unit& unit) {
    std::vector<std::optional<core::Machine>> rows;
    ASSERT_TRUE(unit.read_machines(kDesktops, std::vector{cmid(1)}, rows));
    EXPECT_EQ(rows, std::vector{std::optional<core::Machine>()});
    std::vector<core::Machine> same;
    ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(7), same));
    EXPECT_THAT(same, IsEmpty());
    unit.put_machine(kDesktops, heard(1, kNoon, 8));
  });
  for (int again = 0; again < 2; ++again) {
    catch_up(store());
    EXPECT_EQ(store().machine(kDesktops, cmid(1)).value(), heard(1, kNoon, 8));
    EXPECT_THAT(listed(store(), ListOrder::contact), ElementsAre(cmid(1)));
    EXPECT_EQ(store().machines_by_fact(kDesktops, fact(8))->size(), 1U);
    EXPECT_THAT(store().machines_by_fact(kDesktops, fact(7)).value(), IsEmpty());
    harness().reopen();
  }
}

TEST_P(Conformance, who_has_asked_since_it_was_listed_stays) {
  put(store(), {heard(1, kNoon - days{90}), heard(2, kNoon - days{90})});
  catch_up(store());
  put(store(), {heard(1, kNoon)});
  // Whether the lists know of it yet or not.
  forget_some(store(), kNoon - days{60}, 10);
  EXPECT_EQ(store().machine(kDesktops, cmid(1)).value(), heard(1, kNoon));
  sweep(store(), kNoon - days{60}, 10);
  EXPECT_THAT(all_machines(store(), kDesktops), ElementsAre(heard(1, kNoon)));
}

TEST_P(Conformance, a_unit_that_fails_has_forgotten_nobody) {
  put(store(), {heard(1, kNoon - days{90}, 7), heard(2, kNoon - days{90}, 7)});
  catch_up(store());
  {
    auto unit = store().open(std::vector{kDesktops}).value();
    EXPECT_EQ(unit->forget_machines(kDesktops, listed_day(kNoon), 10).value(), 2U);
  }
  harness().fill_disk(true);
  {
    auto unit = store().open(std::vector{kDesktops}).value();
    static_cast<void>(unit->forget_machines(kDesktops, listed_day(kNoon), 10));
    for (unsigned n = 1; n < 400; ++n) unit->put_setting(std::to_string(n), std::string(4000, 'x'));
    EXPECT_FALSE(unit->commit());
  }
  harness().fill_disk(false);
  const minutes half_a_year{180 * 24 * 60};
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(all_machines(store(), kDesktops).size(), 2U);
    EXPECT_EQ(active(store(), kNoon, half_a_year), 2U);
    EXPECT_EQ(store().machines_by_fact(kDesktops, fact(7))->size(), 2U);
    catch_up(store());
    EXPECT_EQ(listed(store(), ListOrder::contact).size(), 2U);
    harness().reopen();
  }
  EXPECT_EQ(sweep(store(), kNoon, 10), 2U);
}

// The table against one that a person would keep: machines ask and stay silent, sweeps come in
// parts, the store is closed and opened.
TEST_P(Conformance, after_sweeps_the_table_holds_exactly_who_was_heard_within) {
  SeededRandom random(7);
  const auto below = [&](std::uint64_t most) {
    return static_cast<unsigned>(random.bytes<1>()[0] % most);
  };
  std::map<Cmid, core::Machine> kept;
  auto now = kNoon;
  for (int round = 0; round < 60; ++round) {
    now += days{1 + below(9)};
    std::vector<core::Machine> asking;
    for (auto n = below(12); n > 0; --n) {
      const auto number = 1 + below(40);
      if (std::ranges::count(asking, cmid(number), &core::Machine::cmid) > 0) continue;
      asking.push_back(heard(number, now, 1 + below(5)));
      kept[cmid(number)] = asking.back();
    }
    put(store(), asking);
    if (below(4) == 0) harness().reopen();
    if (below(3) > 0) continue;
    sweep(store(), now - days{30}, 1 + below(6));
    std::erase_if(kept, [&](const auto& item) {
      return listed_day(item.second.last_seen) < listed_day(now - days{30});
    });
    std::vector<core::Machine> expected;
    std::vector<Cmid> cmids;
    for (const auto& [id, row] : kept) {
      expected.push_back(row);
      cmids.push_back(id);
    }
    if (below(2) == 0) harness().reopen();
    ASSERT_EQ(all_machines(store(), kDesktops), expected);
    catch_up(store());
    ASSERT_THAT(listed(store(), ListOrder::name), UnorderedElementsAreArray(cmids));
    ASSERT_THAT(listed(store(), ListOrder::contact_down), UnorderedElementsAreArray(cmids));
    ASSERT_EQ(active(store(), now, minutes{1000 * 24 * 60}), kept.size());
  }
}

// ---- events

TEST_P(Conformance, the_oldest_events_leave_up_to_a_checkpoint) {
  in_unit(store(), [](Unit& unit) {
    for (std::uint64_t seq = 1; seq <= 9; ++seq) {
      unit.append(event(seq));
      if (seq % 3 == 0) unit.append(CheckpointRow{{1, seq}, fmt::format("checkpoint {}", seq)});
    }
  });
  const auto head = store().chain_head().value();
  for (bool more = true; more;) {
    auto unit = store().open({}).value();
    const auto rest = unit->forget_events({1, 6}, 2);
    ASSERT_TRUE(rest) << rest.error().sentence();
    more = *rest;
    ASSERT_TRUE(unit->commit());
  }
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(all_events(store()), ElementsAre(event(7), event(8), event(9)));
    EXPECT_EQ(store().event({1, 6}).value(), std::nullopt);
    EXPECT_THAT(
        store().checkpoints({}, 10).value(),
        ElementsAre(CheckpointRow{{1, 6}, "checkpoint 6"}, CheckpointRow{{1, 9}, "checkpoint 9"}));
    const auto now = store().chain_head().value();
    EXPECT_EQ(now.seq, head.seq);
    EXPECT_EQ(now.hash, head.hash);
    EXPECT_EQ(now.checkpoint_seq, 9U);
    EXPECT_EQ(now.checkpoint_digest, head.checkpoint_digest);
    harness().reopen();
  }
  in_unit(store(), [](Unit& unit) { unit.append(event(10)); });
  EXPECT_EQ(all_events(store()).size(), 4U);
}

TEST_P(Conformance, earlier_epochs_leave_with_their_checkpoints) {
  in_unit(store(), [](Unit& unit) {
    for (std::uint64_t seq = 1; seq <= 4; ++seq) unit.append(event(seq));
    unit.append(CheckpointRow{{1, 4}, "old"});
    for (std::uint64_t seq = 1; seq <= 3; ++seq) unit.append(event(seq, 2));
    unit.append(CheckpointRow{{2, 3}, "new"});
    unit.append(event(4, 2));
  });
  {
    auto unit = store().open({}).value();
    EXPECT_FALSE(unit->forget_events({2, 3}, 100).value());
    ASSERT_TRUE(unit->commit());
  }
  EXPECT_THAT(all_events(store()), ElementsAre(event(4, 2)));
  EXPECT_THAT(store().checkpoints({}, 10).value(), ElementsAre(CheckpointRow{{2, 3}, "new"}));
}

// ---- names and pools

TEST_P(Conformance, a_name_is_forgotten_everywhere) {
  in_unit(store(), [](Unit& unit) {
    for (const auto* name : {"Anna", "desk"}) unit.put_name(hash_of(name), name);
    for (unsigned n = 1; n <= 5; ++n) unit.put_machine(kDesktops, heard(n, kNoon, 0, "Anna"));
    unit.put_machine(kDesktops, heard(6, kNoon, 0, "desk"));
  });
  catch_up(store());
  EXPECT_EQ(listed(store(), ListOrder::name, "anna").size(), 5U);
  for (bool more = true; more;) {
    auto unit = store().open(std::vector{kDesktops}).value();
    const auto rest = unit->forget_name(hash_of("Anna"), "anna", 2);
    ASSERT_TRUE(rest) << rest.error().sentence();
    more = *rest;
    ASSERT_TRUE(unit->commit());
  }
  for (int again = 0; again < 2; ++again) {
    EXPECT_EQ(store().name(hash_of("Anna")).value(), std::nullopt);
    EXPECT_EQ(store().name(hash_of("desk")).value(), "desk");
    EXPECT_THAT(listed(store(), ListOrder::name, "anna"), IsEmpty());
    EXPECT_EQ(listed(store(), ListOrder::name).size(), 6U) << "the machines stay";
    harness().reopen();
    catch_up(store());
  }
  // Whoever bears it may say it again.
  in_unit(store(), [](Unit& unit) {
    unit.put_name(hash_of("Anna"), "Anna");
    unit.put_machine(kDesktops, heard(7, kNoon, 0, "Anna"));
  });
  catch_up(store());
  EXPECT_EQ(store().name(hash_of("Anna")).value(), "Anna");
  EXPECT_THAT(listed(store(), ListOrder::name, "anna"), Contains(cmid(7)));
}

TEST_P(Conformance, a_pool_can_be_forgotten) {
  PoolRow one, other;
  one.key = {{1}, core::Evidence::clone};
  other.key = {{1}, core::Evidence::revert};
  in_unit(store(), [&](Unit& unit) {
    ASSERT_TRUE(unit.put_pool(one));
    ASSERT_TRUE(unit.put_pool(other));
  });
  in_unit(store(), [&](Unit& unit) {
    ASSERT_TRUE(unit.forget_pool(one.key));
    ASSERT_TRUE(unit.forget_pool({{9}, core::Evidence::clone}));
    EXPECT_EQ(unit.read_pool(one.key).value(), std::nullopt);
  });
  harness().reopen();
  EXPECT_THAT(store().pools(std::nullopt, 10).value(), ElementsAre(other));
}

}  // namespace
}  // namespace muster::store::conformance
