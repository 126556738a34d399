#include "host/dns_options.h"

#include <limits>

#include "base/ascii.h"
#include "host/options.h"
#include "host/setting_values.h"
#include "publish/record.h"

namespace muster::host {
namespace {

using Kind = Setting::Kind;
using O = HostOptions;
using V = std::string_view;

constexpr auto kMost16 = std::numeric_limits<std::uint16_t>::max();

// A domain's name, in lower case and without a dot at its end; empty stays empty.
Expected<void> set_domain(std::string& out, V value, V example) {
  const auto name = value.ends_with('.') ? value.substr(0, value.size() - 1) : value;
  if (!value.empty() && !publish::is_domain_name(name)) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a name such as {}", value, example));
  }
  out = lower(name);
  return {};
}

const Setting kSettings[] = {
    {"dns.zone", Kind::text, "ZONE", "the host's own record is published in it; empty: nowhere",
     [](O& o, V v) { return set_domain(o.dns.zone, v, "corp.example"); },
     [](const O& o) { return o.dns.zone; }, nullptr},
    {"dns.server", Kind::text, "NAME[:PORT]",
     "the zone's primary name server; empty: the one that its SOA record names",
     [](O& o, V v) -> Expected<void> {
       if (!v.empty() && !publish::Server::parse(v)) {
         return fail(ErrorCode::config_invalid,
                     fmt::format("'{}' is not a server such as ns1.corp.example, 192.0.2.53:53 or "
                                 "[2001:db8::53]:53",
                                 v));
       }
       o.dns.server = v;
       return {};
     },
     [](const O& o) { return o.dns.server; }, nullptr},
    {"dns.key_file", Kind::text, "FILE",
     "the TSIG key that updates are signed with, as tsig-keygen writes it",
     [](O& o, V v) -> Expected<void> {
       o.dns.key_file = v;
       return {};
     },
     [](const O& o) { return o.dns.key_file; }, nullptr},
    {"dns.target", Kind::text, "NAME", "the name that machines are sent to; empty: this machine's",
     [](O& o, V v) { return set_domain(o.dns.target, v, "muster1.corp.example"); },
     [](const O& o) { return o.dns.target; }, nullptr},
    {"dns.port", Kind::number, "PORT", "the port that machines are sent to; 0: that of listen",
     [](O& o, V v) { return set_number<std::uint16_t>(o.dns.port, v, 0, kMost16); },
     [](const O& o) { return std::to_string(o.dns.port); }, nullptr},
    {"dns.priority", Kind::number, "N", "of several hosts those with the lowest are asked first",
     [](O& o, V v) { return set_number<std::uint16_t>(o.dns.priority, v, 0, kMost16); },
     [](const O& o) { return std::to_string(o.dns.priority); }, nullptr},
    {"dns.weight", Kind::number, "N", "and of those each by its part of all their weights",
     [](O& o, V v) { return set_number<std::uint16_t>(o.dns.weight, v, 0, kMost16); },
     [](const O& o) { return std::to_string(o.dns.weight); }, nullptr},
    {"dns.ttl", Kind::text, "DURATION", "how long others may keep the record",
     [](O& o, V v) { return set_span(o.dns.ttl, v, seconds(1), std::chrono::days(1)); },
     [](const O& o) { return show_span(o.dns.ttl); }, nullptr},
};

}  // namespace

std::span<const Setting> dns_settings() { return kSettings; }

Expected<void> check(const DnsOptions& options) {
  if (options.zone.empty() && !(options.key_file.empty() && options.server.empty())) {
    return fail(
        ErrorCode::config_invalid,
        fmt::format("{} needs dns.zone", options.key_file.empty() ? "dns.server" : "dns.key_file"));
  }
  if (!options.zone.empty() && options.key_file.empty()) {
    return fail(ErrorCode::config_invalid,
                "dns.zone needs dns.key_file: an update of a zone is signed");
  }
  return {};
}

}  // namespace muster::host
