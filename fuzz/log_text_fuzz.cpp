// links: muster_evtx muster_base
// Exported logs, in the format that the input looks like: reading ends, and texts are UTF-8. XML is
// also read from its middle on, as after damage.
#include <algorithm>

#include "base/ids.h"
#include "evtx/json_log.h"
#include "evtx/table_log.h"
#include "evtx/xml_log.h"
#include "must.h"

namespace {

using namespace muster;
using namespace muster::evtx;

bool check(const Batch& batch) {
  for (const auto& record : batch.records()) {
    fuzz::must(!record.time || known_time(*record.time));
    for (const auto text : record.data) {
      std::string visible(text);
      std::ranges::replace_if(
          visible, [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7f; }, ' ');
      for (auto at = visible.find('\xc2'); at < visible.size() - 1;
           at = visible.find('\xc2', at + 1)) {
        if (static_cast<unsigned char>(visible[at + 1]) < 0xa0) visible[at + 1] = '\xa0';
      }
      fuzz::must(valid_text(visible, visible.size()));
    }
  }
  for (const auto& skipped : batch.skipped()) {
    const auto line = describe(skipped);
    fuzz::must(valid_text(line, line.size()));
  }
  return true;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const ByteView bytes(data, size);
  read_xml(bytes, check);
  read_json_lines(bytes, check);
  if (is_table(bytes)) read_table(bytes, check);
  return 0;
}
