// The order that a log's rows must keep, the same in every store.
#pragma once

#include <algorithm>
#include <string>

#include "base/digest.h"
#include "core/evidence.h"
#include "store/store.h"

namespace muster::store {

// Pages are this long at most, and one row at least.
inline constexpr std::size_t kPageMost = 1000;
[[nodiscard]] inline std::size_t page_size(std::size_t most) {
  return std::clamp<std::size_t>(most, 1, kPageMost);
}

// Of the rows with one primary fact, how many are looked at and how many are given.
inline constexpr std::size_t kFactLast = 64;
inline constexpr std::size_t kFactFirst = 8;
inline constexpr std::size_t kFactMost = core::kSameFactMost;

// Takes the row behind the head. internal, and nothing changed, where it does not follow without a
// gap.
[[nodiscard]] inline Expected<void> follow(ChainHead& head, const EventRow& row) {
  const auto [epoch, seq, host] = row.place;
  const bool next = epoch == head.epoch && seq == head.seq + 1;
  const bool new_epoch = epoch > head.epoch && seq == 1;
  if (host != 0 || (!next && !new_epoch)) {
    return fail(ErrorCode::internal, "event " + std::to_string(epoch) + "/" + std::to_string(seq) +
                                         " does not follow " + std::to_string(head.epoch) + "/" +
                                         std::to_string(head.seq));
  }
  if (new_epoch) head = ChainHead{};
  head.epoch = epoch;
  head.seq = seq;
  head.hash = row.hash;
  head.time = row.time;
  return {};
}

// Takes a checkpoint over an event of the head's epoch that no checkpoint has reached yet.
[[nodiscard]] inline Expected<void> follow(ChainHead& head, const CheckpointRow& row) {
  const auto [epoch, seq, host] = row.place;
  if (host != 0 || epoch != head.epoch || seq > head.seq || seq <= head.checkpoint_seq) {
    return fail(ErrorCode::internal, "a checkpoint over " + std::to_string(epoch) + "/" +
                                         std::to_string(seq) + " does not follow the one over " +
                                         std::to_string(head.checkpoint_seq));
  }
  head.checkpoint_seq = seq;
  head.checkpoint_digest = sha256(as_bytes(row.jws));
  return {};
}

}  // namespace muster::store
