// Brings the messages of the outbox to one receiver, the oldest first, on a thread of its own. What
// is not taken is tried again after a time that doubles from a second to ten minutes, spread, or as
// long as the receiver asks for; after three days a message is given up. At least once: who gets a
// message twice knows it by its id.
#pragma once

#include <atomic>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>

#include "host/log.h"
#include "host/receiver.h"
#include "service/alert_outbox.h"

namespace muster::host {

// How long to wait after so many tries that failed (at least 1): 1 s, 2 s, 4 s ... 600 s, each
// times 0.5 to 1.5.
[[nodiscard]] std::chrono::milliseconds back_off(unsigned failed, Random& random);

class Courier {
 public:
  static constexpr std::chrono::days kGiveUp{3};

  // All outlive it.
  Courier(service::HostService& service, service::AlertOutbox& outbox,
          std::unique_ptr<Receiver> receiver, Log& log);
  ~Courier() { stop(); }
  void start();
  // Cuts a delivery that is under way off. The message stays in the outbox.
  void stop();
  // There is something new in the outbox.
  void wake();
  [[nodiscard]] service::ReceiverStatus status() const;
  // One try of a message that stands in no outbox, on the caller's thread.
  [[nodiscard]] Delivery try_now(const service::AlertMessage& message);
  [[nodiscard]] const Receiver& receiver() const { return *receiver_; }

 private:
  void run();
  // How long to wait before the next look; none: until somebody wakes it.
  [[nodiscard]] std::optional<std::chrono::milliseconds> work();
  [[nodiscard]] std::optional<std::chrono::milliseconds> work_safely();
  void note(const Delivery& delivery);
  [[nodiscard]] bool too_old(const service::AlertMessage& message) const;

  service::HostService& service_;
  service::AlertOutbox& outbox_;
  std::unique_ptr<Receiver> receiver_;
  Log& log_;
  unsigned failed_ = 0;  // the thread's

  std::atomic<bool> stop_{false};
  mutable std::mutex mutex_;  // guards the next two
  bool woken_ = false;
  service::ReceiverStatus status_;
  std::condition_variable changed_;
  std::thread thread_;
};

}  // namespace muster::host
