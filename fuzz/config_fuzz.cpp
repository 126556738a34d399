// links: muster_service muster_base
// sources: src/host/config.cpp src/host/options.cpp src/host/alert_options.cpp src/host/address.cpp
// sources: src/host/dns_options.cpp src/publish/record.cpp
// packages: tomlplusplus::tomlplusplus fmt::fmt
// A host's configuration file: an error leaves the options as they were, and names a line.
#include "host/options.h"
#include "must.h"

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace muster;
  host::HostOptions options;
  const auto read = host::read_config(options, as_text({data, size}), "fuzz.toml");
  if (!read) {
    fuzz::must(options.listen == host::HostOptions{}.listen && options.allowed_hosts.empty());
    fuzz::must(read.error().code == ErrorCode::config_invalid);
    return 0;
  }
  (void)host::check(options);
  return 0;
}
