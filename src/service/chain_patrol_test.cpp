#include "service/chain_patrol.h"

#include <gmock/gmock.h>

#include "service/testing/host_fixture.h"
#include "wire/documents.h"

namespace muster::service::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Optional;

struct Patrol : HostFixture {
  void SetUp() override {
    open_host();
    install({{"acme-cad", threshold_of(1)}});
    for (int n = 1; n <= 20; ++n) {
      auto each = desk(n);
      ask(each);
    }
    clock.pass(seconds(120));
    host->tick();
    clock.pass(seconds(120));
    host->tick();
    ASSERT_GT(store.chain_head()->checkpoint_seq, 0u);
  }
  void sign(const Bytes32& hash, wire::Signer& by) {
    const auto head = *store.chain_head();
    auto unit = *store.open({});
    const auto jws = wire::sign_checkpoint({.host = host_key.public_key().thumbprint(),
                                            .epoch = head.epoch,
                                            .seq = head.seq,
                                            .hash = hash,
                                            .issued = clock.wall},
                                           by);
    unit->append(store::CheckpointRow{{head.epoch, head.seq}, *jws});
    ASSERT_TRUE(unit->commit());
  }
  std::optional<std::string> found() {
    ChainPatrol patrol(store, host->host_public_key());
    EXPECT_TRUE(patrol.walk(100'000));
    EXPECT_TRUE(patrol.standing().whole);
    return patrol.standing().wrong;
  }
};

TEST_F(Patrol, ALogAsItWasWrittenIsRightWhateverTheStep) {
  for (const std::size_t step : {1, 7, 1000}) {
    ChainPatrol patrol(store, host->host_public_key());
    EXPECT_FALSE(patrol.standing().whole);
    for (int i = 0; i < 100 && !patrol.standing().whole; ++i) ASSERT_TRUE(patrol.walk(step));
    EXPECT_TRUE(patrol.standing().whole) << step;
    EXPECT_EQ(patrol.standing().wrong, std::nullopt);
    EXPECT_EQ(patrol.standing().verified, store.chain_head()->seq);
  }
}

TEST_F(Patrol, AChangedLineIsNamed) {
  put_behind("{}", Bytes32{1});
  EXPECT_THAT(found(), Optional(HasSubstr("does not fit its hash")));
  const auto bad = store.chain_head()->seq;
  put_behind("{}");
  EXPECT_THAT(found(), Optional(HasSubstr("event 1-" + std::to_string(bad)))) << "the first one";
}

TEST_F(Patrol, AChainThatWasMadeAnewDoesNotFitItsCheckpoint) {
  put_behind("{}");
  sign(Bytes32{9}, *signer);
  EXPECT_THAT(found(), Optional(HasSubstr("signed checkpoint proves")));
}

TEST_F(Patrol, ACheckpointOfAnotherKeyIsNone) {
  put_behind("{}");
  sign(store.chain_head()->hash, *root.signer());
  EXPECT_THAT(found(), Optional(HasSubstr("did not sign")));
}

TEST_F(Patrol, WhatIsWrongStaysWrongUntilAWholeRoundIsRight) {
  put_behind("{}", Bytes32{1});
  ChainPatrol patrol(store, host->host_public_key());
  ASSERT_TRUE(patrol.walk(1000));
  EXPECT_TRUE(patrol.standing().wrong) << "as soon as it is read";
  for (int i = 0; i < 40; ++i) {
    ASSERT_TRUE(patrol.walk(1));
    EXPECT_TRUE(patrol.standing().wrong) << "in the middle of a round";
  }
}

TEST_F(Patrol, AHostReadsItsLogAgainWhileNobodyAsksAsFastAsItMay) {
  const auto idle = [&] {
    while (host->catch_up()) {
    }
  };
  idle();
  EXPECT_FALSE(host->log_standing().whole) << "nobody has asked for it";
  host->read_log_again(10);
  clock.pass(seconds(1));
  idle();
  EXPECT_EQ(host->log_standing().verified, 10u) << "a second's";
  idle();
  EXPECT_EQ(host->log_standing().verified, 10u) << "no time has gone by";
  for (int second = 0; second < 10; ++second) {
    clock.pass(seconds(1));
    idle();
  }
  EXPECT_TRUE(host->log_standing().whole);
  EXPECT_EQ(host->log_standing().wrong, std::nullopt);
  put_behind("{}", Bytes32{1});
  host->read_log_again(1000);
  clock.pass(seconds(1));
  idle();
  EXPECT_THAT(host->log_standing().wrong, Optional(HasSubstr("does not fit its hash")));
}

}  // namespace
}  // namespace muster::service::testing
