#include "service/chain_patrol.h"

#include <fmt/format.h>

#include <algorithm>

#include "service/admin_json.h"
#include "wire/documents.h"

namespace muster::service {
namespace {

constexpr std::size_t kPage = 1000;

}  // namespace

Expected<void> ChainPatrol::walk(std::size_t most) {
  while (most > 0) {
    const auto rows = service_.store().events(at_, std::min(most, kPage));
    if (!rows) return std::unexpected(rows.error());
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

// Goes on from what is stored, so that one wrong line is one, and not all behind it.
void ChainPatrol::look_at(const store::EventRow& row) {
  const auto epoch = row.place.epoch;
  const auto seq = row.place.seq;
  const bool begins = at_.epoch == 0 && seq > 1;  // what was before it was pruned
  const bool next = epoch == at_.epoch && seq == at_.seq + 1;
  const bool new_epoch = epoch > at_.epoch && seq == 1;
  if (new_epoch) hash_ = {};
  if (!begins && !next && !new_epoch) {
    wrong(row.place, "does not follow the event before it in the store: events are missing");
  } else if (!begins && wire::chain_hash(hash_, row.line) != row.hash) {
    wrong(row.place, "is not as it was written: its line does not fit its hash");
  }
  at_ = row.place;
  hash_ = row.hash;
  newest_ = std::max(newest_, at_);
}

// Whoever changes a line can chain all lines behind it anew, but cannot sign.
Expected<void> ChainPatrol::look_at_checkpoints(const std::vector<store::EventRow>& rows,
                                                store::EventPlace before) {
  auto after = before;
  for (;;) {
    const auto page = service_.store().checkpoints(after, kPage);
    if (!page) return std::unexpected(page.error());
    for (const auto& checkpoint : *page) {
      const auto place = checkpoint.place;
      if (place > at_) return {};
      after = place;
      const auto row = std::ranges::find(rows, place, &store::EventRow::place);
      const auto read = wire::verify_checkpoint(checkpoint.jws, service_.host_public_key());
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
