// What can be set about alerts, and about the event log's way to a syslog server. Its settings
// stand in alert_options.cpp and are rows of settings() (options.h).
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"
#include "base/time.h"
#include "service/alert_watch.h"

namespace muster::host {

struct WebhookOptions {
  std::string url;          // https://... or http://...; empty: none
  std::string secret_file;  // what bodies are signed with
  std::string ca_file;      // PEM of who may sign the receiver's certificate; empty: the system's
  std::string proxy;        // http://NAME:PORT; empty: none, whatever the environment says
  seconds timeout{10};      // for the whole delivery
};

enum class MailTls : std::uint8_t { required, if_offered, never };

struct MailOptions {
  std::string server;  // smtp://NAME[:PORT] (STARTTLS), smtps://NAME[:PORT]; empty: none
  std::string from;
  std::vector<std::string> to;
  std::string user, password_file;  // both or neither
  MailTls tls = MailTls::required;  // of smtp://; smtps:// is TLS from its first byte
  std::string ca_file;
  seconds timeout{30};
};

// The setting in which the place is kept up to which a syslog server has the log.
inline constexpr std::string_view kSyslogCursor = "syslog_cursor";

struct SyslogOptions {
  std::string server;  // tcp://NAME:PORT, tls://NAME:PORT; empty: none
  std::string ca_file;
  std::string facility = "local0";
  bool whole_log = true;  // begins with the first event that is there, not with the next one
};

struct AlertOptions {
  service::AlertPlan plan;
  WebhookOptions webhook;
  MailOptions mail;
  SyslogOptions syslog;
};

struct Setting;
[[nodiscard]] std::span<const Setting> alert_settings();
// What no single value can show: that what belongs together is there. config_invalid with the
// setting's name.
[[nodiscard]] Expected<void> check(const AlertOptions& options);
// Syslog's number of a facility ("local0" is 16); none: there is no such facility.
[[nodiscard]] std::optional<int> syslog_facility(std::string_view name);

}  // namespace muster::host
