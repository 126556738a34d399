// links: muster_analyser muster_evtx muster_core muster_base
// What a host says of itself: reading ends, and what is found is within its bounds.
#include "analyser/slmgr.h"

#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* bytes, std::size_t size) {
  using namespace muster;
  const auto facts = analyser::read_host_facts(as_text(ByteView(bytes, size)));
  if (!facts) return 0;
  fuzz::must(!facts->empty());
  for (const auto& one : *facts) {
    fuzz::must(one.group.empty() || one.group == "windows" || one.group == "office");
    fuzz::must(!one.count || *one.count < UINT32_MAX);
  }
  return 0;
}
