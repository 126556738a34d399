// The event log and its checkpoints.
#include <gmock/gmock.h>

#include "base/digest.h"
#include "support.h"

namespace muster::store::conformance {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

EventRow full_event(std::uint64_t seq) {
  auto out = event(seq);
  out.group = kDesktops;
  out.cmid = cmid(1);
  out.machine_prev = {1, seq - 1};
  out.line = "{\"name\":\"caf\xc3\xa9 \\u0000\"}";
  return out;
}

// The place and text of the head, for what is compared often.
std::pair<EventPlace, std::uint64_t> place_and_checkpoint(const ChainHead& head) {
  return {{head.epoch, head.seq}, head.checkpoint_seq};
}

TEST_P(Conformance, an_empty_log_has_a_head_before_the_first_event) {
  const auto head = store().chain_head().value();
  EXPECT_EQ(place_and_checkpoint(head), std::pair(EventPlace(1, 0), std::uint64_t{0}));
  EXPECT_EQ(head.hash, Bytes32{});
  EXPECT_EQ(head.time, Instant{});
  EXPECT_THAT(store().events({}, 10).value(), IsEmpty());
}

TEST_P(Conformance, events_come_back_as_they_were_appended) {
  in_unit(store(), [](Unit& unit) {
    unit.append(event(1));
    unit.append(full_event(2));
  });
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(all_events(store()), ElementsAre(event(1), full_event(2)));
    EXPECT_EQ(store().event({1, 2}).value(), full_event(2));
    EXPECT_EQ(store().event({1, 3}).value(), std::nullopt);
    EXPECT_EQ(store().event({1, 0}).value(), std::nullopt);
    EXPECT_EQ(store().event({2, 1}).value(), std::nullopt);
    const auto head = store().chain_head().value();
    EXPECT_EQ(head.seq, 2U);
    EXPECT_EQ(head.hash, full_event(2).hash);
    EXPECT_EQ(head.time, full_event(2).time);
    harness().reopen();
  }
}

TEST_P(Conformance, pages_of_events_begin_after_a_place) {
  in_unit(store(), [](Unit& unit) {
    for (std::uint64_t seq = 1; seq <= 5; ++seq) unit.append(event(seq));
    unit.append(event(1, 3));
    unit.append(event(2, 3));
  });
  EXPECT_THAT(store().events({1, 3}, 3).value(), ElementsAre(event(4), event(5), event(1, 3)));
  EXPECT_THAT(store().events({2, 99}, 100).value(), ElementsAre(event(1, 3), event(2, 3)));
  EXPECT_THAT(store().events({3, 2}, 100).value(), IsEmpty());
  EXPECT_THAT(store().events({~0U, ~0ULL}, 100).value(), IsEmpty());
  EXPECT_EQ(store().chain_head()->epoch, 3U);
}

TEST_P(Conformance, pages_of_events_also_go_back_from_a_place) {
  in_unit(store(), [](Unit& unit) {
    for (std::uint64_t seq = 1; seq <= 3; ++seq) unit.append(event(seq));
    unit.append(full_event(4));
    unit.append(event(1, 3));
  });
  EXPECT_THAT(store().events_before({3, 1}, 2).value(), ElementsAre(full_event(4), event(3)));
  EXPECT_THAT(store().events_before({1, 3}, 100).value(), ElementsAre(event(2), event(1)));
  EXPECT_THAT(store().events_before({~0U, ~0ULL}, 1).value(), ElementsAre(event(1, 3)));
  EXPECT_THAT(store().events_before({2, 7}, 1).value(), ElementsAre(full_event(4)));
  EXPECT_THAT(store().events_before({1, 1}, 100).value(), IsEmpty());
  EXPECT_THAT(store().events_before({}, 100).value(), IsEmpty());
}

TEST_P(Conformance, checkpoints_come_back_and_the_head_names_the_newest) {
  const CheckpointRow first{{1, 2}, "a.b.c"};
  const CheckpointRow second{{1, 3}, "d.e.f"};
  in_unit(store(), [&](Unit& unit) {
    unit.append(event(1));
    unit.append(event(2));
    unit.append(first);
    unit.append(event(3));
  });
  in_unit(store(), [&](Unit& unit) { unit.append(second); });
  for (int again = 0; again < 2; ++again) {
    EXPECT_THAT(store().checkpoints({}, 10).value(), ElementsAre(first, second));
    EXPECT_THAT(store().checkpoints({1, 2}, 10).value(), ElementsAre(second));
    EXPECT_THAT(store().checkpoints({}, 1).value(), ElementsAre(first));
    const auto head = store().chain_head().value();
    EXPECT_EQ(head.checkpoint_seq, 3U);
    EXPECT_EQ(head.checkpoint_digest, sha256(as_bytes("d.e.f")));
    harness().reopen();
  }
  in_unit(store(), [](Unit& unit) { unit.append(event(1, 2)); });
  EXPECT_EQ(store().chain_head()->checkpoint_seq, 0U) << "a new epoch has no checkpoint";
  harness().reopen();
  EXPECT_EQ(store().chain_head()->checkpoint_seq, 0U);
}

struct Wrong {
  const char* what;
  std::vector<EventRow> events;
  std::vector<CheckpointRow> checkpoints;
};

TEST_P(Conformance, rows_that_do_not_follow_the_head_are_refused) {
  in_unit(store(), [](Unit& unit) {
    unit.append(event(1));
    unit.append(event(2));
    unit.append(CheckpointRow{{1, 1}, "c"});
  });
  const auto before = store().chain_head().value();
  const std::vector<Wrong> table{
      {"a gap", {event(4)}, {}},
      {"the same again", {event(2)}, {}},
      {"a gap inside the unit", {event(3), event(5)}, {}},
      {"an epoch that does not begin at 1", {event(3, 2)}, {}},
      {"an earlier epoch", {event(1, 0)}, {}},
      {"a checkpoint that is there", {}, {{{1, 1}, "x"}}},
      {"a checkpoint over an event to come", {event(3)}, {{{1, 4}, "x"}}},
      {"a checkpoint of another epoch", {}, {{{2, 2}, "x"}}},
  };
  for (const auto& wrong : table) {
    auto unit = store().open({}).value();
    for (const auto& row : wrong.events) unit->append(row);
    for (const auto& row : wrong.checkpoints) unit->append(row);
    const auto committed = unit->commit();
    ASSERT_FALSE(committed) << wrong.what;
    EXPECT_EQ(committed.error().code, ErrorCode::internal) << wrong.what;
    unit.reset();
    EXPECT_THAT(all_events(store()), ElementsAre(event(1), event(2))) << wrong.what;
    EXPECT_EQ(store().chain_head()->seq, before.seq) << wrong.what;
    EXPECT_EQ(store().checkpoints({}, 9)->size(), 1U) << wrong.what;
  }
  in_unit(store(), [](Unit& unit) { unit.append(event(3)); });
}

}  // namespace
}  // namespace muster::store::conformance
