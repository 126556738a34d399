// The event log as the export that `muster events verify` reads (wire/log_export.h), checkpoints
// included.
#include "service/admin_event_export.h"

#include <fmt/format.h>

#include <algorithm>
#include <memory>

#include "service/admin_json.h"
#include "service/sweep.h"
#include "wire/documents.h"
#include "wire/log_export.h"

namespace muster::service {
namespace {

using core::EventPlace;

constexpr std::size_t kPage = 1000;

// Walks the log page by page, at most `left` events.
struct Walk {
  HostService* service;
  EventPlace after;
  std::optional<std::size_t> left;

  Expected<std::vector<store::EventRow>> next() {
    const auto most = std::min(left.value_or(kPage), kPage);
    if (most == 0) return std::vector<store::EventRow>{};
    auto rows = service->store().events(after, most);
    if (!rows) return rows;
    if (left) *left -= rows->size();
    if (!rows->empty()) after = rows->back().place;
    return rows;
  }
};

struct Export {
  Walk walk;
  std::uint32_t epoch;
  EventPlace checkpoints_after;
  std::vector<store::CheckpointRow> checkpoints{};  // read and not yet written, ascending
  bool checkpoints_end = false;

  Expected<std::optional<std::string>> piece();
  Expected<void> append_checkpoints(std::string& out, EventPlace up_to);
};

Expected<void> Export::append_checkpoints(std::string& out, EventPlace up_to) {
  for (;;) {
    std::size_t used = 0;
    while (used < checkpoints.size() && checkpoints[used].place <= up_to) {
      out.append(wire::encode_checkpoint_line(checkpoints[used++].jws)).append("\n");
    }
    checkpoints.erase(checkpoints.begin(), checkpoints.begin() + static_cast<std::ptrdiff_t>(used));
    if (!checkpoints.empty() || checkpoints_end) return {};
    auto more = walk.service->store().checkpoints(checkpoints_after, kPage);
    if (!more) return std::unexpected(more.error());
    checkpoints_end = more->empty();
    if (!more->empty()) checkpoints_after = more->back().place;
    checkpoints = std::move(*more);
  }
}

Expected<std::optional<std::string>> Export::piece() {
  const auto rows = walk.next();
  if (!rows) return std::unexpected(rows.error());
  if (rows->empty()) return std::nullopt;
  // What was at the end when it was looked at may have grown meanwhile.
  checkpoints_end = false;
  std::string out;
  for (const auto& row : *rows) {
    if (row.place.epoch != epoch) {
      walk.left = 0;
      break;
    }
    out.append(row.line).append("\n");
    if (auto done = append_checkpoints(out, row.place); !done) return std::unexpected(done.error());
  }
  return out;
}

// Behind which event the export begins, where nobody has said, or nothing from the log's first
// event on is there any more. not_found: what was asked for has left, or is of no epoch yet.
Expected<EventPlace> first_place(EventPlace after, EventPlace begins, std::uint32_t newest_epoch) {
  if (after.epoch == 0) after = {newest_epoch, 0};
  if (after.epoch > newest_epoch) {
    return fail(ErrorCode::not_found, fmt::format("there is no epoch {}; the log is in epoch {}",
                                                  after.epoch, newest_epoch));
  }
  if (after >= begins) return after;
  if (after.seq == 0 && after.epoch == begins.epoch) return begins;
  return fail(ErrorCode::not_found, fmt::format("events up to {0} were pruned: ask for what comes "
                                                "after {0}",
                                                cursor_of(begins)));
}

}  // namespace

Reply event_export(HostService& service, core::EventPlace after, std::optional<std::size_t> limit) {
  if (after.host != 0) {
    return reply_of({ErrorCode::malformed_request, "after: a host exports its own log alone"});
  }
  const auto head = service.store().chain_head();
  if (!head) return reply_of(head.error());
  const auto begins = log_begins(service.store());
  if (!begins) return reply_of(begins.error());
  const auto first = first_place(after, *begins, head->epoch);
  if (!first) return reply_of(first.error());
  after = *first;
  wire::LogHeader header{.host = service.host_public_key().thumbprint(),
                         .host_jwk = service.host_public_key().jwk(),
                         .epoch = after.epoch,
                         .from = after.seq + 1};
  std::string beginning;
  if (after.seq > 0 && after == *begins) {
    const auto proof = proof_of(service.store(), service.host_public_key(), after);
    if (!proof) return reply_of(proof.error());
    if (!*proof) {
      return reply_of({ErrorCode::log_broken,
                       "no checkpoint proves where the log begins, at " + cursor_of(after)});
    }
    beginning = wire::encode_checkpoint_line((*proof)->checkpoint) + "\n";
    header.previous = (*proof)->hash;
  } else if (after.seq > 0) {
    const auto before = service.store().event(after);
    if (!before) return reply_of(before.error());
    if (!*before) return reply_of({ErrorCode::not_found, "there is no event " + cursor_of(after)});
    header.previous = (*before)->hash;
  }
  // The export ends where the log ended when it was asked for, however fast the log grows.
  if (header.epoch == head->epoch) {
    const auto there = head->seq > after.seq ? head->seq - after.seq : 0;
    const bool whole = !limit || *limit >= there;
    limit = std::min<std::uint64_t>(limit.value_or(there), there);
    auto newest = checkpoint_over(service.store(), {head->epoch, head->checkpoint_seq});
    if (!newest) return reply_of(newest.error());
    if (whole && head->checkpoint_seq > after.seq) header.newest = newest->value_or("");
  }
  auto state = std::make_shared<Export>(
      Export{.walk = {&service, after, limit}, .epoch = header.epoch, .checkpoints_after = after});
  return {.content_type = "application/x-ndjson",
          .body = wire::encode_log_header(header) + "\n" + beginning,
          .next_piece = [state] { return state->piece(); }};
}

}  // namespace muster::service
