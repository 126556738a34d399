// links: muster_base
// sources: src/host/proxy_protocol.cpp src/host/address.cpp src/client/host_url.cpp
// What stands before and around a request: the PROXY header, addresses, networks, a host's URL.
#include <vector>

#include "client/host_url.h"
#include "host/proxy_protocol.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  using fuzz::must;
  const auto text = as_text({data, size});
  const auto header = host::parse_proxy_header(text);
  if (header.state == host::ProxyHeader::State::done) must(header.size > 0 && header.size <= size);
  if (size >= host::kProxyHeaderMost) must(header.state != host::ProxyHeader::State::need_more);

  if (const auto address = host::Address::parse(text)) {
    must(host::Address::parse(address->text()) == address);
  }
  (void)host::AddressPort::parse(text);
  const std::vector<std::string> entries{std::string(text)};
  (void)host::Networks::parse(entries);
  if (const auto url = client::parse_host_url(text)) {
    must(client::parse_host_url(url->base()).value() == *url);
  }
  return 0;
}
