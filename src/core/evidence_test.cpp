#include "core/evidence.h"

#include <set>

#include "core/testing/trace.h"

namespace muster::core::testing {
namespace {

struct Table : ::testing::Test, Trace {};

TEST_F(Table, KnownSameMachine) {
  run(R"(
    +0   A  on=pc-1                           ->  evidence=new
    +7d  A  on=pc-1  ticket=newest            ->  evidence=renewal
    +7d  A  on=pc-1  ticket=1                 ->  evidence=revert
    +7d  A  on=pc-1                           ->  evidence=state_lost
    +7d  A  on=pc-1  ticket=99                ->  evidence=host_behind
    +7d  A  on=pc-1  ticket=100               ->  evidence=renewal
  )");
}

TEST(Evidence, AMachineThatHadLeftTheTableIsNewAgain) {
  Facts facts;
  facts.add("set", Bytes16{1});
  Identity asked{facts, {Shown::Kind::number, 5}, {}};
  const Instant now{seconds{1'767'614'400}};
  EXPECT_EQ(evidence(nullptr, {}, asked, 3, now), Evidence::host_behind) << "where none has left";
  asked.some_left = true;
  EXPECT_EQ(evidence(nullptr, {}, asked, 3, now), Evidence::first);
  Machine known;
  known.facts = facts;
  known.number = 4;
  EXPECT_EQ(evidence(&known, {}, asked, 3, now), Evidence::host_behind)
      << "who is known still shows that the host was restored";
}

TEST_F(Table, TwoLostAnswersInARowBrandNobody) {
  run(R"(
    +0   A  on=pc-1  nonce=first                   ->  evidence=new
    +2h  A  on=pc-1  nonce=first                   ->  evidence=renewal
    +2h  A  on=pc-1  nonce=first                   ->  evidence=renewal
    +2h  A  on=pc-1  ticket=1  nonce=second        ->  evidence=renewal
    +2h  A  on=pc-1  ticket=1  nonce=second        ->  evidence=renewal
    +2h  A  on=pc-1  ticket=1  nonce=second        ->  evidence=renewal
    +7d  A  on=pc-1  ticket=2  nonce=third         ->  evidence=renewal
  )");
  EXPECT_EQ(machines["A"].number, 3u);  // one ticket for each nonce
}

TEST_F(Table, AnotherMachine) {
  run(R"(
    +0   A  on=pc-1                  ->  evidence=new
    +7d  A  on=pc-2  ticket=newest   ->  evidence=machine_changed
    +7d  A  on=pc-2  ticket=newest   ->  evidence=renewal
    +7d  A  on=pc-1  ticket=newest   ->  evidence=clone
    +7d  A  on=pc-3  ticket=1        ->  evidence=clone
    +7d  A  on=pc-4                  ->  evidence=clone
    +7d  A  on=pc-5  ticket=99       ->  evidence=host_behind
  )");
}

TEST_F(Table, TwoClonesThatRenewInTurnAreFoundAtTheSecondRenewal) {
  run(R"(
    +0   A  on=golden                   ->  evidence=new
    +1d  A  on=copy-1  ticket=1         ->  evidence=machine_changed
    +1h  A  on=copy-2  ticket=1         ->  evidence=clone
    +7d  A  on=copy-1  ticket=2         ->  evidence=clone
  )");
}

TEST_F(Table, AnImageThatWasNeverActivatedAndNotGeneralizedIsAClone) {
  run(R"(
    +0   A  on=pc-1  ->  evidence=new    count=1
    +1m  A  on=pc-2  ->  evidence=clone  count=1
    +1m  A  on=pc-3  ->  evidence=clone  count=1
  )");
}

TEST_F(Table, AnHonestPoolRebuiltEveryNightIsRebuiltAndNothingWorse) {
  for (int night = 1; night <= 40; ++night) {
    const auto cmid = "night" + std::to_string(night) + "-";
    run("+1d " + cmid + "*3 on=desk-");
    EXPECT_EQ(last.evidence, night == 1 ? Evidence::first : Evidence::rebuilt) << night;
    run("+8h " + cmid + "3 on=desk-3 ticket=newest -> evidence=renewal");
  }
}

TEST_F(Table, TheArticlesLoopIsStateLostRevertAndManyIds) {
  run(R"(
    +0   snap   on=vm                    ->  evidence=new
    +5m  id1    on=vm                    ->  evidence=rebuilt
    +5m  id2    on=vm                    ->  evidence=rebuilt
    +5m  id3    on=vm                    ->  evidence=many_ids
    +5m  snap   on=vm                    ->  evidence=state_lost
    +5d  id4    on=vm                    ->  evidence=many_ids
    +5d  id1    on=vm  ticket=newest     ->  evidence=renewal
    +5m  id1    on=vm  ticket=1          ->  evidence=revert
  )");
}

// A limit is compared with what a host looks at: the eight newest ids of the machine.
TEST(ManyIds, ALimitOfNoneLetsAPoolBeRebuiltAndAHighOneStillHasAnEnd) {
  const Instant now{std::chrono::days(20'000)};
  Facts facts;
  facts.add("set", {1});
  const auto of = [&](std::uint32_t rearm_limit, std::uint32_t today) {
    std::vector<Machine> others(8);
    for (std::uint32_t n = 0; n < others.size(); ++n) {
      others[n].first_seen = others[n].last_seen =
          now - (n < today ? std::chrono::hours(n + 1) : std::chrono::hours(24 * (n + 1)));
    }
    return evidence(nullptr, others, {facts, {}, {}}, rearm_limit, now);
  };
  EXPECT_EQ(of(0, 0), Evidence::rebuilt) << "yesterday's id, and today's";
  EXPECT_EQ(of(0, 1), Evidence::many_ids);
  EXPECT_EQ(of(1, 0), Evidence::rebuilt);
  EXPECT_EQ(of(3, 2), Evidence::rebuilt);
  EXPECT_EQ(of(3, 3), Evidence::many_ids);
  EXPECT_EQ(of(9, 7), Evidence::rebuilt);
  EXPECT_EQ(of(9, 8), Evidence::many_ids) << "no more can be seen";
  EXPECT_EQ(of(1'000'000, 8), Evidence::many_ids);
}

TEST_F(Table, AMachineThatGoesOnAskingUnderAnEarlierIdIsManyIds) {
  run(R"(
    +0    A  on=vm                    ->  evidence=new
    +10d  B  on=vm                    ->  evidence=rebuilt
    +1h   A  on=vm  ticket=newest     ->  evidence=renewal
    +10d  C  on=vm                    ->  evidence=many_ids
  )");
}

TEST_F(Table, AForeignTicketIsSaidWhateverElseFits) {
  run(R"(
    +0  A  on=pc-1  ticket=foreign  ->  evidence=foreign_ticket
    +0  A           ticket=foreign  ->  evidence=foreign_ticket
    +0  B  on=pc-1  ticket=foreign  ->  evidence=foreign_ticket
  )");
}

TEST_F(Table, WithoutFactsThereIsNone) {
  run(R"(
    +0  A                    ->  evidence=null
    +0  A                    ->  evidence=null
    +0  A  ticket=newest     ->  evidence=null
    +0  A  on=pc-1  ticket=newest  ->  evidence=renewal
    +0  A                    ->  evidence=null
    +0  A  on=pc-2           ->  evidence=clone
  )");
}

TEST_F(Table, ATicketOfOursForAnUnknownMachineSaysThatTheHostWasRestored) {
  run("+0 A on=pc-1 ticket=5 -> evidence=host_behind");
  EXPECT_EQ(machines["A"].number, 6u);
}

TEST_F(Table, EvidenceNeverChangesTheCount) {
  run(R"(
    +0  A  on=pc-1                  ->  count=1
    +0  A  on=pc-2                  ->  count=1
    +0  A  ticket=foreign           ->  count=1
    +0  B  on=pc-1                  ->  count=2
  )");
}

TEST(Evidence, EachHasANameThatIsReadBackAndASentence) {
  std::set<std::string_view> sentences;
  for (int n = 1; n <= kEvidences; ++n) {
    const auto evidence = static_cast<Evidence>(n);
    EXPECT_EQ(evidence_of(name_of(evidence)), evidence);
    EXPECT_GT(explain(evidence).size(), 30u);
    sentences.insert(explain(evidence));
  }
  EXPECT_EQ(sentences.size(), static_cast<std::size_t>(kEvidences));
  EXPECT_EQ(evidence_of("suspicious"), std::nullopt);
}

}  // namespace
}  // namespace muster::core::testing
