// links: muster_wire muster_base
// The activation exchange: requests as a host gets them from anybody, answers and problem documents
// as a client does.
#include "must.h"
#include "wire/exchange.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  const auto text = as_text({data, size});
  if (const auto request = wire::decode_request(text)) {
    must(valid_id(request->product) && valid_text(request->name, wire::kNameMost));
    const auto written = wire::encode_request(*request);
    const auto again = wire::decode_request(written);
    must(again.has_value() && wire::encode_request(*again) == written);
  }
  if (const auto answer = wire::decode_answer(text)) must(answer->retry_after.count() >= 0);
  must(entry(wire::decode_problem(text).code).http > 0);
  return 0;
}
