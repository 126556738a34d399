// links: muster_service muster_base
// sources: src/host/request_reader.cpp src/host/request_parser.cpp src/host/http.cpp
// HTTP requests from anybody. However the bytes are cut on their way, the requests are the same.
#include <algorithm>
#include <vector>

#include "host/request_reader.h"
#include "must.h"

namespace {

using muster::host::RequestReader;

// Each request that came whole, in one text. Whether a bad end is seen at once or is waited for
// depends on where it was cut.
std::vector<std::string> read(std::string_view bytes, std::size_t piece) {
  std::vector<std::string> out;
  RequestReader reader{muster::host::HttpLimits{}};
  reader.begin();
  while (out.size() < 16) {
    const auto state = reader.go_on();
    if (state == RequestReader::State::failed) break;
    if (state == RequestReader::State::done) {
      const auto& request = reader.request();
      fuzz::must(request.body.size() <= muster::host::HttpLimits{}.body_most);
      out.push_back(request.target + '\n' + request.host + '\n' + request.body);
      if (!reader.keep_alive()) break;
      reader.begin();
      continue;
    }
    if (state == RequestReader::State::need_continue) continue;
    if (bytes.empty()) break;
    const auto room = reader.prepare();
    fuzz::must(!room.empty());
    const auto count = std::min({room.size(), piece, bytes.size()});
    std::copy_n(bytes.data(), count, room.data());
    reader.received(count);
    bytes.remove_prefix(count);
  }
  return out;
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto bytes = muster::as_text({data + 1, size - 1});
  fuzz::must(read(bytes, 1u + data[0]) == read(bytes, SIZE_MAX));
  return 0;
}
