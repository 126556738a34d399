// The ledger decided on what a store gives back, against the same requests decided on a ledger that
// is kept in memory as a whole.
#include <rapidcheck.h>

#include "core/testing/ledger_trace.h"
#include "support.h"

namespace muster::store::conformance {
namespace {

const MakId kKey{"acme", "kkkkkkkkkkkkkkkkkkkkkk"};

class Asking {
 public:
  Asking(Unit& unit, const core::testing::LedgerTrace& plain) : unit_(unit), plain_(plain) {}

  core::KeyDecision ask(const core::KeyAsk& asked) {
    const auto record = unit_.read_key(kKey).value();
    std::vector<core::KeyPlace> near;
    std::vector<core::KeyPlace> released;
    RC_ASSERT(unit_.read_places(kKey, asked.cmid, asked.facts, near).has_value());
    RC_ASSERT(unit_.read_released(kKey, 1, released).has_value());
    std::optional<core::KeyPlace> shown;
    if (asked.shown) shown = unit_.read_place(kKey, asked.shown->number).value();
    const auto out = core::decide(plain_.policy, record.value_or(core::KeyRecord{}), asked,
                                  {.near = near,
                                   .shown = shown ? &*shown : nullptr,
                                   .released = released.empty() ? nullptr : &released.front()},
                                  plain_.now);
    RC_ASSERT(unit_.put_key(kKey, out.record).has_value());
    if (out.place) {
      const auto done = unit_.put_place(kKey, *out.place);
      RC_ASSERT(done.has_value());
    }
    return out;
  }
  void release(std::uint32_t number) {
    auto record = unit_.read_key(kKey).value().value();
    auto place = unit_.read_place(kKey, number).value().value();
    if (!core::release(plain_.policy, record, place, plain_.now)) return;
    RC_ASSERT(unit_.put_key(kKey, record).has_value());
    RC_ASSERT(unit_.put_place(kKey, place).has_value());
  }

 private:
  Unit& unit_;
  const core::testing::LedgerTrace& plain_;
};

core::KeyAsk some_ask(const std::map<Cmid, core::ShownPlace>& held) {
  using core::testing::LedgerTrace;
  core::KeyAsk out;
  out.cmid = LedgerTrace::cmid(std::to_string(*rc::gen::inRange(0, 8)));
  out.facts = LedgerTrace::facts_on("pc-" + std::to_string(*rc::gen::inRange(0, 5)) + ",os-" +
                                    std::to_string(*rc::gen::inRange(0, 5)));
  const auto at = held.find(out.cmid);
  if (at != held.end() && *rc::gen::arbitrary<bool>()) out.shown = at->second;
  return out;
}

void expect_same(Store& store, const core::testing::LedgerTrace& plain) {
  const auto keys = store.keys().value();
  RC_ASSERT((keys.size() == 1U && keys.front().second == plain.record));
  std::vector<core::KeyPlace> places;
  for (const auto& [number, place] : plain.places) places.push_back(place);
  RC_ASSERT(store.places(kKey, 0).value() == places);
}

// Requests and releases in units of some, of which every fourth is not committed.
void draw(Store& store) {
  core::testing::LedgerTrace plain;
  plain.policy.limit = *rc::gen::inRange(1U, 7U);
  plain.policy.match = *rc::gen::element(Match::any, Match::most, Match::all);
  std::map<Cmid, core::ShownPlace> held;
  const auto units = *rc::gen::inRange(1, 12);
  for (int i = 0; i < units; ++i) {
    const auto before = std::pair(plain.record, plain.places);
    const bool committed = *rc::gen::inRange(0, 4) > 0;
    auto unit = store.open({}, {&kKey, 1}).value();
    RC_ASSERT(unit->put_key(kKey, plain.record).has_value());
    Asking asking(*unit, plain);
    const auto requests = *rc::gen::inRange(1, 8);
    for (int n = 0; n < requests; ++n) {
      plain.now += seconds(1);
      if (!plain.places.empty() && *rc::gen::inRange(0, 4) == 0) {
        auto& [number, place] = *plain.places.begin();
        asking.release(number);
        (void)core::release(plain.policy, plain.record, place, plain.now);
        continue;
      }
      const auto asked = some_ask(held);
      const auto found = asking.ask(asked);
      const auto expected = plain.ask(asked);
      RC_ASSERT((found.error == expected.error && found.gain == expected.gain));
      RC_ASSERT((found.record == expected.record && found.place == expected.place));
      if (found.place && committed) {
        held.insert_or_assign(asked.cmid, core::ShownPlace{found.place->number, found.place->turn,
                                                           asked.facts, found.place->sold});
      }
    }
    if (committed) {
      RC_ASSERT(unit->commit().has_value());
    } else {
      std::tie(plain.record, plain.places) = before;
    }
    unit.reset();
    if (committed) expect_same(store, plain);
  }
}

TEST_P(Conformance, a_ledger_decides_on_what_is_stored_as_on_what_it_remembers) {
  EXPECT_TRUE(rc::check([] {
    const auto harness = GetParam().make();
    draw(harness->store());
  }));
}

}  // namespace
}  // namespace muster::store::conformance
