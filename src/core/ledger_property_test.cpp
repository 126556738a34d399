#include <rapidcheck.h>

#include <map>

#include "core/testing/ledger_trace.h"

namespace muster::core {
namespace {

// Any mixture of machines, clones, installations anew, releases and restores.
class LedgerProperty : public testing::LedgerTrace {
 public:
  void draw(bool with_restores) {
    policy.limit = *rc::gen::inRange(1U, 8U);
    policy.match = *rc::gen::element(Match::any, Match::most, Match::all);
    policy.reactivation = *rc::gen::element(Reactivation::free, Reactivation::counts);
    const auto steps = *rc::gen::inRange(1, 80);
    auto saved = std::pair(record, places);
    for (int i = 0; i < steps; ++i) {
      now += std::chrono::hours(1);
      const auto what = *rc::gen::inRange(0, with_restores ? 12 : 10);
      if (what < 8) {
        one_asks();
      } else if (what < 10) {
        one_is_released();
      } else if (what == 10) {
        saved = {record, places};
      } else {
        std::tie(record, places) = saved;
      }
      check();
    }
  }

 private:
  void one_asks() {
    KeyAsk asked;
    asked.cmid = cmid(std::to_string(*rc::gen::inRange(0, 12)));
    asked.facts = facts_on("pc-" + std::to_string(*rc::gen::inRange(0, 6)) + ",os-" +
                           std::to_string(*rc::gen::inRange(0, 6)));
    const auto held = held_.find(asked.cmid);
    if (held != held_.end() && *rc::gen::arbitrary<bool>()) asked.shown = held->second;
    const auto before = places;
    const auto used = record.used();
    const auto decision = ask(asked);
    RC_ASSERT(decision.gain.has_value() != decision.error.has_value());
    RC_ASSERT(decision.place.has_value() == decision.gain.has_value());
    if (!decision.place) {
      RC_ASSERT(record.used() == used);
      return;
    }
    const auto& place = *decision.place;
    held_.insert_or_assign(asked.cmid, ShownPlace{place.number, place.turn, asked.facts, now});
    const auto row = before.find(place.number);
    if (decision.gain == Gain::sold) {
      RC_ASSERT((row == before.end() || row->second.released.has_value()));
      RC_ASSERT(record.used() == used + 1);
    }
    // Whoever gets a place that was sold is the machine that it was sold to.
    if (decision.gain == Gain::again || decision.gain == Gain::reinstalled) {
      const auto& facts = row->second.facts;
      RC_ASSERT((same_machine(facts, asked.facts, policy.match) ||
                 *facts.find("product_uuid") == *asked.facts.find("product_uuid")));
      RC_ASSERT((place.turn == row->second.turn && record.used() == used));
    }
  }

  void one_is_released() {
    if (places.empty()) return;
    auto at = places.begin();
    std::advance(at, *rc::gen::inRange<std::size_t>(0, places.size()));
    (void)release(policy, record, at->second, now);
  }

  void check() const {
    RC_ASSERT(record.used() <= policy.limit);
    RC_ASSERT(record.sold <= policy.limit);
    std::uint32_t free = 0;
    for (const auto& [number, place] : places) {
      RC_ASSERT((number == place.number && number <= record.sold));
      if (place.released) ++free;
    }
    RC_ASSERT(free == record.released);  // no place is lost, none is there twice
  }

  std::map<Cmid, ShownPlace> held_;
};

TEST(LedgerProperties, NeverOverTheLimitAndNoPlaceIsLost) {
  EXPECT_TRUE(rc::check([] { LedgerProperty().draw(false); }));
}

TEST(LedgerProperties, NorWhereTheLedgerIsRestoredAgainAndAgain) {
  EXPECT_TRUE(rc::check([] { LedgerProperty().draw(true); }));
}

// Without a restore, place and turn name one machine for ever.
TEST(LedgerProperties, PlaceAndTurnAreNeverGivenToTwoMachines) {
  EXPECT_TRUE(rc::check([] {
    LedgerProperty ledger;
    ledger.policy.limit = *rc::gen::inRange(1U, 6U);
    std::map<std::pair<std::uint32_t, std::uint32_t>, int> holders;
    const auto steps = *rc::gen::inRange(1, 60);
    for (int i = 0; i < steps; ++i) {
      ledger.now += seconds(1);
      const int machine = *rc::gen::inRange(0, 12);
      if (*rc::gen::inRange(0, 4) == 0) {
        for (auto& [number, place] : ledger.places) {
          if (place.cmid != LedgerProperty::cmid(std::to_string(machine))) continue;
          (void)release(ledger.policy, ledger.record, place, ledger.now);
        }
        continue;
      }
      KeyAsk asked;
      asked.cmid = LedgerProperty::cmid(std::to_string(machine));
      asked.facts = LedgerProperty::facts_on("pc-" + std::to_string(machine));
      const auto decision = ledger.ask(asked);
      if (!decision.place) continue;
      const auto [at, is_new] =
          holders.try_emplace({decision.place->number, decision.place->turn}, machine);
      RC_ASSERT(at->second == machine);
      RC_ASSERT(is_new == (decision.gain == Gain::sold));
    }
  }));
}

TEST(LedgerProperties, ReconcileNeverGoesOverTheLimitAndNeverBelowTheLedger) {
  EXPECT_TRUE(rc::check([] {
    LedgerProperty ledger;
    ledger.draw(true);
    const auto before = ledger.record;
    const auto used = *rc::gen::inRange(0U, 10U);
    const auto released = ledger.released();
    const auto changed = reconcile(ledger.policy, ledger.record, used, released, ledger.now);
    RC_ASSERT((changed.has_value() == (used >= before.used() && used <= ledger.policy.limit)));
    if (!changed) {
      RC_ASSERT(ledger.record == before);
      return;
    }
    RC_ASSERT(changed->size() == places_forgotten(ledger.policy, before, used));
    RC_ASSERT((ledger.record.used() == used && ledger.record.sold <= ledger.policy.limit));
    RC_ASSERT(!ledger.record.behind);
  }));
}

}  // namespace
}  // namespace muster::core
