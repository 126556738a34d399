// What can be set about the host's own record in DNS. Its settings stand in dns_options.cpp and are
// rows of settings() (options.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace muster::host {

struct DnsOptions {
  std::string zone;        // the record is published in it; empty: nothing is
  std::string server;      // NAME[:PORT] of its primary; empty: the one that its SOA record names
  std::string key_file;    // what updates are signed with
  std::string target;      // a name; empty: this machine's
  std::uint16_t port = 0;  // 0: the one that is listened on
  std::uint16_t priority = 0;
  std::uint16_t weight = 10;
  seconds ttl{300};
};

struct Setting;
[[nodiscard]] std::span<const Setting> dns_settings();
// What no single value can show: that zone and key file are both there. config_invalid with the
// setting's name.
[[nodiscard]] Expected<void> check(const DnsOptions& options);

}  // namespace muster::host
