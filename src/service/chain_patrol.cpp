#include "service/chain_patrol.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/admin_json.h"
#include "service/sweep.h"
#include "wire/documents.h"

namespace muster::service {
namespace {

constexpr std::size_t kPage = 1000;

}  // namespace

std::optional<std::string_view> wrong_with(const store::EventRow& row, core::EventPlace before,
                                           const Bytes32& hash) {
  const auto [epoch, seq, host] = row.place;
  const bool next = epoch == before.epoch && seq == before.seq + 1;
  const bool new_epoch = epoch > before.epoch && seq == 1;
  if (!next && !new_epoch) {
    return "does not follow the event before it in the store: events are missing";
  }
  if (wire::chain_hash(new_epoch ? Bytes32{} : hash, row.line) != row.hash) {
    return "is not as it was written: its line does not fit its hash";
  }
  return std::nullopt;
}

Expected<void> ChainPatrol::walk(std::size_t most) {
  while (most > 0) {
    const auto rows = store_.events(at_, std::min(most, kPage));
    if (!rows) return std::unexpected(rows.error());
    // Asked behind the rows: what has left was said to leave before.
    const auto moved = go_to_beginning();
    if (!moved) return std::unexpected(moved.error());
    if (*moved) continue;
    if (rows->empty()) {
      end_round();
      return {};
    }
    const auto before = at_;
    for (const auto& row : *rows) look_at(row);
    if (auto done = look_at_checkpoints(*rows, before); !done) return done;
    most -= std::min(most, rows->size());
  }
  return {};
}

// True: the log begins further on than this round has come.
Expected<bool> ChainPatrol::go_to_beginning() {
  const auto begins = log_begins(store_);
  if (!begins) return std::unexpected(begins.error());
  if (*begins <= at_) return false;
  const auto proof = proof_of(store_, host_, *begins);
  if (!proof) return std::unexpected(proof.error());
  at_ = *begins;
  hash_ = *proof ? (*proof)->hash : Bytes32{};
  if (!*proof) wrong(at_, "is the last that was pruned, and no checkpoint of this host proves it");
  newest_ = std::max(newest_, at_);
  return true;
}

// Goes on from what is stored, so that one wrong line is one, and not all behind it.
void ChainPatrol::look_at(const store::EventRow& row) {
  if (const auto what = wrong_with(row, at_, hash_)) wrong(row.place, *what);
  at_ = row.place;
  hash_ = row.hash;
  newest_ = std::max(newest_, at_);
}

// Whoever changes a line can chain all lines behind it anew, but cannot sign.
Expected<void> ChainPatrol::look_at_checkpoints(const std::vector<store::EventRow>& rows,
                                                store::EventPlace before) {
  auto after = before;
  for (;;) {
    const auto page = store_.checkpoints(after, kPage);
    if (!page) return std::unexpected(page.error());
    for (const auto& checkpoint : *page) {
      const auto place = checkpoint.place;
      if (place > at_) return {};
      after = place;
      const auto row = std::ranges::find(rows, place, &store::EventRow::place);
      const auto read = wire::verify_checkpoint(checkpoint.jws, host_);
      if (!read) {
        wrong(place, "has a checkpoint that this host did not sign");
      } else if (row == rows.end() || read->epoch != place.epoch || read->seq != place.seq ||
                 read->hash != row->hash) {
        wrong(place, "is not the event that its signed checkpoint proves");
      }
    }
    if (page->size() < kPage) return {};
  }
}

void ChainPatrol::wrong(store::EventPlace place, std::string_view what) {
  if (!wrong_in_round_) wrong_in_round_ = fmt::format("event {} {}", cursor_of(place), what);
  if (!wrong_) wrong_ = wrong_in_round_;
}

void ChainPatrol::end_round() {
  if (at_ < newest_) wrong(newest_, "was there and is not any more: the log was cut");
  wrong_ = std::exchange(wrong_in_round_, std::nullopt);
  whole_ = true;
  at_ = {};
  hash_ = {};
}

core::AlertFigures::Log ChainPatrol::standing() const {
  return {.verified = newest_.seq, .wrong = wrong_, .whole = whole_};
}

}  // namespace muster::service
