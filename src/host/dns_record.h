// The host's own record in its zone: published, published again every day, taken away when the host
// stops. Others' records stay. What may stand in the zone is noted in the store before it does, so
// that a host that was killed and comes back with another port or name takes the old one away.
//
// Looks and withdraws on one thread; figures() is for any.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "host/log.h"
#include "publish/name_servers.h"
#include "publish/record.h"
#include "publish/tsig_key.h"
#include "service/host_service.h"

namespace muster::host {

// What /metrics says of it.
struct DnsFigures {
  bool published = false;              // as far as this host knows
  std::uint64_t done = 0, failed = 0;  // updates since the start
  std::optional<Instant> last_done{};  // when the last one was
};

struct DnsPlan {
  publish::HostRecord record;
  seconds ttl{};
  std::optional<publish::Server> server;  // none: the zone's SOA record names it
  publish::TsigKey key;
};

class DnsRecord {
 public:
  static constexpr std::chrono::hours kAgain{24};

  // All outlive it.
  DnsRecord(DnsPlan plan, publish::NameServers& servers, service::HostService& service, Log& log)
      : plan_(std::move(plan)), servers_(servers), service_(service), log_(log) {}

  // Publishes where that is due: at first, every day, and after a failure as back_off() has it
  // (courier.h). How long until the next is.
  [[nodiscard]] std::chrono::milliseconds look(const std::atomic<bool>& stop);
  // Takes away whatever may stand in the zone. One try.
  void withdraw(const std::atomic<bool>& stop);
  [[nodiscard]] DnsFigures figures() const;

 private:
  using Records = std::vector<publish::HostRecord>;
  [[nodiscard]] publish::Answer<void> recall();
  [[nodiscard]] publish::Answer<void> note(Records records);
  [[nodiscard]] publish::Answer<void> publish_now(const std::atomic<bool>& stop);
  [[nodiscard]] publish::Answer<void> send(const publish::Change& change,
                                           const std::atomic<bool>& stop);
  void tell(std::string_view doing, const publish::Answer<void>& done);
  void log_event(std::string_view type, std::string_view doing,
                 std::optional<publish::Failure::Reason> reason);

  DnsPlan plan_;
  publish::NameServers& servers_;
  service::HostService& service_;
  Log& log_;
  std::optional<Records> noted_;  // what may stand in the zone, as in the store; none: not read yet
  std::optional<std::chrono::milliseconds> due_;  // monotonic
  unsigned failed_ = 0;                           // tries since the last that was done
  std::string told_;                              // what the last event said

  mutable std::mutex mutex_;
  DnsFigures figures_;  // guarded by mutex_
};

// A host that publishes nothing (any more): where an earlier start did, says once in the log what
// may still stand in DNS.
void say_what_stays_in_dns(service::HostService& service, Log& log);

}  // namespace muster::host
