// Which events of the log somebody wants to see, and where in the log they stand.
#pragma once

#include <optional>
#include <string>

#include "service/admin_json.h"
#include "wire/event.h"

namespace muster::service {

// What an event is about, wherever its line says so: a request by a multiple activation key says it
// in its detail.
struct EventSubject {
  std::string vendor, group, product, error;
  std::optional<Cmid> cmid;
  std::optional<Bytes16> name, address;  // salted hashes
};
[[nodiscard]] EventSubject subject_of(const wire::Event& event);

// Every member that is given must fit.
struct EventFilter {
  std::string vendor, group, product, type, error;
  std::string text;  // in lower case: name, address, CMID, actor or detail holds it
  std::optional<Cmid> cmid;
  std::optional<core::Evidence> evidence;

  [[nodiscard]] bool empty() const;
  // Reads the store where names are asked for. A line that cannot be read fits no filter.
  [[nodiscard]] bool fits(HostService& service, const store::EventRow& row) const;
};
// ?vendor ?group ?product ?cmid ?type ?error ?evidence ?text. malformed_request.
[[nodiscard]] Expected<EventFilter> event_filter_of(const AdminRequest& request);

// The last event before `time`, in the whole log; {} where there is none. By halving, so that a log
// of any length is some thirty reads: times never fall along the log.
[[nodiscard]] Expected<core::EventPlace> place_before(store::Store& store, Instant time);

// An event as the calls show it: place, the line itself, hash, and the values of its salted hashes.
void write_event_row(std::string& out, HostService& service, const store::EventRow& row);

}  // namespace muster::service
