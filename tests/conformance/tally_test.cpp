// What is counted from the log: evidence by pool, and the machines of a month.
#include <gmock/gmock.h>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

PoolRow pool(std::uint8_t id, core::Evidence evidence = core::Evidence::clone) {
  PoolRow out;
  out.key = {{id}, evidence};
  out.vendor = "acme";
  out.group = "desktop";
  out.pattern = "caf\xc3\xa9-#";
  out.subnet = "10.1.2.0/24";
  return out;
}

PoolRow full_pool(std::uint8_t id) {
  auto out = pool(id, core::Evidence::foreign_ticket);
  for (unsigned n = 1; n <= 7; ++n) {
    out.record.add({.cmid = cmid(n),
                    .name_hash = n % 2 == 0 ? Bytes16{9} : Bytes16{},
                    .time = kNoon + std::chrono::days(n),
                    .event = {2, 1'000'000 + n}});
  }
  out.record.expected = core::PoolMark{"token:3f2a51c0", kNoon, "every night \"at 3\""};
  return out;
}

Expected<void> committed(Store& store, const std::function<Expected<void>(Unit&)>& work) {
  auto unit = store.open({});
  if (!unit) return std::unexpected(unit.error());
  if (auto done = work(**unit); !done) return done;
  return (*unit)->commit();
}

TEST_P(Conformance, pools_come_back_as_they_were_put) {
  EXPECT_THAT(store().pools(std::nullopt, 10).value(), IsEmpty());
  auto changed = full_pool(2);
  changed.record.add({.cmid = cmid(1), .time = kNoon + std::chrono::days(50), .event = {2, 5}});
  changed.record.expected.reset();
  ASSERT_TRUE(committed(store(), [&](Unit& unit) -> Expected<void> {
    for (const auto& row : {full_pool(2), pool(1), pool(2)}) {
      if (auto put = unit.put_pool(row); !put) return put;
    }
    EXPECT_EQ(unit.read_pool(full_pool(2).key).value(), full_pool(2)) << "what the unit has put";
    EXPECT_EQ(unit.read_pool({{3}, core::Evidence::clone}).value(), std::nullopt);
    return {};
  }));
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(store().pools(std::nullopt, 10).value(),
                ElementsAre(pool(1), pool(2), full_pool(2)));
    EXPECT_THAT(store().pools(std::nullopt, 1).value(), ElementsAre(pool(1)));
    EXPECT_THAT(store().pools(pool(1).key, 10).value(), ElementsAre(pool(2), full_pool(2)));
    EXPECT_THAT(store().pools(full_pool(2).key, 10).value(), IsEmpty());
    harness().reopen();
  }
  ASSERT_TRUE(committed(store(), [&](Unit& unit) {
    EXPECT_EQ(unit.read_pool(changed.key).value(), full_pool(2)) << "what is committed";
    return unit.put_pool(changed);
  }));
  harness().reopen();
  EXPECT_THAT(store().pools(pool(2).key, 10).value(), ElementsAre(changed));
}

TEST_P(Conformance, a_machine_counts_once_in_a_month) {
  const UsageKey january{"acme", "cad", 672, false}, february{"acme", "cad", 673, false};
  const UsageKey by_fact{"acme", "cad", 672, true}, other{"other", "cad", 672, false};
  const auto count = [&](std::initializer_list<std::pair<UsageKey, std::uint8_t>> machines) {
    ASSERT_TRUE(committed(store(), [&](Unit& unit) -> Expected<void> {
      for (const auto& [key, machine] : machines) {
        if (auto done = unit.count_once(key, Bytes16{machine}); !done) return done;
      }
      return {};
    }));
  };
  count({{january, 1}, {january, 2}, {january, 1}, {by_fact, 1}, {other, 1}});
  harness().reopen();
  count({{january, 2}, {january, 3}, {february, 1}});
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(store().usage(0, 9'999).value(),
                ElementsAre(UsageRow{january, 3}, UsageRow{by_fact, 1}, UsageRow{february, 1},
                            UsageRow{other, 1}));
    EXPECT_THAT(store().usage(673, 673).value(), ElementsAre(UsageRow{february, 1}));
    EXPECT_THAT(store().usage(674, 680).value(), IsEmpty());
    harness().reopen();
  }
}

TEST_P(Conformance, who_was_counted_is_forgotten_and_how_many_is_not) {
  const UsageKey january{"acme", "cad", 672, false}, february{"acme", "cad", 673, false};
  ASSERT_TRUE(committed(store(), [&](Unit& unit) -> Expected<void> {
    for (std::uint8_t machine = 1; machine <= 5; ++machine) {
      if (auto done = unit.count_once(january, Bytes16{machine}); !done) return done;
    }
    return unit.count_once(february, Bytes16{1});
  }));
  for (bool more = true; more;) {
    ASSERT_TRUE(committed(store(), [&](Unit& unit) -> Expected<void> {
      const auto rest = unit.forget_members(673, 2);
      if (!rest) return std::unexpected(rest.error());
      more = *rest;
      return {};
    }));
  }
  ASSERT_TRUE(
      committed(store(), [&](Unit& unit) { return unit.count_once(february, Bytes16{1}); }));
  EXPECT_THAT(store().usage(0, 9'999).value(),
              ElementsAre(UsageRow{january, 5}, UsageRow{february, 1}));
}

TEST_P(Conformance, a_tally_that_is_not_committed_leaves_nothing) {
  const UsageKey key{"acme", "cad", 672, false};
  {
    auto unit = store().open({}).value();
    ASSERT_TRUE(unit->put_pool(pool(1)));
    ASSERT_TRUE(unit->count_once(key, Bytes16{1}));
  }
  harness().fill_disk(true);
  EXPECT_FALSE(committed(store(), [&](Unit& unit) -> Expected<void> {
    for (std::uint8_t id = 1; id < 200; ++id) {
      if (auto put = unit.put_pool(full_pool(id)); !put) return put;
    }
    return unit.count_once(key, Bytes16{1});
  }));
  harness().fill_disk(false);
  EXPECT_THAT(store().pools(std::nullopt, 10).value(), IsEmpty());
  EXPECT_THAT(store().usage(0, 9'999).value(), IsEmpty());
}

}  // namespace
}  // namespace muster::store::conformance
