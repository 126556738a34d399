// The event log's writer: numbers events, chains them, and signs checkpoints every 1,000 events or
// 60 s, at stop. Used by one unit at a time. A unit that fails is followed by roll_back().
#pragma once

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
  // Signs a checkpoint over the newest event, where there is one that is not signed yet.
  void checkpoint(store::Unit& unit, Instant now);
  // True where events older than kCheckpointAge wait for one.
  [[nodiscard]] bool checkpoint_due(Instant now) const;

  void committed() { committed_ = head_; }
  void roll_back() { head_ = committed_; }
  [[nodiscard]] const store::ChainHead& head() const { return head_; }

 private:
  store::ChainHead head_, committed_;
  std::string host_;
  std::unique_ptr<wire::Signer> signer_;
  std::string line_;
  Instant first_unsigned_{};
};

}  // namespace muster::service
