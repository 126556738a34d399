#include "service/event_walk.h"

#include <algorithm>

namespace muster::service {
namespace {

using core::EventPlace;
using store::EventRow;

Expected<std::optional<Instant>> time_in(const AdminRequest& request, std::string_view name) {
  const auto* text = request.find(name);
  if (text == nullptr) return std::nullopt;
  if (const auto time = parse_time(*text)) return time;
  return fail(ErrorCode::malformed_request, fmt::format("{}: an RFC 3339 time expected", name));
}

EventPlace behind(EventPlace place) { return {place.epoch, place.seq + 1}; }

}  // namespace

Expected<EventQuery> event_query_of(const AdminRequest& request) {
  EventQuery out;
  auto filter = event_filter_of(request);
  if (!filter) return std::unexpected(filter.error());
  out.filter = std::move(*filter);
  if (const auto* order = request.find("order"); order != nullptr) {
    out.newest_first = *order == "newest";
    if (!out.newest_first && *order != "oldest") {
      return fail(ErrorCode::malformed_request, "order: oldest or newest expected");
    }
  }
  if (const auto* text = request.find("after"); text != nullptr) {
    const auto place = place_of("after", *text);
    if (!place) return std::unexpected(place.error());
    out.after = *place;
  }
  const auto since = time_in(request, "since");
  if (!since) return std::unexpected(since.error());
  const auto until = time_in(request, "until");
  if (!until) return std::unexpected(until.error());
  out.since = *since;
  out.until = *until;
  return out;
}

Expected<EventWalk> EventWalk::make(HostService& service, EventQuery query) {
  EventWalk out(service, std::move(query));
  if (auto done = out.begin(); !done) return std::unexpected(done.error());
  return out;
}

Expected<void> EventWalk::begin() {
  const auto head = service_->store().chain_head();
  if (!head) return std::unexpected(head.error());
  head_ = *head;
  end_ = {head_.epoch, head_.seq};
  if (query_.after && query_.after->host == 0 && *query_.after > end_) {
    return fail(ErrorCode::conflict, fmt::format("the log ends at {}, before {}; begin anew",
                                                 cursor_of(end_), cursor_of(*query_.after)));
  }
  if (query_.newest_first && query_.filter.cmid) return begin_chain();
  if (query_.newest_first) {
    at_ = behind(end_);
    if (query_.until) {
      const auto last = place_before(service_->store(), *query_.until);
      if (!last) return std::unexpected(last.error());
      at_ = std::min(at_, behind(*last));
    }
    if (query_.after) at_ = std::min(at_, *query_.after);
    return {};
  }
  at_ = query_.after.value_or(EventPlace{});
  if (!query_.since) return {};
  const auto last = place_before(service_->store(), *query_.since);
  if (!last) return std::unexpected(last.error());
  at_ = std::max(at_, *last);
  return {};
}

// Every event of a machine names the one before it, so that its history is there at once however
// long the log is.
Expected<void> EventWalk::begin_chain() {
  by_chain_ = true;
  at_ = query_.after.value_or(behind(end_));
  const auto machines = service_->store().machines_of(*query_.filter.cmid);
  if (!machines) return std::unexpected(machines.error());
  for (const auto& [key, machine] : *machines) heads_.push_back(machine.last_event);
  if (!query_.after || heads_.size() != 1) return {};
  // Straight to where the page before has ended.
  const auto row = service_->store().event(*query_.after);
  if (!row) return std::unexpected(row.error());
  if (*row && (*row)->cmid == query_.filter.cmid) heads_.front() = (*row)->machine_prev;
  return {};
}

// Empty: the chains have ended, or lead to what was pruned.
Expected<std::vector<EventRow>> EventWalk::read_chain(std::size_t most) {
  std::vector<EventRow> out;
  for (std::size_t looked = 0; looked < most && !heads_.empty(); ++looked) {
    auto newest = std::ranges::max_element(heads_);
    auto row =
        newest->seq == 0 ? Expected<std::optional<EventRow>>() : service_->store().event(*newest);
    if (!row) return std::unexpected(row.error());
    if (!*row) {
      heads_.erase(newest);
      continue;
    }
    *newest = (*row)->machine_prev;
    if ((*row)->place < at_) out.push_back(std::move(**row));
  }
  return out;
}

Expected<std::vector<EventRow>> EventWalk::read(std::size_t most) {
  if (by_chain_) return read_chain(most);
  auto& store = service_->store();
  return query_.newest_first ? store.events_before(at_, most) : store.events(at_, most);
}

bool EventWalk::is_past(const EventRow& row) const {
  if (query_.newest_first) return query_.since && row.time < *query_.since;
  return row.place > end_ || (query_.until && row.time >= *query_.until);
}

Expected<void> EventWalk::next(std::size_t look, std::size_t most, std::vector<EventRow>& out) {
  // What a chain gives is not given again.
  if (by_chain_) look = std::min(look, most);
  auto rows = read(look);
  if (!rows) return std::unexpected(rows.error());
  for (auto& row : *rows) {
    if (most == 0) return {};
    if (is_past(row)) {
      ended_ = true;
      return {};
    }
    at_ = row.place;
    const bool too_new = by_chain_ && query_.until && row.time >= *query_.until;
    if (too_new || !query_.filter.fits(*service_, row)) continue;
    out.push_back(std::move(row));
    --most;
  }
  if (by_chain_) {
    ended_ = heads_.empty();
  } else {
    ended_ = rows->size() < look || (!query_.newest_first && at_ == end_);
  }
  return {};
}

core::EventPlace EventWalk::resume() const {
  if (query_.newest_first) return end_;
  return at_.epoch > 0 ? at_ : EventPlace{1, 0};
}

}  // namespace muster::service
