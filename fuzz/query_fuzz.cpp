// links: muster_base
// sources: src/host/query.cpp
// packages: fmt::fmt
// A query of the administration's side: what is read is text, each name once and known.
#include <array>

#include "base/ids.h"
#include "host/query.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  constexpr std::array<std::string_view, 3> known{"after", "limit", "a b"};
  const auto text = as_text({data, size});
  const auto query = host::parse_query(text, known);
  if (!query) {
    must(query.error().code == ErrorCode::malformed_request);
    return 0;
  }
  must(query->size() <= known.size());
  for (std::size_t i = 0; i < query->size(); ++i) {
    const auto& [name, value] = (*query)[i];
    must(valid_text(value, size));
    for (std::size_t j = 0; j < i; ++j) must((*query)[j].first != name);
  }
  return 0;
}
