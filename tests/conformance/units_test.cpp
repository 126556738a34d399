// What a unit leaves behind that was destroyed, or that could not be committed: nothing.
#include <gmock/gmock.h>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

// Everything a unit can do, so that something of each kind could be left.
void do_everything(Unit& unit) {
  for (unsigned i = 1; i <= 60; ++i) ask(unit, kDesktops, i, kNoon + seconds{10}, 30);
  ask(unit, kServers, 1, kNoon + seconds{10}, 5);
  auto with_place = machine(1, 7);
  with_place.uses = {{"cad", kNoon, kNoon, kNoon}};
  with_place.last_seen = kNoon + seconds{10};
  unit.put_machine(kDesktops, with_place);
  unit.group(kDesktops).by_product["cad"].move({}, kNoon);
  unit.group(kDesktops).counters.failed = 99;
  std::vector<core::Machine> rows;
  EXPECT_TRUE(unit.read_by_fact(kDesktops, fact(7), rows));  // what was put may be written by now
  EXPECT_EQ(rows.size(), 1U);
  unit.append(event(3));
  unit.append(CheckpointRow{{1, 3}, "new"});
  unit.put_name(fact(1), "new");
  unit.put_setting("new", "new");
  unit.put_setting("old", "");
}

class Before {
 public:
  explicit Before(Store& store) : store_(store) {
    in_unit(store, [](Unit& unit) {
      ask(unit, kDesktops, 1, kNoon, 2);
      ask(unit, kDesktops, 2, kNoon, 2);
      unit.append(event(1));
      unit.append(event(2));
      unit.append(CheckpointRow{{1, 1}, "old"});
      unit.put_setting("old", "old");
    });
    desktops_ = seen(store, kDesktops);
    machines_ = all_machines(store, kDesktops);
  }
  void expect_unchanged() const {
    EXPECT_EQ(seen(store_, kDesktops), desktops_);
    EXPECT_EQ(seen(store_, kServers), Seen{});
    EXPECT_EQ(all_machines(store_, kDesktops), machines_);
    EXPECT_THAT(all_machines(store_, kServers), IsEmpty());
    EXPECT_THAT(all_events(store_), ElementsAre(event(1), event(2)));
    EXPECT_EQ(store_.chain_head()->seq, 2U);
    EXPECT_EQ(store_.chain_head()->checkpoint_seq, 1U);
    EXPECT_EQ(store_.checkpoints({}, 9)->size(), 1U);
    EXPECT_EQ(store_.name(fact(1)).value(), std::nullopt);
    EXPECT_EQ(store_.setting("new").value(), std::nullopt);
    EXPECT_EQ(store_.setting("old").value(), "old");
    // And the next unit gets it so.
    auto unit = store_.open(std::vector{kDesktops, kServers}).value();
    EXPECT_EQ(seen(unit->group(kDesktops), kNoon), desktops_);
    EXPECT_EQ(seen(unit->group(kServers), kNoon), Seen{});
  }

 private:
  Store& store_;
  std::optional<Seen> desktops_;
  std::vector<core::Machine> machines_;
};

TEST_P(Conformance, a_unit_that_is_destroyed_leaves_nothing) {
  const Before before(store());
  do_everything(*store().open(std::vector{kDesktops, kServers}).value());
  before.expect_unchanged();
}

TEST_P(Conformance, a_commit_that_fails_leaves_nothing_and_the_work_may_be_tried_again) {
  const Before before(store());
  for (int time = 0; time < 3; ++time) {
    auto unit = store().open(std::vector{kDesktops, kServers}).value();
    do_everything(*unit);
    harness().fill_disk(true);
    const auto committed = unit->commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::store_unavailable);
    EXPECT_FALSE(committed.error().detail.empty());
    unit.reset();
    before.expect_unchanged();
    harness().fill_disk(false);
    before.expect_unchanged();
  }
  in_unit(store(), do_everything);
  const auto after = seen(store(), kDesktops);
  EXPECT_EQ(after->roll.size(), 60U);
  EXPECT_EQ(after->counters.failed, 99U);
  EXPECT_EQ(all_events(store()).size(), 3U);
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops), after);
  EXPECT_EQ(store().setting("new").value(), "new");
}

TEST_P(Conformance, what_the_caller_takes_back_itself_does_no_harm) {
  const Before before(store());
  {
    auto unit = store().open(std::vector{kDesktops}).value();
    unit->group(kDesktops).active.move(Instant{}, kNoon);
    harness().fill_disk(true);
    unit->append(event(3));
    EXPECT_FALSE(unit->commit());
    harness().fill_disk(false);
    unit->group(kDesktops).active.move(kNoon, Instant{});
  }
  EXPECT_EQ(seen(store(), kDesktops)->active, 2U);
  EXPECT_EQ(seen(store().open(std::vector{kDesktops}).value()->group(kDesktops), kNoon),
            seen(store(), kDesktops));
}

TEST_P(Conformance, groups_of_a_unit_that_left_nothing_are_not_there) {
  {
    const auto unit = store().open(std::vector{kDesktops}).value();
    EXPECT_THAT(store().groups().value(), IsEmpty());
    EXPECT_EQ(seen(store(), kDesktops), std::nullopt);
  }
  EXPECT_THAT(store().groups().value(), IsEmpty());
  in_unit(store(), [](Unit& unit) { ask(unit, kServers, 1, kNoon); });
  EXPECT_THAT(store().groups().value(), ElementsAre(kDesktops, kServers));
  EXPECT_EQ(all_machines(store(), kServers).size(), 1U);
}

TEST_P(Conformance, a_unit_without_groups_stores_what_has_none) {
  auto unit = store().open({}).value();
  unit->append(event(1));
  unit->put_setting("ticket-key", "secret");
  ASSERT_TRUE(unit->commit());
  unit.reset();
  harness().reopen();
  EXPECT_THAT(all_events(store()), ElementsAre(event(1)));
  EXPECT_EQ(store().setting("ticket-key").value(), "secret");
}

TEST_P(Conformance, many_units_one_after_the_other_are_all_there) {
  for (unsigned i = 1; i <= 300; ++i) {
    in_unit(store(), [&](Unit& unit) {
      ask(unit, i % 2 == 0 ? kDesktops : kServers, i % 40 + 1, kNoon + seconds{i});
      unit.append(event(i));
    });
  }
  const auto at = kNoon + seconds{300};
  const auto desktops = seen(store(), kDesktops, at);
  const auto servers = seen(store(), kServers, at);
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops, at), desktops);
  EXPECT_EQ(seen(store(), kServers, at), servers);
  EXPECT_EQ(desktops->active + servers->active, 40U);
  EXPECT_EQ(all_events(store()).size(), 300U);
}

}  // namespace
}  // namespace muster::store::conformance
