// What is checked of every request before anybody looks at its path: whose it is, and whether it
// was meant for this host.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/http.h"

namespace muster::host {

// The names that a Host header may carry. Guards against web pages that have their own name resolve
// to this host.
class HostNames {
 public:
  // `own`: the machine's names. See HostOptions::allowed_hosts for what an entry may be.
  HostNames(std::vector<std::string> own, const std::vector<std::string>& allowed);
  // With or without a port; literal addresses and localhost always pass. Case does not matter.
  [[nodiscard]] bool allow(std::string_view host) const;

 private:
  std::vector<std::string> names_, suffixes_;  // lower case
  bool any_ = false;
};
// The machine's name as the kernel has it, and its first label.
[[nodiscard]] std::vector<std::string> own_names();

// Who asks, as far as it can be believed.
struct Caller {
  std::optional<Address> address;  // none: over the Unix socket
  bool local = false;              // this machine itself, and nobody in between
  [[nodiscard]] std::string text() const { return address ? address->text() : std::string(); }
};
// A proxy of `trusted` says in X-Forwarded-For for whom it asks: the last address there that is no
// such proxy's own. Anybody else's header is not believed, but shows that somebody is in between.
[[nodiscard]] Caller caller_of(const Peer& peer, std::string_view forwarded_for,
                               const Networks& trusted);

// "application/json", with or without parameters.
[[nodiscard]] bool is_json(std::string_view content_type);

}  // namespace muster::host
