// links: muster_wire muster_base
// The event log: one line, the header of an export, and a whole export as `muster events verify`
// reads it.
#include <sstream>

#include "must.h"
#include "wire/log_export.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  const auto text = as_text({data, size});
  if (const auto event = wire::parse_event_line(text)) {
    std::string line;
    wire::append_event_line(line, *event);
    const auto again = wire::parse_event_line(line);
    must(again.has_value());
    std::string twice;
    wire::append_event_line(twice, *again);
    must(line == twice);
  }
  if (const auto header = wire::parse_log_header(text)) {
    must(wire::parse_log_header(wire::encode_log_header(*header)).has_value());
  }
  std::istringstream in{std::string(text)};
  std::uint64_t events = 0;
  const auto report = wire::verify_log(in, {}, 0, [&](const wire::Event&) { ++events; });
  if (report && events != 0) must(report->last - report->first + 1 == events);
  return 0;
}
