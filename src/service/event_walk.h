// Goes along the log page by page, forwards or back, past what is not wanted.
#pragma once

#include <optional>
#include <vector>

#include "service/event_filter.h"

namespace muster::service {

// What is asked for of the log.
struct EventQuery {
  EventFilter filter{};
  bool newest_first = false;
  std::optional<core::EventPlace> after{};  // behind it, in this order
  std::optional<Instant> since, until{};    // since <= time < until
};
// ?order ?after ?since ?until and the filter. malformed_request.
[[nodiscard]] Expected<EventQuery> event_query_of(const AdminRequest& request);

class EventWalk {
 public:
  // Finds where to begin. The walk ends where the log ends now. conflict where the log ends before
  // `after`: it was restored, or the place is another log's.
  [[nodiscard]] static Expected<EventWalk> make(HostService& service, EventQuery query);

  // Looks at up to `look` events and takes those that fit, at most `most`.
  [[nodiscard]] Expected<void> next(std::size_t look, std::size_t most,
                                    std::vector<store::EventRow>& out);
  [[nodiscard]] bool ended() const { return ended_; }
  // The last event that was looked at; before that, where the walk begins. {}: before the log.
  [[nodiscard]] core::EventPlace at() const { return at_; }
  // Behind which place, the oldest first, is all that comes later: the last event that was looked
  // at, or the newest of all where the newest come first. 1-0: before the log's first event.
  [[nodiscard]] core::EventPlace resume() const;
  // The log when the walk began: what came later is in no page of it.
  [[nodiscard]] const store::ChainHead& head() const { return head_; }
  // Of use to a search alone: more is to be looked at than is wanted.
  [[nodiscard]] bool searches() const { return !query_.filter.empty() && !by_chain_; }

 private:
  EventWalk(HostService& service, EventQuery query)
      : service_(&service), query_(std::move(query)) {}
  [[nodiscard]] Expected<void> begin();
  [[nodiscard]] Expected<void> begin_chain();
  [[nodiscard]] Expected<std::vector<store::EventRow>> read(std::size_t most);
  [[nodiscard]] Expected<std::vector<store::EventRow>> read_chain(std::size_t most);
  [[nodiscard]] bool is_past(const store::EventRow& row) const;

  HostService* service_;
  EventQuery query_;
  core::EventPlace at_;
  store::ChainHead head_;
  core::EventPlace end_;  // its newest event
  bool by_chain_ = false;
  std::vector<core::EventPlace> heads_;  // by chain: the next of each of the machine's chains
  bool ended_ = false;
};

}  // namespace muster::service
