// The event log as NDJSON, which verifies.
#pragma once

#include <optional>

#include "service/host_service.h"
#include "service/reply.h"

namespace muster::service {

// Events of one epoch behind `after` ({}: of the present epoch from its beginning), to where the
// log ends now, at most `limit`. not_found where there is no such event.
[[nodiscard]] Reply event_export(HostService& service, core::EventPlace after,
                                 std::optional<std::size_t> limit);

}  // namespace muster::service
