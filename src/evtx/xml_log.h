// Event logs as XML: as Event Viewer saves them (a root element Events, RenderingInfo in each
// event) and as `wevtutil qe /f:xml` prints them (one event after the other, without a root).
#pragma once

#include "base/bytes.h"
#include "evtx/evtx_file.h"

namespace muster::evtx {

// Calls `on_batch` as read_evtx() does. An event that is not well-formed XML is skipped and
// located; reading goes on at the next one. A document type declaration is not read: there is none
// in a log, and entities could blow up. Offsets in UTF-16 are right where what comes before is
// ASCII.
void read_xml(ByteView bytes, const OnBatch& on_batch);

}  // namespace muster::evtx
