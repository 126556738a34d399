// links: muster_client
// The client's state files, and the address of a host. The first byte chooses.
#include <cstdint>

#include "base/digest.h"
#include "client/host_url.h"
#include "client/state.h"
#include "must.h"
#include "wire/json.h"

namespace {

using namespace muster;
using fuzz::must;

// What is read is written and read again as the same.
void state(std::string_view text, client::StateFile file) {
  const auto read = client::decode_state(text, file, "state");
  if (!read) {
    must(read.error().code == ErrorCode::state_corrupt ||
         read.error().code == ErrorCode::state_newer);
    must(!read.error().detail.empty());
    return;
  }
  const auto written = client::encode_state(*read, client::StateFile::identity);
  const auto again = client::decode_state(written, client::StateFile::identity, "state");
  must(again.has_value() && *again == *read);
}

// A file around any JSON, with the checksum that fits, so that it does not keep everything out.
void body(std::string_view text) {
  wire::json::Tree tree;
  if (!tree.parse(text, text.size())) return;
  std::string inner;
  tree.append(inner, tree.root());
  std::string whole;
  wire::json::Writer writer(whole);
  writer.text("muster_state", "identity").number("version", 1);
  writer.bytes("checksum", sha256(as_bytes(inner))).raw("state", inner);
  writer.end();
  state(whole, client::StateFile::identity);
}

void host(std::string_view text) {
  const auto url = client::parse_host_url(text);
  if (!url) return;
  const auto again = client::parse_host_url(url->base());
  must(again.has_value() && *again == *url);
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  const auto text = as_text({data + 1, size - 1});
  switch (data[0] % 4) {
    case 0: state(text, client::StateFile::identity); break;
    case 1: state(text, client::StateFile::licence); break;
    case 2: body(text); break;
    default: host(text); break;
  }
  return 0;
}
