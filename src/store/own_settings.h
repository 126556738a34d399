// Which settings are a host's own where several hosts share one store. All others (tickets' key,
// salt, ledger, tokens, multiple activation keys) are one for all of them.
#pragma once

#include <algorithm>
#include <array>
#include <string_view>

namespace muster::store {

// By what their names begin with. A host's keys are signed for its own key; its clock is its own,
// and so are what it has told whom, how far it has counted its log, and where that begins.
inline constexpr std::array<std::string_view, 12> kOwnSettings{
    "host_key/", "unserved_requests", "clock_suspect", "stored_again",  "digest",     "peak/",
    "alert/",    "alert_out/",        "syslog_cursor", "machines_left", "log_begins", "dns_record"};
[[nodiscard]] inline bool is_own_setting(std::string_view name) {
  return std::ranges::any_of(kOwnSettings,
                             [&](std::string_view own) { return name.starts_with(own); });
}

}  // namespace muster::store
