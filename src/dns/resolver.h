// Asking DNS. The C library's resolver on a machine; tests and the lab give records of their own
// (testing/records.h).
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "dns/srv.h"

namespace muster::dns {

class Resolver {
 public:
  virtual ~Resolver() = default;
  // The domains in which this machine looks for names, in their order; may be none.
  [[nodiscard]] virtual std::vector<std::string> search_domains() = 0;
  // SRV records of a whole name ("_muster._tcp.corp.example"). Never fails: see the outcome.
  [[nodiscard]] virtual SrvLookup srv(std::string_view name) = 0;
  // Ends an srv() in progress, and every later one, with no_answer. Thread-safe.
  virtual void cancel() = 0;
};

inline constexpr std::chrono::milliseconds kLookupMost{2'000};

// By /etc/resolv.conf, LOCALDOMAIN and RES_OPTIONS as resolv.conf(5) has them; at most the first
// six search domains. A lookup takes no longer than `most`, whatever resolv.conf says.
[[nodiscard]] std::unique_ptr<Resolver> make_system_resolver(
    std::chrono::milliseconds most = kLookupMost);

}  // namespace muster::dns
