// Machines as people list them: by name and by the day of their last contact.
#include <fmt/format.h>
#include <gmock/gmock.h>

#include <algorithm>
#include <tuple>

#include "base/digest.h"
#include "base/random.h"
#include "store/list_order.h"
#include "support.h"

namespace muster::store::conformance {
namespace {

using std::chrono::days;
using testing::ElementsAre;
using testing::IsEmpty;

void catch_up(Store& store) {
  for (;;) {
    const auto more = store.catch_up();
    ASSERT_TRUE(more) << more.error().sentence();
    if (!*more) return;
  }
}

Bytes16 hash_of(const std::string& name) {
  return name.empty() ? Bytes16{} : first16(sha256(as_bytes(name)));
}

void put(Unit& unit, const GroupKey& group, unsigned number, const std::string& name,
         Instant heard) {
  auto row = machine(number);
  row.last_seen = heard;
  row.name_hash = hash_of(name);
  if (!name.empty()) unit.put_name(row.name_hash, name);
  unit.put_machine(group, row);
}

// The list's CMIDs, through pages of this size.
std::vector<Cmid> list(Store& store, const GroupKey& group, ListOrder order,
                       std::string_view prefix = {}, std::size_t most = 2) {
  std::vector<Cmid> out;
  std::optional<ListPlace> after;
  for (;;) {
    const auto page = store.listed(group, order, prefix, after, most);
    EXPECT_TRUE(page) << page.error().sentence();
    if (!page) return out;
    EXPECT_LE(page->machines.size(), most);
    for (const auto& listed : page->machines) out.push_back(listed.machine.cmid);
    if (!page->more) return out;
    EXPECT_FALSE(page->machines.empty());
    after = page->machines.back().place;
  }
}

TEST_P(Conformance, machines_are_listed_by_name_and_by_day) {
  in_unit(store(), [](Unit& unit) {
    put(unit, kDesktops, 1, "Desk-2", kNoon + days{3});
    put(unit, kDesktops, 2, "desk-1", kNoon);
    put(unit, kDesktops, 3, "", kNoon + days{1});
    put(unit, kDesktops, 4, "lab", kNoon + days{1} + seconds{1});
    put(unit, kDesktops, 5, "desk", kNoon + days{2});
    put(unit, kServers, 6, "desk", kNoon);
  });
  catch_up(store());
  const auto is = [](auto... numbers) { return ElementsAre(cmid(numbers)...); };
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name), is(3, 5, 2, 1, 4));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name_down), is(4, 1, 2, 5, 3));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::contact), is(2, 3, 4, 5, 1));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::contact_down), is(1, 5, 4, 3, 2));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name, "desk"), is(5, 2, 1));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name_down, "desk"), is(1, 2, 5));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name, "desk-2"), is(1));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name, "m"), IsEmpty());
  EXPECT_THAT(list(store(), kServers, ListOrder::name), is(6));
  EXPECT_THAT(list(store(), {"acme", "none"}, ListOrder::name), IsEmpty());
}

TEST_P(Conformance, a_list_shows_rows_as_they_are_now) {
  in_unit(store(), [](Unit& unit) {
    put(unit, kDesktops, 1, "a", kNoon);
    put(unit, kDesktops, 2, "b", kNoon + days{1});
  });
  catch_up(store());
  in_unit(store(), [](Unit& unit) { put(unit, kDesktops, 1, "c", kNoon + days{2}); });
  const auto before = store().listed(kDesktops, ListOrder::name, {}, std::nullopt, 10).value();
  ASSERT_EQ(before.machines.size(), 2U);
  for (const auto& [machine, place] : before.machines) {
    EXPECT_EQ(machine.last_seen, kNoon + days{machine.cmid == cmid(1) ? 2 : 1});
  }
  catch_up(store());
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name), ElementsAre(cmid(2), cmid(1)));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::contact), ElementsAre(cmid(2), cmid(1)));
}

