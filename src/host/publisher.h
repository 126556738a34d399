// The thread that keeps the host's record in DNS (dns_record.h). Nobody waits for it while the host
// serves.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "host/dns_options.h"
#include "host/dns_record.h"

namespace muster::host {

// What `options` say, for a host that is named `machine`, listens on `port` and may serve TLS.
// Port 0 stays 0. Reads the key file. config_invalid, file_unreadable.
[[nodiscard]] Expected<DnsPlan> plan_dns(const DnsOptions& options, std::string_view machine,
                                         std::uint16_t port, bool tls);

class Publisher {
 public:
  // `service` and `log` outlive it.
  Publisher(DnsPlan plan, std::unique_ptr<publish::NameServers> servers,
            service::HostService& service, Log& log);
  ~Publisher() { end(std::chrono::milliseconds(0)); }
  void start();
  // Begins to take the record away; what was under way is cut off.
  void begin_end();
  // Begins it where nobody has, waits for it so long, then cuts it off. Once.
  void end(std::chrono::milliseconds most);
  [[nodiscard]] DnsFigures figures() const { return record_.figures(); }

 private:
  void run();
  template <class Work>
  void safely(Work work);

  std::unique_ptr<publish::NameServers> servers_;
  Log& log_;
  DnsRecord record_;

  std::atomic<bool> quit_{false}, cut_{false};
  std::mutex mutex_;
  bool done_ = false;  // guarded by mutex_
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace muster::host
