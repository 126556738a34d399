// Event logs as JSON lines: an object an event, as winlogbeat ships them, and as `muster logs
// convert` writes them.
//
// Of winlogbeat: winlog.event_id, .provider_name, .record_id, .channel, .computer_name, .event_data
// and .user_data; @timestamp; event.code and .original_time of its older form. Members may also be
// written with dots in their names, and before version 7 they stood at the top, some under other
// names. param1, param2 and so on are put into their order; strings are kept, objects gone through.
#pragma once

#include "base/bytes.h"
#include "evtx/evtx_file.h"

namespace muster::evtx {

// Calls `on_batch` as read_evtx() does. Lines that are no such object are skipped and located.
void read_json_lines(ByteView bytes, const OnBatch& on_batch);

}  // namespace muster::evtx
