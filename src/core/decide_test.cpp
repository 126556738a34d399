#include "core/decide.h"

#include "core/testing/trace.h"

namespace muster::core::testing {
namespace {

struct Rules : ::testing::Test, Trace {};

TEST_F(Rules, TheWorkedExampleOfTheArticle) {
  run(R"(
    +0      desk*24   ->  count_insufficient  count=24
    +1h     last      ->  activated           count=25
    +1h     desk*24   ->  activated           count=25
    +30d    late      ->  count_insufficient  count=1
  )");
}

TEST_F(Rules, AClientClockOffByExactlyFourHoursPasses) {
  run(R"(
    +0  A  clock=+4h    ->  count_insufficient  count=1
    +0  A  clock=-4h    ->  count_insufficient  count=1
    +0  A  clock=+4h1s  ->  clock_skew          count=null  evidence=null
    +0  A  clock=-4h1s  ->  clock_skew          count=null
  )");
}

TEST_F(Rules, ARequestRefusedForItsClockNeitherCountsNorRefreshes) {
  run(R"(
    +0    A                ->  count=1
    +20d  A  clock=+5h     ->  clock_skew
    +0    B                ->  count=2
    +10d  B                ->  count=1
    +0    C  clock=-1d     ->  clock_skew
    +0    B                ->  count=1
  )");
  EXPECT_FALSE(machines.contains("C"));
}

TEST_F(Rules, ServersHoldTenAndTheFirstDesktopMakesItFifty) {
  policies["server"].threshold = 5;
  run(R"(
    +0   srv*30   product=server  ->  activated           count=10
    +1m  desk                     ->  count_insufficient  count=11
    +1m  more*60  product=server  ->  activated           count=50
    +1m  desk                     ->  activated           count=50
  )");
}

TEST_F(Rules, TwoProductsOfAGroupShareTheRollAndOneCmidCountsOnce) {
  policies["cam"].threshold = 3;
  run(R"(
    +0  A                ->  count_insufficient  count=1
    +0  A  product=cam   ->  count_insufficient  count=1
    +0  B  product=cam   ->  count_insufficient  count=2
    +0  C                ->  count_insufficient  count=3
    +0  A  product=cam   ->  activated           count=3
  )");
}

TEST_F(Rules, CountByMachineCountsOnePrimaryFactOnce) {
  policies["desktop"].count_by = CountBy::machine;
  policies["desktop"].threshold = 2;
  run(R"(
    +0  A  on=pc-1  ->  count_insufficient  count=1
    +0  B  on=pc-1  ->  count_insufficient  count=1  evidence=rebuilt
    +0  C  on=pc-2  ->  activated           count=2
    +0  D           ->  activated           count=3
  )");
}

TEST_F(Rules, ARenewalBelowTheThresholdIsRefused) {
  policies["desktop"].threshold = 2;
  run(R"(
    +0      A  ->  count_insufficient  count=1
    +1h     B  ->  activated           count=2
    +2h     A  ->  activated           count=2
    +30d    A  ->  count_insufficient  count=1
  )");
  // What it has been given before is not taken back.
  EXPECT_EQ(machines["A"].uses.front().valid_until,
            now - std::chrono::days(30) + Policy{}.validity);
}

TEST_F(Rules, LicensedWithReportOnlyReports) {
  policies["desktop"].threshold = 1;
  policies["desktop"].licensed = 2;
  run("+0 A*5 -> activated count=2");
  EXPECT_EQ(group.by_product["desktop"].count(now, Policy{}.retention), 5u);
}

TEST_F(Rules, LicensedWithRefuseRefusesTheOneTooManyAndThoseActiveGoOn) {
  policies["desktop"].threshold = 2;
  policies["desktop"].licensed = 3;
  policies["desktop"].over = Over::refuse;
  run(R"(
    +0      A*3  ->  activated      count=3
    +1h     B    ->  over_licensed  count=4
    +1h     B    ->  over_licensed  count=4
    +7d     A*3  ->  activated      count=4
    +29d    A1   ->  activated      count=3
    +1d     B    ->  activated      count=2
    +1h     A2   ->  activated      count=3
    +1h     A3   ->  over_licensed  count=4
  )");
}

TEST_F(Rules, ACountBelowTheThresholdIsSaidBeforeTheLicencesAreUsedUp) {
  policies["desktop"].licensed = 1;
  policies["desktop"].over = Over::refuse;
  run("+0 A*2 -> count_insufficient count=2");
}

TEST_F(Rules, CountersCountAsSlmgrDoes) {
  policies["desktop"].threshold = 2;
  run(R"(
    +0  A            ->  count_insufficient
    +0  B            ->  activated
    +0  B  clock=+1d ->  clock_skew
  )");
  EXPECT_EQ(group.counters.requests, 3u);
  EXPECT_EQ(group.counters.failed, 2u);
  EXPECT_EQ(group.counters.by_state[0], 3u);
}

TEST(Decide, AProductThatIsNotServedChangesNothing) {
  const auto decision = not_served();
  EXPECT_FALSE(decision.activated);
  EXPECT_FALSE(decision.counted);
  EXPECT_EQ(decision.error, ErrorCode::product_not_served);
}

}  // namespace
}  // namespace muster::core::testing
