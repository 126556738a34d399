// links: muster_base
// The small parsers of base: times, durations, CMIDs, base64url, hex, texts.
#include <cstdint>

#include "base/ids.h"
#include "base/time.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  const auto text = as_text({data, size});
  if (const auto time = parse_time(text)) must(parse_time(format_time(*time)) == time);
  if (const auto span = parse_duration(text)) {
    must(parse_duration(format_duration(*span)).value() == *span);
  }
  if (const auto cmid = Cmid::parse(text)) must(Cmid::parse(cmid->text()) == cmid);
  if (const auto bytes = from_base64url(text)) must(base64url(as_bytes(*bytes)) == text);
  if (const auto bytes = from_hex(text)) must(bytes->size() * 2 == size);
  must(from_base64url(base64url({data, size})) == text);
  must(!valid_id(text) || valid_text(text, 63));
  return 0;
}
