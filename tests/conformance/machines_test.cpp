// Rows of machines: by CMID, by primary fact, by page.
#include <gmock/gmock.h>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Optional;

core::Machine full_machine() {
  auto out = machine(1, 9);
  out.facts.add("machine_id", fact(3));
  out.facts.add("product_uuid", fact(4));
  out.facts.add("another_kind", fact(5));
  out.earlier.resize(core::Machine::kEarlierMost);
  out.earlier[0].add("machine_id", fact(6));
  out.number = 1'000'000'007;
  out.nonce = fact(77);
  out.last_seen = kNoon + seconds{86'400};
  out.uses = {{"acme-cad", kNoon, kNoon + seconds{1}, kNoon + seconds{2}},
              {"acme-sim", kNoon, {}, {}}};
  out.evidence_seen = 0x7FE;
  out.evidence = core::Evidence::foreign_ticket;
  out.name_hash = fact(78);
  out.address_hash = fact(79);
  out.is_virtual = false;
  out.state = LicenceState::extended_grace;
  out.requests = 4'000'000'000;
  out.last_event = {3, 1'000'000'000'000};
  return out;
}

std::vector<Cmid> cmids(const std::vector<core::Machine>& machines) {
  std::vector<Cmid> out;
  for (const auto& row : machines) out.push_back(row.cmid);
  return out;
}

TEST_P(Conformance, a_row_comes_back_as_it_was_put) {
  const auto row = full_machine();
  in_unit(store(), [&](Unit& unit) { unit.put_machine(kDesktops, row); });
  EXPECT_THAT(store().machine(kDesktops, row.cmid).value(), Optional(row));
  harness().reopen();
  EXPECT_THAT(store().machine(kDesktops, row.cmid).value(), Optional(row));
  auto unit = store().open(std::vector{kDesktops});
  std::vector<std::optional<core::Machine>> rows;
  ASSERT_TRUE((*unit)->read_machines(kDesktops, std::vector{row.cmid}, rows));
  EXPECT_THAT(rows, ElementsAre(Optional(row)));
}

TEST_P(Conformance, a_row_put_again_is_the_later_one) {
  auto row = full_machine();
  in_unit(store(), [&](Unit& unit) { unit.put_machine(kDesktops, row); });
  row.name_hash = {};
  row.is_virtual = true;
  row.evidence = std::nullopt;
  row.uses.pop_back();
  in_unit(store(), [&](Unit& unit) {
    unit.put_machine(kDesktops, machine(1));
    unit.put_machine(kDesktops, row);
  });
  EXPECT_THAT(all_machines(store(), kDesktops), ElementsAre(row));
}

TEST_P(Conformance, rows_are_read_in_the_order_asked_with_what_the_unit_has_put) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 3; ++i) unit.put_machine(kDesktops, machine(i));
    unit.put_machine(kServers, machine(4));
  });
  in_unit(store(), [](Unit& unit) {
    auto changed = machine(2);
    changed.requests = 2;
    unit.put_machine(kDesktops, changed);
    unit.put_machine(kDesktops, machine(5));
    std::vector<std::optional<core::Machine>> rows(17);
    const std::vector asked{cmid(5), cmid(3), cmid(4), cmid(2), cmid(3)};
    ASSERT_TRUE(unit.read_machines(kDesktops, asked, rows));
    EXPECT_THAT(rows, ElementsAre(machine(5), machine(3), std::nullopt, changed, machine(3)));
    ASSERT_TRUE(unit.read_machines(kDesktops, {}, rows));
    EXPECT_THAT(rows, IsEmpty());
  });
}

TEST_P(Conformance, one_cmid_has_a_row_in_every_group) {
  in_unit(store(), [](Unit& unit) {
    unit.put_machine(kServers, machine(1, 2));
    unit.put_machine(kDesktops, machine(1));
  });
  EXPECT_THAT(store().machines_of(cmid(1)).value(),
              ElementsAre(std::pair(kDesktops, machine(1)), std::pair(kServers, machine(1, 2))));
  EXPECT_THAT(store().machines_of(cmid(2)).value(), IsEmpty());
  EXPECT_EQ(store().machine(GroupKey{"nobody", "desktop"}, cmid(1)).value(), std::nullopt);
}

TEST_P(Conformance, pages_give_every_row_once_in_cmid_order) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 21; ++i) unit.put_machine(kDesktops, machine(i));
    for (unsigned i = 100; i <= 105; ++i) unit.put_machine(kServers, machine(i));
  });
  const auto all = all_machines(store(), kDesktops);
  EXPECT_EQ(all.size(), 21U);
  EXPECT_TRUE(std::ranges::is_sorted(all, {}, &core::Machine::cmid));
  // 21 is three pages of 7: the last page says that it is the last.
  const auto last = store().machines(kDesktops, all[13].cmid, 7).value();
  EXPECT_EQ(last.machines.size(), 7U);
  EXPECT_EQ(last.next, std::nullopt);
  EXPECT_EQ(store().machines(kDesktops, std::nullopt, 0).value().machines.size(), 1U);
  EXPECT_THAT(store().machines(GroupKey{"x", "y"}, std::nullopt, 9).value().machines, IsEmpty());
}

