// links: muster_wire
// The strict reader under every other parser: what it accepts, it writes and accepts again.
#include "must.h"
#include "wire/json.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  wire::json::Tree tree;
  if (!tree.parse(as_text({data, size}), 1 << 16)) return 0;
  std::string once;
  tree.append(once, tree.root());
  wire::json::Tree again;
  must(again.parse(once, 1 << 20).has_value());
  std::string twice;
  again.append(twice, again.root());
  must(once == twice);
  return 0;
}
