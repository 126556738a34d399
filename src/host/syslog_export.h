// Sends every event of the log to a syslog server (wire/syslog.h), on a thread of its own.
//
// No loss: the place up to which the server has the log is kept in the store, and moves only when
// the server's machine has acknowledged the bytes and the connection has then lived for kSettle.
// After a restart, of either side, it goes on from that place. Events may come twice; (host, epoch,
// seq) tells which. What the server's process had read and not kept is beyond syslog.
#pragma once

#include <atomic>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <string>
#include <thread>

#include "host/log.h"
#include "host/syslog_link.h"
#include "service/alert_watch.h"

namespace muster::host {

class SyslogExport {
 public:
  static constexpr std::chrono::milliseconds kSettle{2000};
  static constexpr std::chrono::milliseconds kStoreEvery{5000};
  static constexpr std::size_t kPage = 200;  // events that are read and sent at once

  // All outlive it.
  SyslogExport(service::HostService& service, SyslogOptions options, std::string hostname,
               Log& log);
  ~SyslogExport() { stop(); }
  void start();
  void stop();
  [[nodiscard]] service::ReceiverStatus status() const;

 private:
  using Place = core::EventPlace;
  struct Sent {
    Place place;
    std::chrono::milliseconds acknowledged;
  };
  void run();
  [[nodiscard]] Said once();
  [[nodiscard]] Said load();
  // Until the connection is gone or the host stops.
  [[nodiscard]] Said serve(SyslogLink& link);
  // True: there was something.
  [[nodiscard]] std::expected<bool, std::string> send_page(SyslogLink& link);
  void settle(SyslogLink& link, bool at_end);
  [[nodiscard]] Said keep(Place place);
  void failed(const std::string& why);
  void wait(std::chrono::milliseconds most);

  service::HostService& service_;
  SyslogOptions options_;
  std::string hostname_;
  int facility_;
  Log& log_;
  // The thread's own:
  bool loaded_ = false;
  unsigned failed_ = 0;            // connections without anything that settled, one after the other
  Place sent_{};                   // up to here handed to the connection
  std::deque<Sent> acknowledged_;  // not settled yet, ascending
  Place settled_{}, stored_{};     // the server has it; and the store knows
  std::chrono::milliseconds stored_at_{};

  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;  // guards the next two
  service::ReceiverStatus status_;
  Place shown_{};
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace muster::host
