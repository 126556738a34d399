// The ledger: keys and the places of their limits.
#include <gmock/gmock.h>

#include <functional>

#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

const MakId kKey{"acme", "kkkkkkkkkkkkkkkkkkkkkk"};
const MakId kOther{"acme", "llllllllllllllllllllll"};
const std::vector<MakId> kKeys{kKey, kOther};

// A place of a machine with a product_uuid and a machine_id of these numbers.
core::KeyPlace place(std::uint32_t number, unsigned who, unsigned uuid, unsigned id) {
  core::KeyPlace out;
  out.number = number;
  out.cmid = cmid(who);
  out.facts.add("product_uuid", fact(1000 + uuid));
  out.facts.add("machine_id", fact(2000 + id));
  out.sold = kNoon + seconds{number};
  out.asked = kNoon + seconds{number + 60};
  out.last_event = {1, number};
  return out;
}

core::KeyPlace released(core::KeyPlace place, int second) {
  place.released = kNoon + seconds{second};
  return place;
}

std::vector<std::uint32_t> numbers(const std::vector<core::KeyPlace>& places) {
  std::vector<std::uint32_t> out;
  for (const auto& one : places) out.push_back(one.number);
  return out;
}

void in_ledger(Store& store, const std::function<void(Unit&)>& body) {
  auto unit = store.open({}, kKeys);
  ASSERT_TRUE(unit) << unit.error().sentence();
  body(**unit);
  const auto committed = (*unit)->commit();
  ASSERT_TRUE(committed) << committed.error().sentence();
}

void put(Unit& unit, const MakId& key, const core::KeyPlace& one) {
  const auto done = unit.put_place(key, one);
  EXPECT_TRUE(done) << done.error().sentence();
}

std::vector<std::uint32_t> near(Unit& unit, const MakId& key, unsigned who, const Facts& facts) {
  std::vector<core::KeyPlace> out;
  EXPECT_TRUE(unit.read_places(key, cmid(who), facts, out));
  return numbers(out);
}

std::vector<std::uint32_t> released_of(Unit& unit, std::size_t most) {
  std::vector<core::KeyPlace> out;
  EXPECT_TRUE(unit.read_released(kKey, most, out));
  return numbers(out);
}

TEST_P(Conformance, a_ledger_keeps_keys_and_places_as_they_were_put) {
  core::KeyRecord record{.sold = 7, .released = 1, .behind = true, .blocked = true};
  record.reconciled = kNoon;
  auto full = released(place(7, 1, 1, 1), 9);
  full.turn = 3;
  full.name_hash = fact(78);
  full.last_event = {3, 1'000'000'000'000};
  full.facts.add("set", fact(5));
  core::KeyPlace forgotten;
  forgotten.number = 2;
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_EQ(unit.read_key(kKey).value(), std::nullopt);
    EXPECT_TRUE(unit.put_key(kKey, record));
    EXPECT_EQ(unit.read_key(kKey).value(), record) << "what the unit has put";
    put(unit, kKey, full);
    put(unit, kKey, forgotten);
    EXPECT_EQ(unit.read_place(kKey, 7).value(), full);
  });
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(store().keys().value(), ElementsAre(Pair(kKey, record)));
    EXPECT_THAT(store().places(kKey, 0).value(), ElementsAre(forgotten, full));
    in_ledger(store(), [&](Unit& unit) {
      EXPECT_EQ(unit.read_place(kKey, 7).value(), full);
      EXPECT_EQ(unit.read_place(kKey, 1).value(), std::nullopt);
      EXPECT_EQ(unit.read_place(kOther, 7).value(), std::nullopt);
      EXPECT_EQ(unit.read_key(kOther).value(), std::nullopt);
    });
    harness().reopen();
  }
}