TEST_P(Conformance, a_page_holds_a_thousand_rows_at_most) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 1001; ++i) unit.put_machine(kDesktops, machine(i));
  });
  const auto page = store().machines(kDesktops, std::nullopt, 5000).value();
  EXPECT_EQ(page.machines.size(), 1000U);
  EXPECT_EQ(page.next, page.machines.back().cmid);
}

// ---- by primary fact

TEST_P(Conformance, rows_of_a_fact_come_most_recently_heard_first_and_at_most_eight) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 10; ++i) {
      auto row = machine(i, 5);
      row.last_seen = kNoon + seconds{i % 3};
      unit.put_machine(kDesktops, row);
    }
    unit.put_machine(kDesktops, machine(20, 6));
    unit.put_machine(kDesktops, machine(21));
    unit.put_machine(kServers, machine(22, 5));
  });
  const auto rows = store().machines_by_fact(kDesktops, fact(5)).value();
  EXPECT_THAT(cmids(rows),
              ElementsAre(cmid(8), cmid(5), cmid(2), cmid(10), cmid(7), cmid(4), cmid(1), cmid(9)));
  EXPECT_THAT(store().machines_by_fact(kDesktops, fact(7)).value(), IsEmpty());
  EXPECT_THAT(store().machines_by_fact(GroupKey{"x", "y"}, fact(5)).value(), IsEmpty());
}

TEST_P(Conformance, of_many_rows_of_a_fact_only_the_first_and_the_last_made_are_seen) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned i = 1; i <= 200; ++i) unit.put_machine(kDesktops, machine(i, 5));
  });
  const auto heard = [&](unsigned number) {
    in_unit(store(), [&](Unit& unit) {
      auto row = machine(number, 5);
      row.last_seen = kNoon + seconds{number};
      unit.put_machine(kDesktops, row);
    });
    return store().machines_by_fact(kDesktops, fact(5)).value().front().cmid == cmid(number);
  };
  EXPECT_FALSE(heard(9));
  EXPECT_TRUE(heard(8));
  EXPECT_FALSE(heard(136));
  EXPECT_TRUE(heard(137));
  EXPECT_TRUE(heard(200));
}

void expect_put_among_the_rows(Store& store, bool expected) {
  in_unit(store, [](Unit& unit) {
    for (unsigned i = 1; i <= 4; ++i) unit.put_machine(kDesktops, machine(i, 5));
  });
  in_unit(store, [&](Unit& unit) {
    std::vector<core::Machine> rows;
    if (expected) {
      ASSERT_TRUE(unit.expect_facts(kDesktops, std::vector{fact(5), fact(6), fact(5), fact(7)}));
      ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(7), rows));
      EXPECT_THAT(rows, IsEmpty());
      ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(5), rows));
      EXPECT_THAT(rows, ElementsAre(machine(4, 5), machine(3, 5), machine(2, 5), machine(1, 5)));
    }
    auto heard = machine(2, 5);
    heard.last_seen = kNoon + seconds{1};
    unit.put_machine(kDesktops, heard);          // heard again
    unit.put_machine(kDesktops, machine(3, 6));  // has other facts now
    unit.put_machine(kDesktops, machine(4));     // gives none now
    unit.put_machine(kDesktops, machine(9, 5));  // new
    ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(5), rows));
    EXPECT_THAT(rows, ElementsAre(heard, machine(9, 5), machine(1, 5)));
    ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(6), rows));
    EXPECT_THAT(rows, ElementsAre(machine(3, 6)));
    unit.put_machine(kDesktops, machine(3, 5));  // and back
    ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(5), rows));
    EXPECT_THAT(rows, ElementsAre(heard, machine(9, 5), machine(3, 5), machine(1, 5)));
    ASSERT_TRUE(unit.read_by_fact(kDesktops, fact(6), rows));
    EXPECT_THAT(rows, IsEmpty());
    ASSERT_TRUE(unit.read_by_fact(kServers, fact(5), rows));
    EXPECT_THAT(rows, IsEmpty());
  });
  EXPECT_EQ(store.machine(kDesktops, cmid(3)).value(), machine(3, 5));
  EXPECT_EQ(store.machine(kDesktops, cmid(4)).value(), machine(4));
}

TEST_P(Conformance, a_unit_sees_what_it_has_put_among_the_rows_of_a_fact) {
  expect_put_among_the_rows(store(), false);
}

TEST_P(Conformance, also_of_a_fact_that_was_read_before) {
  expect_put_among_the_rows(store(), true);
}

}  // namespace
}  // namespace muster::store::conformance
