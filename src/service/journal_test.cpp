#include "service/journal.h"

#include <gtest/gtest.h>

#include "base/digest.h"
#include "store/memory/memory_store.h"

namespace muster::service {
namespace {

using std::chrono::milliseconds;

struct TheJournal : testing::Test {
  wire::PrivateKey key = *wire::PrivateKey::generate();
  std::unique_ptr<store::Store> store = store::make_memory_store(Bytes16{1});
  Instant now{std::chrono::days(20'000)};
  Journal journal{store::ChainHead{}, key.public_key().thumbprint(), key.signer()};

  static wire::Event act(std::string_view type, Instant time) {
    wire::Event out;
    out.type = type;
    out.time = time;
    out.actor = "host";
    return out;
  }
  // So many events in a unit of their own.
  void append(int events) {
    const auto unit = *store->open({});
    for (int n = 0; n < events; ++n) journal.append(*unit, act("start", now));
    ASSERT_TRUE(unit->commit());
    journal.committed();
  }
};

// What a line says its own log proves.
TEST_F(TheJournal, NamesTheMachinesEventBeforeInsideItsOwnLogOnly) {
  append(1);
  const auto unit = *store->open({});
  const auto prev_in_line = [&](store::EventPlace before) {
    auto event = act("activation", now);
    event.product = "acme-cad";
    event.cmid = Cmid{Bytes16{1}};
    journal.append(*unit, event, std::nullopt, before);
    return journal.head().seq;
  };
  const auto own = prev_in_line({1, 1});
  const auto epoch = prev_in_line({2, 1});
  const auto host = prev_in_line({1, 1, 7});
  ASSERT_TRUE(unit->commit());
  const auto line_of = [&](std::uint64_t seq) {
    return wire::parse_event_line((*store->event({1, seq}))->line)->machine_prev;
  };
  EXPECT_EQ(line_of(own), 1u);
  EXPECT_EQ(line_of(epoch), 0u);
  EXPECT_EQ(line_of(host), 0u);
  EXPECT_EQ((*store->event({1, host}))->machine_prev, (store::EventPlace{1, 1, 7}));
}

TEST_F(TheJournal, GoesOnWhereTheStoreSaysThatTheLogEnds) {
  append(2);
  auto further = *store->chain_head();
  further.seq = 9;
  journal.go_on(further);
  const auto unit = *store->open({});
  EXPECT_EQ(journal.append(*unit, act("start", now)).seq, 10u);
  journal.roll_back();
  EXPECT_EQ(journal.head().seq, 9u);
}

// The log that was lost has given the next numbers already.
TEST_F(TheJournal, GoesOnInANewEpochOnceARestoreHasShown) {
  append(3);
  const auto before = *store->chain_head();
  const auto unit = *store->open({});
  journal.append(*unit, act("start", now));
  const auto last = journal.head();
  journal.restored(*unit, now);
  journal.restored(*unit, now);
  const auto place = journal.append(*unit, act("stop", now));
  EXPECT_EQ(std::pair(place.epoch, place.seq), std::pair(before.epoch + 1, std::uint64_t{2}));
  ASSERT_TRUE(unit->commit());
  journal.committed();

  const auto head = *store->chain_head();
  EXPECT_EQ(head.epoch, 2u);
  EXPECT_EQ(head.hash, journal.head().hash);
  EXPECT_EQ(head.checkpoint_seq, 0u) << "of this epoch";
  EXPECT_EQ(store->checkpoints({}, 10)->back().place, (store::EventPlace{1, 4}))
      << "the epoch before is signed to its end";
  const auto first = wire::parse_event_line((*store->event({2, 1}))->line);
  ASSERT_TRUE(first);
  EXPECT_EQ(first->prev, Bytes16{});
  EXPECT_EQ(first->type, "epoch_begun");
  EXPECT_EQ(first->detail, R"({"evidence":"host_behind","epoch_before":1,"seq_before":4,)"
                           R"("hash_before":")" +
                               base64url(last.hash) + R"("})");
}

TEST_F(TheJournal, AnEpochThatWasNotStoredIsBegunByTheNextUnit) {
  append(1);
  {
    const auto unit = *store->open({});
    journal.restored(*unit, now);
    journal.roll_back();
  }
  EXPECT_EQ(journal.head().epoch, 1u);
  const auto unit = *store->open({});
  journal.restored(*unit, now);
  ASSERT_TRUE(unit->commit());
  EXPECT_EQ(store->chain_head()->epoch, 2u);
}

TEST_F(TheJournal, NumbersAndChainsWithoutAGap) {
  append(2);
  append(1);
  const auto rows = *store->events({}, 10);
  ASSERT_EQ(rows.size(), 3u);
  Bytes32 head{};
  for (std::size_t n = 0; n < rows.size(); ++n) {
    EXPECT_EQ(rows[n].place.seq, n + 1);
    const auto event = wire::parse_event_line(rows[n].line);
    ASSERT_TRUE(event) << event.error().sentence();
    EXPECT_EQ(event->prev, first16(head));
    head = wire::chain_hash(head, rows[n].line);
    EXPECT_EQ(rows[n].hash, head);
  }
  EXPECT_EQ(journal.head().hash, head);
}

TEST_F(TheJournal, AUnitThatFailedIsTakenBack) {
  append(1);
  {
    const auto unit = *store->open({});
    journal.append(*unit, act("stop", now));
    journal.roll_back();
  }
  append(1);
  EXPECT_EQ(store->events({}, 10)->back().place.seq, 2u);
}

TEST_F(TheJournal, AThousandEventsAreSignedAndEachCheckpointNamesTheOneBefore) {
  append(2500);
  const auto signed_ones = *store->checkpoints({}, 10);
  ASSERT_EQ(signed_ones.size(), 2u);
  const auto second = *wire::verify_checkpoint(signed_ones.back().jws, key.public_key());
  EXPECT_EQ(second.seq, 2000u);
  EXPECT_EQ(second.previous_seq, 1000u);
  EXPECT_EQ(second.previous, sha256(as_bytes(signed_ones.front().jws)));
}

TEST_F(TheJournal, EventsWaitAMinuteForASignatureWhateverTheirTimes) {
  EXPECT_FALSE(journal.checkpoint_due(milliseconds(0))) << "there is none";
  append(1);
  EXPECT_FALSE(journal.checkpoint_due(milliseconds(1000)));
  append(1);
  EXPECT_FALSE(journal.checkpoint_due(milliseconds(60'999)));
  EXPECT_TRUE(journal.checkpoint_due(milliseconds(61'000)));
  const auto unit = *store->open({});
  journal.checkpoint(*unit, now);
  ASSERT_TRUE(unit->commit());
  journal.committed();
  EXPECT_FALSE(journal.checkpoint_due(milliseconds(200'000)));
  EXPECT_EQ(store->checkpoints({}, 10)->front().place.seq, 2u);
}

}  // namespace
}  // namespace muster::service
