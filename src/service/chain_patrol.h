// Reads the stored event log again and again, a part at a time, and holds every line against its
// hash, the one before it and the signed checkpoints. What was changed in the store behind the
// host's back shows here, at the latest one round later. A log that was pruned begins where a
// signed checkpoint says, and nowhere else. Not thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "core/alerts.h"
#include "store/store.h"
#include "wire/documents.h"

namespace muster::service {

// What is wrong with the row that is read behind the event `before`, at which the chain's hash is
// `hash`, as the end of "event 1-7 ..."; nothing: it follows as it was written. {}: before the log.
[[nodiscard]] std::optional<std::string_view> wrong_with(const store::EventRow& row,
                                                         core::EventPlace before,
                                                         const Bytes32& hash);

class ChainPatrol {
 public:
  // `store` and `host` must outlive it; `host` signs the log's checkpoints.
  ChainPatrol(store::Store& store, const wire::PublicKey& host) : store_(store), host_(host) {}

  // Goes on by at most `most` events, or to the log's end, where the next round begins. Reads the
  // store: not from an io thread. An error is the store's, and says nothing of the log.
  [[nodiscard]] Expected<void> walk(std::size_t most);

  // What is known now: something wrong stays so until a whole round has found nothing.
  [[nodiscard]] core::AlertFigures::Log standing() const;

 private:
  [[nodiscard]] Expected<void> look_at_checkpoints(const std::vector<store::EventRow>& rows,
                                                   store::EventPlace before);
  [[nodiscard]] Expected<bool> go_to_beginning();
  void look_at(const store::EventRow& row);
  void wrong(store::EventPlace place, std::string_view what);
  void end_round();

  store::Store& store_;
  const wire::PublicKey& host_;
  store::EventPlace at_{};            // the last event that was read in this round
  Bytes32 hash_{};                    // the chain's at it
  store::EventPlace newest_{};        // of any round
  std::optional<std::string> wrong_;  // of the last whole round, or of this one
  std::optional<std::string> wrong_in_round_;
  bool whole_ = false;
};

}  // namespace muster::service