TEST_P(Conformance, a_record_and_a_place_take_the_place_of_those_before) {
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 1}));
    put(unit, kKey, place(1, 1, 1, 1));
  });
  const auto anew = place(1, 2, 1, 9);
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 1, .blocked = true}));
    put(unit, kKey, anew);
    // It is found by what it is now, and by nothing that it was.
    EXPECT_THAT(near(unit, kKey, 2, {}), ElementsAre(1));
    EXPECT_THAT(near(unit, kKey, 1, {}), IsEmpty());
    EXPECT_THAT(near(unit, kKey, 9, place(1, 1, 9, 9).facts), ElementsAre(1));
    EXPECT_THAT(near(unit, kKey, 9, place(1, 1, 9, 1).facts), IsEmpty());
  });
  harness().reopen();
  EXPECT_TRUE(store().keys()->front().second.blocked);
  EXPECT_THAT(store().places(kKey, 0).value(), ElementsAre(anew));
}

TEST_P(Conformance, places_are_found_by_cmid_and_by_each_fact) {
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 5}));
    EXPECT_TRUE(unit.put_key(kOther, {.sold = 1}));
    put(unit, kKey, place(1, 1, 1, 1));
    put(unit, kKey, place(2, 2, 2, 1));
    put(unit, kKey, place(3, 1, 3, 3));
    put(unit, kKey, released(place(4, 4, 2, 4), 1));
    put(unit, kKey, place(5, 5, 5, 5));
    put(unit, kOther, place(1, 1, 1, 1));
  });
  for (int again = 0; again < 2; ++again) {
    in_ledger(store(), [&](Unit& unit) {
      EXPECT_THAT(near(unit, kKey, 1, {}), ElementsAre(1, 3));
      EXPECT_THAT(near(unit, kKey, 99, place(9, 9, 2, 1).facts), ElementsAre(1, 2))
          << "4 is held by nobody";
      EXPECT_THAT(near(unit, kKey, 5, place(9, 9, 5, 5).facts), ElementsAre(5)) << "each once";
      EXPECT_THAT(near(unit, kKey, 99, place(9, 9, 9, 9).facts), IsEmpty());
      EXPECT_THAT(near(unit, kOther, 2, place(9, 9, 2, 1).facts), ElementsAre(1));
    });
    harness().reopen();
  }
}

TEST_P(Conformance, of_very_many_places_with_one_fact_the_last_sold_are_read) {
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 100}));
    for (unsigned i = 1; i <= 100; ++i) put(unit, kKey, place(i, i, i, 1));
    const auto found = near(unit, kKey, 7, place(9, 9, 3, 1).facts);
    ASSERT_EQ(found.size(), kPlacesNear + 2) << "64 by the machine_id, the CMID's, the uuid's";
    EXPECT_THAT(std::vector(found.begin(), found.begin() + 3), ElementsAre(3, 7, 37));
    EXPECT_EQ(found.back(), 100U);
  });
}

TEST_P(Conformance, however_many_places_a_machine_gave_back_the_one_it_holds_is_found) {
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 100, .released = 99}));
    for (unsigned i = 1; i <= 100; ++i) {
      put(unit, kKey, place(i, 1, 1, 1));
      if (i > 1) put(unit, kKey, released(place(i, 1, 1, 1), static_cast<int>(i)));
    }
    EXPECT_THAT(near(unit, kKey, 1, {}), ElementsAre(1));
    put(unit, kKey, place(50, 1, 1, 1));
  });
  harness().reopen();
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_THAT(near(unit, kKey, 1, {}), ElementsAre(1, 50));
    EXPECT_THAT(near(unit, kKey, 9, place(9, 9, 1, 9).facts), ElementsAre(1, 50)) << "by a fact";
  });
}

