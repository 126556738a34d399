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
