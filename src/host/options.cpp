#include "host/options.h"

#include <fmt/format.h>

#include <algorithm>
#include <limits>

#include "host/address.h"
#include "host/alert_options.h"
#include "host/setting_values.h"

namespace muster::host {
namespace {

using Kind = Setting::Kind;

Expected<void> set_address(std::string& out, std::string_view value) {
  if (const auto parsed = AddressPort::parse(value); !parsed) {
    return std::unexpected(parsed.error());
  }
  out = value;
  return {};
}

Expected<void> add_network(std::vector<std::string>& out, std::string_view value) {
  const std::string entry(value);
  if (const auto parsed = Networks::parse({&entry, 1}); !parsed) {
    return std::unexpected(parsed.error());
  }
  out.push_back(entry);
  return {};
}

Expected<void> add_host_name(std::vector<std::string>& out, std::string_view value) {
  const auto good = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '-' ||
           c == '.' || c == '_';
  };
  if (value != "*" && (value.empty() || value.size() > 253 || !std::ranges::all_of(value, good))) {
    return fail(
        ErrorCode::config_invalid,
        fmt::format("'{}' is not a host name; write muster.corp.example, .corp.example or *",
                    value));
  }
  out.emplace_back(value);
  return {};
}

// Whole days; empty: for ever.
Expected<void> set_days(std::chrono::days& out, std::string_view value) {
  const auto duration = value.empty() ? minutes{0} : parse_duration(value).value_or(minutes{-1});
  const auto whole = std::chrono::floor<std::chrono::days>(duration);
  if (whole.count() < 0 || whole != duration || (whole.count() == 0 && !value.empty())) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a duration of whole days such as 365d", value));
  }
  out = whole;
  return {};
}

std::string show_days(std::chrono::days value) {
  return value.count() == 0 ? std::string() : fmt::format("{}d", value.count());
}

using O = HostOptions;
using V = std::string_view;
constexpr auto kMost32 = std::numeric_limits<std::uint32_t>::max();

