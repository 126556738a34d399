// Groups: rolls, active machines and counters, as committed and as a unit sees them.
#include <gmock/gmock.h>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::vector<core::RollKey> keys(const Seen& group) {
  std::vector<core::RollKey> out;
  for (const auto& entry : group.roll) out.push_back(entry.key);
  return out;
}

TEST_P(Conformance, groups_are_made_by_the_unit_that_opens_them) {
  EXPECT_THAT(store().groups().value(), IsEmpty());
  EXPECT_EQ(seen(store(), kDesktops), std::nullopt);
  in_unit(store(), [](Unit&) {});
  EXPECT_THAT(store().groups().value(), ElementsAre(kDesktops, kServers));
  harness().reopen();
  EXPECT_THAT(store().groups().value(), ElementsAre(kDesktops, kServers));
  EXPECT_EQ(seen(store(), kServers), Seen{});
}

TEST_P(Conformance, two_vendors_have_groups_of_one_name) {
  const GroupKey other{"bolt", "desktop"};
  {
    auto unit = store().open(std::vector{kDesktops, other});
    ask(**unit, kDesktops, 1, kNoon);
    ask(**unit, other, 1, kNoon);
    ask(**unit, other, 2, kNoon);
    ASSERT_TRUE((*unit)->commit());
  }
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops)->roll.size(), 1U);
  EXPECT_EQ(seen(store(), other)->roll.size(), 2U);
  EXPECT_EQ(all_machines(store(), kDesktops).size(), 1U);
  EXPECT_EQ(all_machines(store(), other).size(), 2U);
}

TEST_P(Conformance, a_roll_a_count_and_counters_stay) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 5; ++i) ask(unit, kDesktops, i, kNoon + seconds{i / 2}, 3);
    unit.group(kDesktops).counters.failed = 2;
  });
  const auto before = seen(store(), kDesktops);
  ASSERT_TRUE(before);
  EXPECT_EQ(before->roll.size(), 5U);
  EXPECT_EQ(before->highest_threshold, 3U);
  EXPECT_EQ(before->active, 5U);
  EXPECT_EQ(before->counters.requests, 5U);
  EXPECT_EQ(before->counters.failed, 2U);
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops), before);
  auto unit = store().open(std::vector{kDesktops});
  EXPECT_EQ(seen((*unit)->group(kDesktops), kNoon), before);
}

TEST_P(Conformance, every_licence_state_has_its_counter) {
  core::Counters counters;
  for (std::size_t state = 0; state < kLicenceStates; ++state) {
    counters.by_state[state] = 100 + state;
  }
  in_unit(store(), [&](Unit& unit) { unit.group(kServers).counters = counters; });
  harness().reopen();
  EXPECT_EQ(seen(store(), kServers)->counters, counters);
}

TEST_P(Conformance, entries_that_left_the_roll_are_gone) {
  // A capacity of 4: of six machines the two that were silent for longest have left.
  for (unsigned i = 1; i <= 6; ++i) {
    in_unit(store(), [&](Unit& unit) { ask(unit, kDesktops, i, kNoon + seconds{i}, 2); });
  }
  for (int again = 0; again < 2; ++again) {
    const auto now = seen(store(), kDesktops, kNoon + seconds{6});
    EXPECT_THAT(keys(*now),
                ElementsAre(cmid(3).bytes, cmid(4).bytes, cmid(5).bytes, cmid(6).bytes));
    EXPECT_EQ(now->active, 6U);
    harness().reopen();
  }
}

TEST_P(Conformance, an_entry_that_came_and_left_in_one_unit_is_not_kept) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 9; ++i) ask(unit, kDesktops, i, kNoon, 1);
  });
  const auto before = seen(store(), kDesktops);
  EXPECT_EQ(before->roll.size(), 2U);
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops), before);
}

TEST_P(Conformance, entries_of_one_second_keep_their_order) {
  in_unit(store(), [](Unit& unit) {
    for (const unsigned i : {3U, 1U, 2U}) ask(unit, kDesktops, i, kNoon);
  });
  harness().reopen();
  in_unit(store(), [](Unit& unit) { ask(unit, kDesktops, 1, kNoon); });
  harness().reopen();
  const auto now = seen(store(), kDesktops);
  EXPECT_THAT(keys(*now), ElementsAre(cmid(3).bytes, cmid(2).bytes, cmid(1).bytes));
}

TEST_P(Conformance, only_places_that_are_taken_count_for_a_product) {
  in_unit(store(), [](Unit& unit) {
    auto row = machine(1);
    row.uses = {{"cad", kNoon, kNoon, {}}, {"sim", kNoon, Instant{}, {}}};
    unit.put_machine(kDesktops, row);
    unit.group(kDesktops).active.move(Instant{}, kNoon);
    unit.group(kDesktops).by_product["cad"].move(Instant{}, kNoon);
    unit.group(kDesktops).by_product["sim"];
  });
  const std::map<std::string, std::uint64_t> places{{"cad", 1}};
  EXPECT_EQ(seen(store(), kDesktops)->places, places);
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops)->places, places);
}

TEST_P(Conformance, a_machine_heard_again_is_active_once) {
  in_unit(store(), [](Unit& unit) { ask(unit, kDesktops, 1, kNoon); });
  const auto later = kNoon + kRetention - seconds{1};
  in_unit(store(), [&](Unit& unit) { ask(unit, kDesktops, 1, later); });
  EXPECT_EQ(seen(store(), kDesktops, later)->active, 1U);
  EXPECT_EQ(seen(store(), kDesktops, later + kRetention)->active, 0U);
  harness().reopen();
  EXPECT_EQ(seen(store(), kDesktops, later)->active, 1U);
}

}  // namespace
}  // namespace muster::store::conformance