TEST_P(Conformance, a_unit_that_fails_leaves_nothing_in_a_list) {
  in_unit(store(), [](Unit& unit) { put(unit, kDesktops, 1, "b", kNoon); });
  catch_up(store());
  harness().fill_disk(true);
  {
    auto unit = store().open(std::vector{kDesktops}).value();
    put(*unit, kDesktops, 1, "x", kNoon + days{1});
    put(*unit, kDesktops, 2, "a", kNoon);
    // So much that it does not fit.
    for (unsigned n = 100; n < 5000; ++n) put(*unit, kDesktops, n, "a", kNoon);
    EXPECT_FALSE(unit->commit());
  }
  harness().fill_disk(false);
  catch_up(store());
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name), ElementsAre(cmid(1)));
  EXPECT_THAT(list(store(), kDesktops, ListOrder::name, "b"), ElementsAre(cmid(1)));
}

// Activations come first: a host whose disk has no room for a list is no less ready.
TEST_P(Conformance, a_list_that_finds_no_room_waits) {
  in_unit(store(), [](Unit& unit) {
    for (unsigned n = 1; n <= 2000; ++n)
      put(unit, kDesktops, n, fmt::format("desk-{:04}", n), kNoon);
  });
  harness().fill_disk(true);
  catch_up(store());
  harness().fill_disk(false);
  catch_up(store());
  EXPECT_EQ(list(store(), kDesktops, ListOrder::name, "desk-1", 1000).size(), 1000U);
}

// What a list must be, kept the simple way.
struct Known {
  std::string name;
  Instant heard{};
  unsigned made = 0;
};
using Model = std::map<unsigned, Known>;

std::vector<Cmid> expected(const Model& model, ListOrder order, const std::string& prefix) {
  std::vector<std::tuple<std::string, std::int64_t, unsigned, Cmid>> sorted;
  for (const auto& [number, known] : model) {
    const auto name = listed_name(known.name);
    if (is_by_name(order) && !name.starts_with(prefix)) continue;
    sorted.emplace_back(is_by_name(order) ? name : "",
                        is_by_name(order) ? 0 : listed_day(known.heard), known.made, cmid(number));
  }
  std::ranges::sort(sorted, {}, [](const auto& row) {
    return std::tuple(std::get<0>(row), std::get<1>(row), std::get<2>(row));
  });
  if (is_down(order)) std::ranges::reverse(sorted);
  std::vector<Cmid> out;
  out.reserve(sorted.size());
  for (const auto& row : sorted) out.push_back(std::get<3>(row));
  return out;
}

void change_some(Store& store, SeededRandom& random, Model& model) {
  static const std::string names[] = {"", "a", "A-1", "ab", "b", "b\xc3\xbc", "desk"};
  in_unit(store, [&](Unit& unit) {
    for (auto left = random.below(12); left > 0; --left) {
      const auto number = static_cast<unsigned>(random.below(40));
      auto& known = model[number];
      if (known.made == 0) known.made = static_cast<unsigned>(model.size());
      known.name = names[random.below(std::size(names))];
      known.heard = kNoon + seconds{static_cast<std::int64_t>(random.below(400'000))};
      put(unit, kDesktops, number, known.name, known.heard);
    }
  });
}

TEST_P(Conformance, lists_follow_whatever_happens) {
  SeededRandom random(7);
  Model model;
  for (int round = 0; round < 60; ++round) {
    change_some(store(), random, model);
    // Sometimes there is a little time, sometimes none, sometimes a restart before there was any.
    for (auto parts = random.below(3); parts > 0; --parts) ASSERT_TRUE(store().catch_up());
    if (random.below(8) == 0) harness().reopen();
    if (random.below(3) != 0) continue;
    catch_up(store());
    for (const auto order :
         {ListOrder::name, ListOrder::name_down, ListOrder::contact, ListOrder::contact_down}) {
      for (const std::string prefix : {"", "a", "b\xc3\xbc"}) {
        if (!is_by_name(order) && !prefix.empty()) continue;
        ASSERT_EQ(list(store(), kDesktops, order, prefix, 1 + random.below(9)),
                  expected(model, order, prefix))
            << "round " << round << ", order " << static_cast<int>(order) << ", '" << prefix << "'";
      }
    }
  }
}

}  // namespace
}  // namespace muster::store::conformance
