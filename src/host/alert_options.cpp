#include "host/alert_options.h"

#include <algorithm>
#include <array>

#include "host/options.h"
#include "host/setting_values.h"

namespace muster::host {
namespace {

using Kind = Setting::Kind;
using O = HostOptions;
using V = std::string_view;
using std::chrono::days;

constexpr seconds kYear = days(365);

Expected<void> set_text(std::string& out, V value) {
  out = value;
  return {};
}

// SCHEME://NAME[:PORT][/...] with one of these schemes. What is secret stands in a file, not here.
Expected<void> set_url(std::string& out, V value, std::initializer_list<V> schemes, V example) {
  const auto wrong = [&] {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not an address such as {}", value, example));
  };
  if (value.empty()) return set_text(out, value);
  const auto scheme =
      std::ranges::find_if(schemes, [&](V each) { return value.starts_with(each); });
  if (scheme == schemes.end()) return wrong();
  const auto rest = value.substr(scheme->size());
  const auto name = rest.substr(0, rest.find('/'));
  const bool odd = std::ranges::any_of(value, [](char c) { return c <= ' ' || c == 0x7f; });
  if (odd || name.empty() || name.starts_with(':')) return wrong();
  if (name.find('@') != name.npos) {
    return fail(ErrorCode::config_invalid,
                "an address holds no user and no password; they have settings of their own");
  }
  return set_text(out, value);
}

// LOCAL@DOMAIN, fit to stand in a header.
Expected<void> check_address(V value) {
  const auto at = value.find('@');
  const auto plain = [](char c) {
    return c > ' ' && c < 0x7f && V("<>()[],;:\\\"").find(c) == V::npos;
  };
  if (at == 0 || at == value.npos || at + 1 == value.size() || value.size() > 254 ||
      value.find('@', at + 1) != value.npos || !std::ranges::all_of(value, plain)) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a mail address such as muster@corp.example", value));
  }
  return {};
}

Expected<void> add_rule(std::vector<core::AlertRule>& out, V value) {
  const auto rule = core::alert_rule_of(value);
  if (!rule) {
    std::string names;
    for (int i = 0; i < core::kAlertRules; ++i) {
      names.append(i == 0 ? "" : ", ").append(name_of(static_cast<core::AlertRule>(i)));
    }
    return fail(ErrorCode::config_invalid, fmt::format("'{}' is none of {}", value, names));
  }
  out.push_back(*rule);
  return {};
}

// Whole days, because evidence is kept by the day.
Expected<void> set_days(days& out, V value, days most) {
  seconds span{};
  if (auto done = set_span(span, value, days(1), most); !done) return done;
  if (span % days(1) != seconds(0)) {
    return fail(ErrorCode::config_invalid,
                fmt::format("'{}' is not a number of days, such as 8d", value));
  }
  out = std::chrono::floor<days>(span);
  return {};
}

Expected<void> set_kinds(std::vector<core::Evidence>& out, V value) {
  std::vector<core::Evidence> kinds;
  for (auto rest = value; !rest.empty();) {
    const auto comma = rest.find(',');
    const auto kind = core::evidence_of(rest.substr(0, comma));
    if (!kind) {
      return fail(ErrorCode::config_invalid,
                  fmt::format("'{}' is no evidence; docs/host.md lists them, commas between",
                              rest.substr(0, comma)));
    }
    if (!core::is_news(*kind)) {
      return fail(ErrorCode::config_invalid,
                  fmt::format("'{}' is nothing to warn of: every fleet shows it", name_of(*kind)));
    }
    if (std::ranges::find(kinds, *kind) == kinds.end()) kinds.push_back(*kind);
    rest = comma == rest.npos ? V{} : rest.substr(comma + 1);
  }
  out = std::move(kinds);
  return {};
}

template <class List>
std::string names_of(const List& list) {
  std::vector<std::string> names;
  for (const auto item : list) names.emplace_back(name_of(item));
  return show(names);
}

constexpr std::array<V, 24> kFacilities{
    "kern",   "user",   "mail",     "daemon", "auth",   "syslog", "lpr",    "news",
    "uucp",   "cron",   "authpriv", "ftp",    "ntp",    "audit",  "alert",  "clock",
    "local0", "local1", "local2",   "local3", "local4", "local5", "local6", "local7"};

std::string show_part(double value) { return fmt::format("{}", value); }

const Setting kRules[] = {
    {"alerts.off", Kind::list, "RULE", "a rule that is switched off: count, forecast, key ...",
     [](O& o, V v) { return add_rule(o.alerts.plan.lines.off, v); },
     [](const O& o) { return names_of(o.alerts.plan.lines.off); },
     [](O& o) { o.alerts.plan.lines.off.clear(); }},
    {"alerts.every", Kind::text, "SECONDS", "time between two looks at the rules",
     [](O& o, V v) { return set_seconds(o.alerts.plan.every, v, 1, 3600); },
     [](const O& o) { return show(o.alerts.plan.every); }, nullptr},
    {"alerts.hold", Kind::text, "DURATION", "a condition holds, or is gone, for so long first",
     [](O& o, V v) { return set_span(o.alerts.plan.hold, v, seconds(0), days(7)); },
     [](const O& o) { return show_span(o.alerts.plan.hold); }, nullptr},
    {"alerts.count.margin", Kind::fraction, "PART",
     "a count under threshold and this part of it warns",
     [](O& o, V v) { return set_number<double>(o.alerts.plan.lines.count_margin, v, 0, 1); },
     [](const O& o) { return show_part(o.alerts.plan.lines.count_margin); }, nullptr},
    {"alerts.forecast.within", Kind::text, "DURATION",
     "a count that falls under its threshold so soon warns",
     [](O& o, V v) { return set_span(o.alerts.plan.lines.forecast_within, v, minutes(1), kYear); },
     [](const O& o) { return show_span(o.alerts.plan.lines.forecast_within); }, nullptr},
    {"alerts.key.used", Kind::fraction, "PART",
     "a multiple activation key of which so much is used warns",
     [](O& o, V v) { return set_number<double>(o.alerts.plan.lines.key_used, v, 0.01, 1); },
     [](const O& o) { return show_part(o.alerts.plan.lines.key_used); }, nullptr},
    {"alerts.evidence.kinds", Kind::text, "KINDS", "evidence that warns, commas between",
     [](O& o, V v) { return set_kinds(o.alerts.plan.lines.evidence_kinds, v); },
     [](const O& o) { return names_of(o.alerts.plan.lines.evidence_kinds); }, nullptr},
    {"alerts.evidence.least", Kind::number, "N", "so many requests of one kind warn",
     [](O& o, V v) {
       return set_number<std::uint32_t>(o.alerts.plan.lines.evidence_least, v, 1, 1'000'000);
     },
     [](const O& o) { return std::to_string(o.alerts.plan.lines.evidence_least); }, nullptr},
    {"alerts.evidence.window", Kind::text, "DURATION", "within it; and so long it must be quiet",
     [](O& o, V v) { return set_days(o.alerts.plan.lines.evidence_window, v, days(29)); },
     [](const O& o) { return show_span(o.alerts.plan.lines.evidence_window); }, nullptr},
    {"alerts.refusals.per_minute", Kind::number, "N",
     "refused requests a minute that warn; too few machines do not count",
     [](O& o, V v) {
       return set_number<std::uint32_t>(o.alerts.plan.lines.refusals_per_minute, v, 1, 1'000'000);
     },
     [](const O& o) { return std::to_string(o.alerts.plan.lines.refusals_per_minute); }, nullptr},
    {"alerts.refusals.window", Kind::text, "DURATION", "over which that is taken",
     [](O& o, V v) {
       return set_span(o.alerts.plan.lines.refusals_window, v, seconds(1), days(7));
     },
     [](const O& o) { return show_span(o.alerts.plan.lines.refusals_window); }, nullptr},
    {"alerts.host_key.within", Kind::text, "DURATION", "a host key that expires so soon warns",
     [](O& o, V v) { return set_span(o.alerts.plan.lines.host_key_within, v, minutes(1), kYear); },
     [](const O& o) { return show_span(o.alerts.plan.lines.host_key_within); }, nullptr},
    {"alerts.chain.per_second", Kind::number, "N",
     "events of the log that are read and held against their hashes again",
     [](O& o, V v) {
       return set_number<std::uint32_t>(o.alerts.plan.chain_per_second, v, 1, 100'000);
     },
     [](const O& o) { return std::to_string(o.alerts.plan.chain_per_second); }, nullptr},
    {"alerts.disk.free", Kind::fraction, "PART", "free part of the store's disk that warns",
     [](O& o, V v) { return set_number<double>(o.alerts.plan.lines.disk_free, v, 0, 0.97); },
     [](const O& o) { return show_part(o.alerts.plan.lines.disk_free); }, nullptr},
    {"alerts.webhook.url", Kind::text, "URL", "alerts are posted there; empty: nowhere",
     [](O& o, V v) {
       return set_url(o.alerts.webhook.url, v, {"https://", "http://"},
                      "https://hooks.corp.example/muster");
     },
     [](const O& o) { return o.alerts.webhook.url; }, nullptr},
    {"alerts.webhook.secret_file", Kind::text, "FILE",
     "the secret that their bodies are signed with",
     [](O& o, V v) { return set_text(o.alerts.webhook.secret_file, v); },
     [](const O& o) { return o.alerts.webhook.secret_file; }, nullptr},
    {"alerts.webhook.ca_file", Kind::text, "FILE",
     "PEM of who may sign the receiver's certificate; empty: the system's",
     [](O& o, V v) { return set_text(o.alerts.webhook.ca_file, v); },
     [](const O& o) { return o.alerts.webhook.ca_file; }, nullptr},
    {"alerts.webhook.proxy", Kind::text, "URL", "an HTTP proxy on the way there; empty: none",
     [](O& o, V v) {
       return set_url(o.alerts.webhook.proxy, v, {"http://"}, "http://proxy.corp.example:3128");
     },
     [](const O& o) { return o.alerts.webhook.proxy; }, nullptr},
    {"alerts.webhook.timeout", Kind::text, "SECONDS", "one delivery has so long",
     [](O& o, V v) { return set_seconds(o.alerts.webhook.timeout, v, 1, 120); },
     [](const O& o) { return show(o.alerts.webhook.timeout); }, nullptr},
    {"alerts.mail.server", Kind::text, "URL", "alerts are mailed through it; empty: not mailed",
     [](O& o, V v) {
       return set_url(o.alerts.mail.server, v, {"smtp://", "smtps://"},
                      "smtp://mail.corp.example:587");
     },
     [](const O& o) { return o.alerts.mail.server; }, nullptr},
    {"alerts.mail.from", Kind::text, "ADDRESS", "who they are from",
     [](O& o, V v) {
       if (v.empty()) return set_text(o.alerts.mail.from, v);
       if (auto good = check_address(v); !good) return good;
       return set_text(o.alerts.mail.from, v);
     },
     [](const O& o) { return o.alerts.mail.from; }, nullptr},
    {"alerts.mail.to", Kind::list, "ADDRESS", "whom they are for",
     [](O& o, V v) -> Expected<void> {
       if (auto good = check_address(v); !good) return good;
       o.alerts.mail.to.emplace_back(v);
       return {};
     },
     [](const O& o) { return show(o.alerts.mail.to); }, [](O& o) { o.alerts.mail.to.clear(); }},
    {"alerts.mail.user", Kind::text, "NAME", "who logs in to the mail server; empty: nobody",
     [](O& o, V v) { return set_text(o.alerts.mail.user, v); },
     [](const O& o) { return o.alerts.mail.user; }, nullptr},
    {"alerts.mail.password_file", Kind::text, "FILE", "the password, in the file's first line",
     [](O& o, V v) { return set_text(o.alerts.mail.password_file, v); },
     [](const O& o) { return o.alerts.mail.password_file; }, nullptr},
    {"alerts.mail.tls", Kind::text, "WHEN", "STARTTLS of smtp://: required, if_offered or never",
     [](O& o, V v) {
       return set_choice(o.alerts.mail.tls, v,
                         {{"required", MailTls::required},
                          {"if_offered", MailTls::if_offered},
                          {"never", MailTls::never}});
     },
     [](const O& o) -> std::string {
       constexpr const char* names[] = {"required", "if_offered", "never"};
       return names[static_cast<int>(o.alerts.mail.tls)];
     },
     nullptr},
    {"alerts.mail.ca_file", Kind::text, "FILE",
     "PEM of who may sign the mail server's certificate; empty: the system's",
     [](O& o, V v) { return set_text(o.alerts.mail.ca_file, v); },
     [](const O& o) { return o.alerts.mail.ca_file; }, nullptr},
    {"alerts.mail.timeout", Kind::text, "SECONDS", "one mail has so long",
     [](O& o, V v) { return set_seconds(o.alerts.mail.timeout, v, 1, 120); },
     [](const O& o) { return show(o.alerts.mail.timeout); }, nullptr},
    {"syslog.server", Kind::text, "URL", "every event is sent there; empty: nowhere",
     [](O& o, V v) {
       return set_url(o.alerts.syslog.server, v, {"tls://", "tcp://"},
                      "tls://syslog.corp.example:6514");
     },
     [](const O& o) { return o.alerts.syslog.server; }, nullptr},
    {"syslog.ca_file", Kind::text, "FILE",
     "PEM of who may sign the syslog server's certificate; empty: the system's",
     [](O& o, V v) { return set_text(o.alerts.syslog.ca_file, v); },
     [](const O& o) { return o.alerts.syslog.ca_file; }, nullptr},
    {"syslog.facility", Kind::text, "NAME", "local0 ... local7, daemon, auth, audit ...",
     [](O& o, V v) -> Expected<void> {
       if (syslog_facility(v)) return set_text(o.alerts.syslog.facility, v);
       return fail(ErrorCode::config_invalid,
                   fmt::format("'{}' is none of {}", v, fmt::join(kFacilities, ", ")));
     },
     [](const O& o) { return o.alerts.syslog.facility; }, nullptr},
    {"syslog.begin", Kind::text, "WHERE", "the first time: with the first event or the next one",
     [](O& o, V v) {
       return set_choice(o.alerts.syslog.whole_log, v, {{"first", true}, {"next", false}});
     },
     [](const O& o) -> std::string { return o.alerts.syslog.whole_log ? "first" : "next"; },
     nullptr},
};

Expected<void> missing(V name, V with) {
  return fail(ErrorCode::config_invalid, fmt::format("{} needs {}", with, name));
}

}  // namespace

std::span<const Setting> alert_settings() { return kRules; }

std::optional<int> syslog_facility(V name) {
  const auto* at = std::ranges::find(kFacilities, name);
  if (at == kFacilities.end()) return std::nullopt;
  return static_cast<int>(at - kFacilities.begin());
}

Expected<void> check(const AlertOptions& options) {
  const auto& [plan, webhook, mail, syslog] = options;
  if (!webhook.url.empty() && webhook.secret_file.empty()) {
    return missing("alerts.webhook.secret_file", "alerts.webhook.url");
  }
  if (!mail.server.empty() && mail.from.empty()) {
    return missing("alerts.mail.from", "alerts.mail.server");
  }
  if (!mail.server.empty() && mail.to.empty()) {
    return missing("alerts.mail.to", "alerts.mail.server");
  }
  if (mail.user.empty() != mail.password_file.empty()) {
    return fail(ErrorCode::config_invalid,
                "alerts.mail.user and alerts.mail.password_file belong together; one is missing");
  }
  if (!mail.user.empty() && mail.tls != MailTls::required && mail.server.starts_with("smtp:")) {
    return fail(ErrorCode::config_invalid,
                "alerts.mail.user needs alerts.mail.tls = \"required\": a password is not sent in "
                "the clear");
  }
  return {};
}

}  // namespace muster::host
