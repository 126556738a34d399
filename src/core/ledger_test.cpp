#include "core/ledger.h"

#include "core/testing/ledger_trace.h"

namespace muster::core {
namespace {

struct Ledger : ::testing::Test, testing::LedgerTrace {};

TEST_F(Ledger, SellsPlacesOneAfterTheOtherUpToTheLimit) {
  run(R"(
    +1h  A  ->  sold           place=1  turn=1  used=1
    +1h  B  ->  sold           place=2  turn=1  used=2
    +1h  C  ->  sold           place=3  turn=1  used=3
    +1h  D  ->  limit_reached  used=3
    +1h  E  ->  limit_reached  used=3
  )");
}

TEST_F(Ledger, TheSameMachineHasItsPlaceAgainHoweverOftenItAsks) {
  run(R"(
    +1h    A  ->  sold   place=1  used=1
    +0s    A  ->  again  place=1  used=1
    +400d  A  ->  again  place=1  turn=1  used=1
    +1h    B*2  ->  sold  used=3
    +1h    A  ->  again  place=1  used=3
  )");
}

// A revert or a failover of the disk brings the same CMID and the same facts; a clone brings the
// CMID alone.
TEST_F(Ledger, ACloneOnAnotherMachineIsAnotherMachine) {
  run(R"(
    +1h  A                ->  sold           place=1
    +1h  A  on=pc-2,os-A  ->  sold           place=2  used=2
    +1h  A                ->  again          place=1
    +1h  A  on=pc-2,os-A  ->  again          place=2
    +1h  A  on=pc-3,os-A  ->  sold           place=3
    +1h  A  on=pc-4,os-A  ->  limit_reached
    +1h  A  on=pc-3,os-A  ->  again          place=3  used=3
  )");
}

TEST_F(Ledger, AnInstallationAnewOnTheSameHardwareIsFreeWhereThePolicySaysSo) {
  run(R"(
    +1h  A   on=pc-1,os-1  ->  sold         place=1
    +1h  A2  on=pc-1,os-2  ->  reinstalled  place=1  used=1
    +1h  A2  on=pc-1,os-2  ->  again        place=1  used=1
    +1h  A3  on=pc-1,os-1  ->  reinstalled  place=1  turn=1  used=1
    +1h  A4  on=pc-9,os-1  ->  sold         place=2
  )");
}

TEST_F(Ledger, AnInstallationAnewCountsWhereThePolicySaysSo) {
  policy.reactivation = Reactivation::counts;
  run(R"(
    +1h  A   on=pc-1,os-1  ->  sold           place=1
    +1h  A2  on=pc-1,os-2  ->  sold           place=2
    +1h  A2  on=pc-1,os-2  ->  again          place=2  used=2
    +1h  A3  on=pc-1,os-3  ->  sold           place=3
    +1h  A4  on=pc-1,os-4  ->  limit_reached
    +1h  A3  on=pc-1,os-3  ->  again          place=3  used=3
  )");
}

struct MatchRow {
  Match match;
  const char* on;  // of the same CMID, whose place was sold on pc-1,os-1
  const char* then;
};

TEST_F(Ledger, HowManyFactsMustAgreeIsTheKeysToSay) {
  const MatchRow table[] = {
      {Match::any, "pc-2,os-1", "again"},
      {Match::any, "pc-2,os-2", "sold"},
      {Match::most, "pc-2,os-1", "sold"},
      {Match::most, "pc-1,os-1", "again"},
      {Match::all, "pc-2,os-1", "sold"},
      {Match::all, "pc-1,os-1", "again"},
      {Match::most, ",os-1", "again"},
      {Match::all, ",os-2", "sold"},
      {Match::most, "set:other", "sold"},
      // One fact of two is not most, but the hardware is the same: free.
      {Match::most, "pc-1,os-2", "reinstalled"},
      {Match::all, "pc-1,os-2", "reinstalled"},
  };
  for (const auto& row : table) {
    record = {};
    places.clear();
    policy.match = row.match;
    run("+1h A on=pc-1,os-1 -> sold place=1");
    run(std::string("+1h A on=") + row.on + " -> " + row.then);
  }
}

// Otherwise a machine that takes over one fact after the other would carry the place to another.
TEST_F(Ledger, APlaceDoesNotWanderWithFactsThatChangeOneByOne) {
  policy.match = Match::any;
  run(R"(
    +1h  A  on=pc-1,os-1  ->  sold   place=1
    +1h  A  on=pc-1,os-2  ->  again  place=1
    +1h  A  on=pc-2,os-2  ->  sold   place=2
    +1h  A  on=pc-1,os-1  ->  again  place=1
  )");
}

TEST_F(Ledger, AFactThatWasNotKnownIsLearnt) {
  run(R"(
    +1h  A   on=,os-1      ->  sold         place=1
    +1h  A   on=pc-1,os-1  ->  again        place=1
    +1h  A2  on=pc-1,os-2  ->  reinstalled  place=1  used=1
  )");
}

TEST_F(Ledger, AReleasedPlaceIsTheLastChoiceAndItsTurnIsOneMore) {
  run(R"(
    +1h  A*2           ->  sold           used=2
    +1h  release A2    ->  done           used=1
    +1h  release A1    ->  done           used=0
    +1h  B             ->  sold           place=3  turn=1  used=1
    +1h  C             ->  sold           place=2  turn=2  used=2
    +1h  D             ->  sold           place=1  turn=2  used=3
    +1h  E             ->  limit_reached
    +1h  release C     ->  done
    +1h  E             ->  sold           place=2  turn=3
  )");
}

TEST_F(Ledger, AReleasedMachineHoldsNoPlaceAndMayBuyAnother) {
  run(R"(
    +1h  A                   ->  sold        place=1
    +1h  A  look shows=last  ->  again       used=1
    +1h  release A           ->  done
    +1h  A  look shows=last  ->  no_place    used=0
    +1h  release A           ->  no_place    used=0
    +1h  A  shows=last       ->  sold        place=2  used=1
  )");
}

TEST_F(Ledger, ReleaseIsRefusedWhereThePolicyDoesNotAllowIt) {
  policy.release = Release::never;
  run(R"(
    +1h  A          ->  sold
    +1h  release A  ->  release_not_allowed  used=1
    +1h  A          ->  again  place=1
  )");
}

TEST_F(Ledger, AnExpiredKeySellsNothingNewAndKeepsWhatItSold) {
  policy.expires = now + std::chrono::hours(2);
  run(R"(
    +1h  A                 ->  sold         place=1
    +1h  B                 ->  mak_expired  used=1
    +9d  A                 ->  again        place=1
    +1h  C  on=pc-A,os-9   ->  reinstalled  place=1
  )");
}

TEST_F(Ledger, ABlockedKeyAnswersAsIfThereWereNone) {
  run(R"(
    +1h  A         ->  sold
    +1h  block     ->  done
    +1h  A         ->  mak_unknown
    +1h  A  look   ->  mak_unknown
    +1h  B         ->  mak_unknown  used=1
  )");
}

TEST_F(Ledger, ALookSellsNothing) {
  run(R"(
    +1h  A  look  ->  no_place  used=0
    +1h  A        ->  sold      used=1
    +1h  A  look  ->  again     place=1  used=1
  )");
  EXPECT_EQ(places.at(1).asked, now - std::chrono::hours(1));
}

TEST_F(Ledger, ALedgerThatWasRestoredIsFoundAndSellsNothingUntilItIsReconciled) {
  policy.limit = 5;
  run(R"(
    +1h  A            ->  sold           place=1
    +1h  backup       ->  done
    +1h  B            ->  sold           place=2
    +1h  C            ->  sold           place=3
    +1h  restore      ->  done           used=1
    +1h  C shows=last ->  restored       place=3  used=3  found_behind
    +1h  D            ->  ledger_behind
    +1h  A            ->  again          place=1
    +1h  B shows=last ->  restored       place=2  used=3
    +1h  reconcile 2  ->  conflict
    +1h  reconcile 6  ->  conflict
    +1h  D            ->  ledger_behind
    +1h  reconcile 3  ->  done           used=3
    +1h  D            ->  sold           place=4
  )");
}

TEST_F(Ledger, PlacesThatItHasForgottenStayTakenAndTheirMachinesFindThemAgain) {
  policy.limit = 4;
  run(R"(
    +1h  A             ->  sold           place=1
    +1h  backup        ->  done
    +1h  B*2           ->  sold           place=3
    +1h  restore       ->  done           used=1
    +1h  reconcile 3   ->  done           used=3
    +1h  C             ->  sold           place=4  used=4
    +1h  D             ->  limit_reached
    +1h  B1 shows=last ->  restored       place=2  turn=1  used=4
    +1h  B1            ->  again          place=2
    +1h  B2 shows=last ->  restored       place=3  used=4
    +1h  D             ->  limit_reached  used=4
  )");
}

TEST_F(Ledger, AReleasedPlaceThatWasSoldAgainAndForgottenIsTakenByReconcile) {
  run(R"(
    +1h  A*3          ->  sold           used=3
    +1h  release A2   ->  done
    +1h  release A1   ->  done           used=1
    +1h  backup       ->  done
    +1h  B            ->  sold           place=2  turn=2  used=2
    +1h  restore      ->  done           used=1
    +1h  reconcile 2  ->  done           used=2
    +1h  C            ->  sold           place=1  turn=2  used=3
    +1h  D            ->  limit_reached
    +1h  B shows=last ->  restored       place=2  turn=2  used=3
    +1h  D            ->  limit_reached
  )");
}

TEST_F(Ledger, TwoMachinesWithOnePlaceShowThatItWasRolledBack) {
  run(R"(
    +1h  backup        ->  done
    +1h  A             ->  sold           place=1
    +1h  restore       ->  done           used=0
    +1h  B             ->  sold           place=1  turn=1
    +1h  A shows=last  ->  ledger_behind  found_behind
    +1h  B shows=last  ->  again          place=1
    +1h  reconcile 2   ->  done           used=2
    +1h  A shows=last  ->  sold           place=3
  )");
  EXPECT_FALSE(record.behind) << "what was reconciled is no news";
}

// So asks a machine without its key.
TEST_F(Ledger, ALookShowsThatItWasRolledBackToo) {
  run(R"(
    +1h  backup             ->  done
    +1h  A                  ->  sold           place=1
    +1h  restore            ->  done           used=0
    +1h  B                  ->  sold           place=1  turn=1
    +1h  A look shows=last  ->  ledger_behind  found_behind
    +1h  C                  ->  ledger_behind  used=1
    +1h  reconcile 2        ->  done           used=2
    +1h  A look shows=last  ->  ledger_behind
    +1h  C                  ->  sold           place=3
  )");
  EXPECT_FALSE(record.behind) << "what was reconciled is no news";
}

TEST_F(Ledger, AReleaseThatWasForgottenIsFoundByThePlacesNextHolder) {
  policy.limit = 1;
  run(R"(
    +1h  A             ->  sold           place=1  turn=1
    +1h  backup        ->  done
    +1h  release A     ->  done           used=0
    +1h  B             ->  sold           place=1  turn=2
    +1h  restore       ->  done           used=1
    +1h  B shows=last  ->  restored       place=1  turn=2  used=1  found_behind
    +1h  A             ->  limit_reached
  )");
}

TEST_F(Ledger, WhatIsShownOfAnotherMachineIsWorthNothing) {
  run("+1h A -> sold place=1");
  KeyAsk stolen;
  stolen.cmid = cmid("A");
  stolen.facts = facts_on("pc-thief,os-thief");
  stolen.shown = ShownPlace{3, 1, facts_on("pc-A,os-A"), now};
  const auto decision = ask(stolen);
  EXPECT_EQ(decision.gain, Gain::sold) << "as any other machine";
  EXPECT_EQ(decision.place->number, 2U);
  EXPECT_FALSE(decision.found_behind);
}

TEST(LedgerWarning, ComesAt80And95And100Percent) {
  struct Row {
    std::uint32_t used, limit;
    int level;
  };
  for (const auto& [used, limit, level] :
       {Row{0, 1, 0}, Row{1, 1, 100}, Row{79, 100, 0}, Row{80, 100, 80}, Row{94, 100, 80},
        Row{95, 100, 95}, Row{99, 100, 95}, Row{100, 100, 100}, Row{2, 3, 0}, Row{3, 3, 100},
        Row{800'000, 1'000'000, 80}}) {
    EXPECT_EQ(warning_level(used, limit), level) << used << " of " << limit;
  }
}

}  // namespace
}  // namespace muster::core
