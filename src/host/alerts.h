// Everything about alerts that needs a thread: looks at the rules, receivers, the syslog server.
// And the calls that show and try it.
//
// Threads: one that looks; one for each receiver that is configured, the syslog server among them.
#pragma once

#include <condition_variable>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "host/alert_options.h"
#include "host/courier.h"
#include "host/log.h"
#include "host/syslog_export.h"
#include "service/alert_watch.h"
#include "service/reply.h"

namespace muster::host {

class Alerts {
 public:
  // Reads secrets, and what fires and waits. config_invalid, file_unreadable, and the store's.
  // `service` and `log` must outlive it.
  [[nodiscard]] static Expected<std::unique_ptr<Alerts>> open(const AlertOptions& options,
                                                              service::HostService& service,
                                                              Log& log, std::string_view hostname,
                                                              std::string_view version);
  ~Alerts() { stop(); }
  void start();
  // What is under way is cut off, and waits in the store for the next start. Once.
  void stop();

  // GET /v1/alerts
  [[nodiscard]] service::Reply list(bool shows_keys) const;
  // POST /v1/alerts/test {"receiver": "webhook", "mail", or absent: every one}. Blocks until they
  // have answered, so one at a time: conflict. Not from an io thread.
  [[nodiscard]] service::Reply test(std::string_view body);

 private:
  Alerts(service::HostService& service, Log& log, const service::AlertPlan& plan)
      : service_(service), log_(log), every_(plan.every) {}
  void run();
  void look();

  service::HostService& service_;
  Log& log_;
  seconds every_;
  service::AlertOutbox outbox_;
  std::unique_ptr<service::AlertWatch> watch_;
  std::vector<std::unique_ptr<Courier>> couriers_;
  std::unique_ptr<SyslogExport> syslog_;
  bool said_ = false;  // that a look failed; the thread's
  std::mutex testing_;

  std::mutex mutex_;
  bool quit_ = false;  // guarded by mutex_
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace muster::host
