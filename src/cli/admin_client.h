// Calls of a running host's administration side, over its Unix socket or over HTTP(S) with a token.
#pragma once

#include <iosfwd>
#include <string>
#include <string_view>
#include <vector>

#include "cli/invocation.h"
#include "client/host_url.h"

namespace muster::cli {

inline constexpr std::uint16_t kAdminPort = 8689;
// Where nothing else is said, a host's directory is here.
inline constexpr std::string_view kHostDirectory = "/var/lib/muster/host";

// Where the administration side is.
struct AdminTarget {
  std::string socket;    // path of a Unix socket; empty: over TCP
  client::HostUrl host;  // where there is no socket
  std::string token;     // empty: none
  std::string ca_file;   // PEM of who may sign the host's certificate; empty: the system's roots

  // How it is named to people: "unix:/var/lib/muster/host/admin.sock", "http://127.0.0.1:8689".
  [[nodiscard]] std::string text() const;
};

// --host, --dir, --token-file and --ca-file, for every command that asks a running host, and after
// them the command's own.
[[nodiscard]] std::vector<Option> admin_options(std::vector<Option> own);
// What to do where no host answers them.
[[nodiscard]] std::vector<Hint> admin_hints();
// From these options; without --host, the socket in --dir. usage, file_unreadable.
[[nodiscard]] Expected<AdminTarget> admin_target(const Invocation& asked);
// "unix:PATH", "http://NAME[:PORT]", "https://NAME[:PORT]"; the port is 8689 where none is given.
// usage.
[[nodiscard]] Expected<AdminTarget> parse_admin_url(std::string_view url);

// The body of a 2xx answer. no_host (nobody there, or no answer in time), the code of a problem
// document, or bad_answer; each names the target. One connection a call.
[[nodiscard]] Expected<std::string> admin_get(const AdminTarget& target, std::string_view path);
[[nodiscard]] Expected<std::string> admin_post(const AdminTarget& target, std::string_view path,
                                               std::string_view content_type,
                                               std::string_view body);

[[nodiscard]] Expected<std::string> admin_delete(const AdminTarget& target, std::string_view path);

// As admin_get, but what comes is written to `out` piece by piece: for a log of any size.
[[nodiscard]] Expected<void> admin_get_to(const AdminTarget& target, std::string_view path,
                                          std::ostream& out);

}  // namespace muster::cli
