// Event logs as tables: what Event Viewer saves as CSV and as tab-delimited text, and what
// PowerShell's Export-Csv makes of Get-WinEvent and of Get-EventLog.
//
// Event Viewer's columns have no names that could be relied on (they are in the language of
// Windows); they are, in this order: level, date and time, source, event id, task, and the message,
// for which the heading has no name. PowerShell's have the names of the objects' properties in
// every language. Neither holds an event's strings: a record's only string is its message.
#pragma once

#include "base/bytes.h"
#include "evtx/evtx_file.h"

namespace muster::evtx {

// Whether the bytes begin as such a table does.
[[nodiscard]] bool is_table(ByteView bytes);

// Calls `on_batch` as read_evtx() does. The date is in the local time and form of who exported it:
// it is a record's local_time, and `time` is known only where the date says its zone. Rows that are
// none are skipped and located. REQUIRES: is_table(bytes).
void read_table(ByteView bytes, const OnBatch& on_batch);

}  // namespace muster::evtx
