// links: muster_base
// Breaks on an input that only a fuzzer which sees the code's branches finds. The test fuzz.canary
// passes when it does: it proves that instrumentation, sanitizers and the runner work.
#include <cstdint>
#include <cstdlib>

#include "base/ids.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto text = muster::as_text({data, size});
  if (size >= 4 && text[0] == 'r' && text[1] == 'o' && text[2] == 'l' && text[3] == 'l') {
    std::abort();
  }
  return 0;
}