const Setting kSettings[] = {
    {"listen", Kind::text, "ADDRESS:PORT", "where clients are served; port 0 takes a free one",
     [](O& o, V v) { return set_address(o.listen, v); }, [](const O& o) { return o.listen; },
     nullptr},
    {"admin_listen", Kind::text, "ADDRESS:PORT",
     "administrators are served there; empty: on the Unix socket only",
     [](O& o, V v) -> Expected<void> {
       if (!v.empty()) return set_address(o.admin_listen, v);
       o.admin_listen.clear();
       return {};
     },
     [](const O& o) { return o.admin_listen; }, nullptr},
    {"tls.certificate", Kind::text, "FILE",
     "PEM chain for clients' TLS, the host's certificate first",
     [](O& o, V v) -> Expected<void> {
       o.tls.certificate = v;
       return {};
     },
     [](const O& o) { return o.tls.certificate; }, nullptr},
    {"tls.key", Kind::text, "FILE", "PEM key of that certificate",
     [](O& o, V v) -> Expected<void> {
       o.tls.key = v;
       return {};
     },
     [](const O& o) { return o.tls.key; }, nullptr},
    {"admin_tls.certificate", Kind::text, "FILE", "PEM chain for administrators' TLS",
     [](O& o, V v) -> Expected<void> {
       o.admin_tls.certificate = v;
       return {};
     },
     [](const O& o) { return o.admin_tls.certificate; }, nullptr},
    {"admin_tls.key", Kind::text, "FILE", "PEM key of that certificate",
     [](O& o, V v) -> Expected<void> {
       o.admin_tls.key = v;
       return {};
     },
     [](const O& o) { return o.admin_tls.key; }, nullptr},
    {"threads", Kind::number, "N", "threads that serve connections; 0: one a core, at most 8",
     [](O& o, V v) { return set_number<std::uint32_t>(o.threads, v, 0, 64); },
     [](const O& o) { return std::to_string(o.threads); }, nullptr},
    {"allowed_hosts", Kind::list, "NAME",
     "a further name for Host headers; .corp.example for all under it",
     [](O& o, V v) { return add_host_name(o.allowed_hosts, v); },
     [](const O& o) { return show(o.allowed_hosts); }, [](O& o) { o.allowed_hosts.clear(); }},
    {"trusted_proxies", Kind::list, "NETWORK", "a proxy whose X-Forwarded-For is believed",
     [](O& o, V v) { return add_network(o.trusted_proxies, v); },
     [](const O& o) { return show(o.trusted_proxies); }, [](O& o) { o.trusted_proxies.clear(); }},
    {"proxy_protocol", Kind::list, "NETWORK",
     "a balancer that begins its connections with a PROXY header",
     [](O& o, V v) { return add_network(o.proxy_protocol, v); },
     [](const O& o) { return show(o.proxy_protocol); }, [](O& o) { o.proxy_protocol.clear(); }},
    {"request_timeout", Kind::text, "SECONDS",
     "a request must arrive within it, first byte to last",
     [](O& o, V v) { return set_seconds(o.request_timeout, v, 1, 600); },
     [](const O& o) { return show(o.request_timeout); }, nullptr},
    {"idle_timeout", Kind::text, "SECONDS", "a connection between two requests is closed after it",
     [](O& o, V v) { return set_seconds(o.idle_timeout, v, 1, 3600); },
     [](const O& o) { return show(o.idle_timeout); }, nullptr},
    {"stop_timeout", Kind::text, "SECONDS", "what is under way when the host stops has so long",
     [](O& o, V v) { return set_seconds(o.stop_timeout, v, 1, 60); },
     [](const O& o) { return show(o.stop_timeout); }, nullptr},
    {"log_format", Kind::text, "FORMAT", "text or json, on stderr",
     [](O& o, V v) {
       return set_choice(o.log_format, v, {{"text", LogFormat::text}, {"json", LogFormat::json}});
     },
     [](const O& o) -> std::string { return o.log_format == LogFormat::text ? "text" : "json"; },
     nullptr},
    {"log_level", Kind::text, "LEVEL", "debug, info, warning or error",
     [](O& o, V v) {
       return set_choice(o.log_level, v,
                         {{"debug", LogLevel::debug},
                          {"info", LogLevel::info},
                          {"warning", LogLevel::warning},
                          {"error", LogLevel::error}});
     },
     [](const O& o) -> std::string {
       constexpr const char* names[] = {"debug", "info", "warning", "error"};
       return names[static_cast<int>(o.log_level)];
     },
     nullptr},
    {"keep_machines", Kind::text, "DURATION",
     "machines that are silent for longer leave the table; empty: none does",
     [](O& o, V v) { return set_days(o.limits.keep.machines, v); },
     [](const O& o) { return show_days(o.limits.keep.machines); }, nullptr},
    {"keep_events", Kind::text, "DURATION", "older events leave the log; empty: none does",
     [](O& o, V v) { return set_days(o.limits.keep.events, v); },
     [](const O& o) { return show_days(o.limits.keep.events); }, nullptr},
    {"limits.connections_most", Kind::number, "N",
     "clients' connections at the same time; more get 503",
     [](O& o, V v) { return set_number<std::uint32_t>(o.connections_most, v, 1, 1'000'000); },
     [](const O& o) { return std::to_string(o.connections_most); }, nullptr},
    {"limits.queue_most", Kind::number, "N", "requests that wait to be stored; more get 503",
     [](O& o, V v) { return set_number<std::size_t>(o.limits.queue_most, v, 1, 1'000'000); },
     [](const O& o) { return std::to_string(o.limits.queue_most); }, nullptr},
    {"limits.batch_most", Kind::number, "N", "requests that are stored in one unit",
     [](O& o, V v) { return set_number<std::size_t>(o.limits.batch_most, v, 1, 10'000); },
     [](const O& o) { return std::to_string(o.limits.batch_most); }, nullptr},
    {"limits.cmid_burst", Kind::number, "N", "requests of one CMID at once; more get 429",
     [](O& o, V v) { return set_number<std::uint32_t>(o.limits.rates.cmid_burst, v, 1, kMost32); },
     [](const O& o) { return std::to_string(o.limits.rates.cmid_burst); }, nullptr},
    {"limits.cmid_per_minute", Kind::number, "N", "and so many a minute after that; 0: no limit",
     [](O& o, V v) {
       return set_number<std::uint32_t>(o.limits.rates.cmid_per_minute, v, 0, kMost32);
     },
     [](const O& o) { return std::to_string(o.limits.rates.cmid_per_minute); }, nullptr},
    {"limits.address_burst", Kind::number, "N",
     "requests of one address at once; loopback has no limit",
     [](O& o, V v) {
       return set_number<std::uint32_t>(o.limits.rates.address_burst, v, 1, kMost32);
     },
     [](const O& o) { return std::to_string(o.limits.rates.address_burst); }, nullptr},
    {"limits.address_per_minute", Kind::number, "N", "and so many a minute after that; 0: no limit",
     [](O& o, V v) {
       return set_number<std::uint32_t>(o.limits.rates.address_per_minute, v, 0, kMost32);
     },
     [](const O& o) { return std::to_string(o.limits.rates.address_per_minute); }, nullptr},
    {"limits.disk_low", Kind::fraction, "PART",
     "free part of the disk under which machines never seen wait",
     [](O& o, V v) { return set_number<double>(o.limits.disk_low, v, 0, 0.9); },
     [](const O& o) { return fmt::format("{}", o.limits.disk_low); }, nullptr},
    {"limits.clock_skew", Kind::text, "DURATION",
     "a jump of the host's clock that makes it suspect",
     [](O& o, V v) -> Expected<void> {
       const auto skew = parse_duration(v);
       if (!skew || *skew < minutes(1)) {
         return fail(ErrorCode::config_invalid,
                     fmt::format("'{}' is not a duration such as 4h", v));
       }
       o.limits.clock_skew = *skew;
       return {};
     },
     [](const O& o) { return format_duration(o.limits.clock_skew); }, nullptr},
};

Expected<void> check_tls(const TlsFiles& files, std::string_view name) {
  if (files.certificate.empty() == files.key.empty()) return {};
  return fail(ErrorCode::config_invalid,
              fmt::format("{0}.certificate and {0}.key belong together; one is missing", name));
}

}  // namespace

std::span<const Setting> settings() {
  static const auto all = [] {
    std::vector<Setting> out(std::begin(kSettings), std::end(kSettings));
    out.insert(out.end(), alert_settings().begin(), alert_settings().end());
    out.insert(out.end(), dns_settings().begin(), dns_settings().end());
    return out;
  }();
  return all;
}

std::string flag_name(std::string_view setting) {
  std::string out = "--";
  for (const char c : setting) out.push_back(c == '.' || c == '_' ? '-' : c);
  return out;
}

std::string variable_name(std::string_view setting) {
  std::string out = "MUSTER_";
  for (const char c : setting) {
    out.push_back(c == '.' ? '_' : static_cast<char>(c >= 'a' && c <= 'z' ? c - 32 : c));
  }
  return out;
}

Expected<void> check(const HostOptions& options) {
  if (auto good = check_tls(options.tls, "tls"); !good) return good;
  if (auto good = check_tls(options.admin_tls, "admin_tls"); !good) return good;
  if (const auto clients = AddressPort::parse(options.listen); !clients) {
    return fail(ErrorCode::config_invalid, "listen: " + clients.error().detail);
  }
  if (const auto good = Networks::parse(options.trusted_proxies); !good) {
    return fail(ErrorCode::config_invalid, "trusted_proxies: " + good.error().detail);
  }
  if (const auto good = Networks::parse(options.proxy_protocol); !good) {
    return fail(ErrorCode::config_invalid, "proxy_protocol: " + good.error().detail);
  }
  if (auto good = check(options.alerts); !good) return good;
  if (auto good = check(options.dns); !good) return good;
  if (options.admin_listen.empty()) return {};
  const auto admin = AddressPort::parse(options.admin_listen);
  if (!admin) return fail(ErrorCode::config_invalid, "admin_listen: " + admin.error().detail);
  if (!admin->address.is_loopback() && !options.admin_tls.given()) {
    return fail(
        ErrorCode::config_invalid,
        fmt::format("admin_listen is {}, off loopback, which needs admin_tls.certificate and "
                    "admin_tls.key",
                    options.admin_listen));
  }
  return {};
}

Expected<void> check_keep(const service::Keep& keep, const service::Keyring& keys) {
  if (keep.machines.count() == 0) return {};
  for (const auto& served : keys.served()) {
    const auto retention = served.key.policy.retention;
    if (keep.machines >= retention) continue;
    return fail(
        ErrorCode::config_invalid,
        fmt::format("keep_machines is {}, but {} keeps a machine on the roll for {} without "
                    "contact: set keep_machines to that, or more",
                    show_days(keep.machines), served.key.product, format_duration(retention)));
  }
  return {};
}

}  // namespace muster::host