TEST_P(Conformance, released_places_come_in_the_order_of_their_release) {
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 5, .released = 4}));
    put(unit, kKey, released(place(1, 1, 1, 1), 30));
    put(unit, kKey, released(place(2, 2, 2, 2), 10));
    put(unit, kKey, place(3, 3, 3, 3));
    put(unit, kKey, released(place(4, 4, 4, 4), 20));
    put(unit, kKey, released(place(5, 5, 5, 5), 10));
  });
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_THAT(released_of(unit, 9), ElementsAre(2, 5, 4, 1));
    EXPECT_THAT(released_of(unit, 1), ElementsAre(2));
    put(unit, kKey, place(2, 6, 6, 6));
    EXPECT_THAT(released_of(unit, 2), ElementsAre(5, 4)) << "what the unit has sold again";
  });
}

TEST_P(Conformance, places_are_read_by_page) {
  constexpr std::uint32_t kMany = kPlacesPage + 3;
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = kMany}));
    for (std::uint32_t i = 1; i <= kMany; ++i) put(unit, kKey, place(i, i % 50, i, i));
  });
  const auto first = store().places(kKey, 0).value();
  EXPECT_EQ(first.size(), kPlacesPage);
  EXPECT_EQ(first.back().number, kPlacesPage);
  EXPECT_THAT(numbers(store().places(kKey, kPlacesPage).value()), ElementsAre(1001, 1002, 1003));
  EXPECT_THAT(store().places(kKey, kMany).value(), IsEmpty());
  EXPECT_THAT(store().places(kOther, 0).value(), IsEmpty());
}

TEST_P(Conformance, a_unit_that_is_not_committed_sells_nothing) {
  const core::KeyRecord before{.sold = 1};
  in_ledger(store(), [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, before));
    put(unit, kKey, place(1, 1, 1, 1));
  });
  const auto sell = [&](Unit& unit) {
    EXPECT_TRUE(unit.put_key(kKey, {.sold = 2}));
    EXPECT_TRUE(unit.put_key(kOther, {.sold = 9}));
    put(unit, kKey, place(2, 2, 2, 2));
    put(unit, kKey, released(place(1, 1, 1, 1), 1));
    EXPECT_THAT(store().keys().value(), ElementsAre(Pair(kKey, before))) << "seen before commit";
  };
  const auto expect_unchanged = [&] {
    EXPECT_THAT(store().keys().value(), ElementsAre(Pair(kKey, before)));
    EXPECT_THAT(store().places(kKey, 0).value(), ElementsAre(place(1, 1, 1, 1)));
    auto unit = store().open({}, kKeys).value();
    EXPECT_EQ(unit->read_key(kKey).value(), before);
    EXPECT_EQ(unit->read_key(kOther).value(), std::nullopt);
    EXPECT_THAT(near(*unit, kKey, 9, place(9, 9, 2, 2).facts), IsEmpty());
    EXPECT_THAT(released_of(*unit, 9), IsEmpty());
  };
  sell(*store().open({}, kKeys).value());
  expect_unchanged();
  {
    auto unit = store().open({}, kKeys).value();
    sell(*unit);
    harness().fill_disk(true);
    const auto committed = unit->commit();
    ASSERT_FALSE(committed);
    EXPECT_EQ(committed.error().code, ErrorCode::store_unavailable);
  }
  harness().fill_disk(false);
  expect_unchanged();
  harness().reopen();
  expect_unchanged();
}

TEST_P(Conformance, groups_and_keys_are_changed_in_one_unit) {
  auto unit = store().open(std::vector{kDesktops}, kKeys).value();
  ask(*unit, kDesktops, 1, kNoon);
  EXPECT_TRUE(unit->put_key(kKey, {.sold = 1}));
  put(*unit, kKey, place(1, 1, 1, 1));
  unit->append(event(1));
  ASSERT_TRUE(unit->commit());
  unit.reset();
  harness().reopen();
  EXPECT_EQ(store().keys()->size(), 1U);
  EXPECT_EQ(seen(store(), kDesktops)->active, 1U);
  EXPECT_EQ(all_events(store()).size(), 1U);
}

}  // namespace
}  // namespace muster::store::conformance
