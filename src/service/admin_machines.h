// What the list of machines and a machine's own page both show.
#pragma once

#include "service/admin_json.h"

namespace muster::service {

// The members of a machine in any list, without the object's end.
void write_machine(json::Writer& writer, HostService& service, const GroupKey& group,
                   const core::Machine& machine);

}  // namespace muster::service
