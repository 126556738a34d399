// Looks at a host, raises alerts and ends them: each is an event of the log, and stands in the
// outbox of every receiver, in the unit that keeps what fires. Whether somebody can be told now
// makes no difference here.
//
// Threads: look() by one thread; body() by any at the same time.
#pragma once

#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "core/alerts.h"
#include "service/alert_message.h"
#include "service/alert_outbox.h"
#include "service/host_service.h"

namespace muster::service {

struct AlertPlan {
  core::AlertLines lines{};
  seconds every{10};                      // between two looks
  seconds hold{300};                      // how long a condition must hold, or be gone
  std::uint32_t chain_per_second = 1000;  // events of the log that are read again
};

// How a receiver stands, for people.
struct ReceiverStatus {
  std::string name;  // "webhook", "mail", "syslog"
  std::string to;    // without what may be secret
  std::size_t waiting = 0;
  std::optional<Instant> last_taken{}, last_failed{};
  std::string last_error{};
};

class AlertWatch {
 public:
  // Reads what fires and what waits. `service` and `outbox` (open) must outlive it.
  [[nodiscard]] static Expected<std::unique_ptr<AlertWatch>> open(HostService& service,
                                                                  AlertOutbox& outbox,
                                                                  const AlertPlan& plan);
  // One look. True: receivers have something new. An error is the store's; what was due then is due
  // at the next look.
  [[nodiscard]] Expected<bool> look();
  // A message of the state `test`, for a receiver that somebody tries.
  [[nodiscard]] AlertMessage test_message();
  // GET /v1/alerts, by the last look. Who may not see keys is shown an id's last characters alone.
  [[nodiscard]] std::string body(const std::vector<ReceiverStatus>& receivers,
                                 bool shows_keys) const;

 private:
  AlertWatch(HostService& service, AlertOutbox& outbox, const AlertPlan& plan,
             std::map<core::AlertKey, core::Firing> stored);
  [[nodiscard]] Expected<core::AlertFigures> figures();
  [[nodiscard]] Expected<void> read_evidence(Instant now);
  [[nodiscard]] Expected<void> store(const core::AlertBoard::Change& change);
  [[nodiscard]] std::string new_id();

  HostService& service_;
  AlertOutbox& outbox_;
  AlertPlan plan_;
  core::Growth refused_;
  // Of what was counted from the log: when it was read, and what it said.
  std::pair<core::EventPlace, std::int64_t> evidence_at_;  // up to where, on which day
  std::vector<core::AlertFigures::Shown> evidence_;

  mutable std::mutex mutex_;  // guards the next two where body() reads them
  core::AlertBoard board_;
  std::vector<core::Condition> seen_;
};

}  // namespace muster::service
