// Reads the stored event log again and again, a part at a time, and holds every line against its
// hash, the one before it and the signed checkpoints. What was changed in the store behind the
// host's back shows here, at the latest one round later. Not thread-safe.
#pragma once

#include <optional>
#include <string>

#include "core/alerts.h"
#include "service/host_service.h"

namespace muster::service {

class ChainPatrol {
 public:
  explicit ChainPatrol(HostService& service) : service_(service) {}

  // Goes on by at most `most` events, or to the log's end, where the next round begins. Reads the
  // store: not from an io thread. An error is the store's, and says nothing of the log.
  [[nodiscard]] Expected<void> walk(std::size_t most);

  // What is known now: something wrong stays so until a whole round has found nothing.
  [[nodiscard]] core::AlertFigures::Log standing() const;

 private:
  [[nodiscard]] Expected<void> look_at_checkpoints(const std::vector<store::EventRow>& rows,
                                                   store::EventPlace before);
  void look_at(const store::EventRow& row);
  void wrong(store::EventPlace place, std::string_view what);
  void end_round();

  HostService& service_;
  store::EventPlace at_{};            // the last event that was read in this round
  Bytes32 hash_{};                    // the chain's at it
  store::EventPlace newest_{};        // of any round
  std::optional<std::string> wrong_;  // of the last whole round, or of this one
  std::optional<std::string> wrong_in_round_;
  bool whole_ = false;
};

}  // namespace muster::service
