// The event log's writer: numbers events, chains them, and signs checkpoints every 1,000 events or
// 60 s, at stop. Used by one unit at a time. A unit that fails is followed by roll_back().
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "base/time.h"
#include "store/store.h"
#include "wire/documents.h"
#include "wire/event.h"

namespace muster::service {

class Journal {
 public:
  static constexpr std::uint64_t kCheckpointEvents = 1000;
  static constexpr seconds kCheckpointAge{60};

  Journal(const store::ChainHead& head, std::string host, std::unique_ptr<wire::Signer> signer);

  // Fills host, epoch, seq, prev; appends the row to the unit, and a checkpoint after it where one
  // is due. Returns the event's place and the first 16 bytes of its hash.
  wire::LogPlace append(store::Unit& unit, wire::Event event,
                        const std::optional<GroupKey>& group = std::nullopt,
                        store::EventPlace machine_prev = {});
  // This host was restored: a request has shown it (actor "host"), or who did it says so. What
  // follows goes on in a new epoch, because the log that was lost has given the next numbers
  // already; its first event names the last one that is known of the epoch before, which a
  // checkpoint signs. Once since the journal was made: after that it is no news.
  void restored(store::Unit& unit, Instant now, std::string_view actor = "host");
  // Signs a checkpoint over the newest event, where there is one that is not signed yet.
  void checkpoint(store::Unit& unit, Instant now);
  // To be asked at least every 10 s: true where events have waited for one for kCheckpointAge. By
  // the monotonic clock, because the rules' time may stand still.
  [[nodiscard]] bool checkpoint_due(std::chrono::milliseconds monotonic);

  // A unit begins: the log ends here. That may be further on than the journal knows, where the
  // answer to a commit was lost.
  void go_on(const store::ChainHead& head) { head_ = committed_ = head; }
  void committed() { committed_ = head_; }
  void roll_back() { head_ = committed_; }
  [[nodiscard]] const store::ChainHead& head() const { return head_; }

 private:
  store::ChainHead head_, committed_;
  const std::uint32_t opened_epoch_;
  std::string host_;
  std::unique_ptr<wire::Signer> signer_;
  std::string line_;
  std::optional<std::chrono::milliseconds> unsigned_since_;  // when it was first asked
};

}  // namespace muster::service
