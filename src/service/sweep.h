// What leaves while nobody asks: machines that were silent for `keep_machines`, and events older
// than `keep_events`. Once a day, a bounded number a unit, so that no request waits for more than
// one of them.
//
// Machines leave by the day (UTC) of their last contact, never before their group's retention is
// over, and with them their places in lists, their facts, and what pools show of them. An event
// `machines_left` says how many a day's sweep let leave.
//
// Events leave up to a signed checkpoint, which stays as the log's beginning: it proves the hash
// that the first event follows. An event `events_pruned` says so before the first of them leaves.
// What was not counted yet, or not taken by whom `events_held_by` speaks of, stays; and a log that
// does not verify stays whole.
#pragma once

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <vector>

#include "service/digest.h"
#include "service/unit_work.h"
#include "store/store.h"

namespace muster::service {

// How long. 0 days: for ever.
struct Keep {
  std::chrono::days machines{0};
  std::chrono::days events{0};
  // A setting that names a place in the log, as cursor_of() writes it: events behind it stay.
  // Empty: nobody waits for events.
  std::string events_held_by{};
};

// The setting that names the last event that has left: the log begins behind it.
inline constexpr std::string_view kLogBegins = "log_begins";
// Behind which event the log begins; {}: with its first. store_corrupt, store_unavailable.
[[nodiscard]] Expected<core::EventPlace> log_begins(store::Store& store);
// The checkpoint over that event, as text. Nothing: there is none, or it is not over it.
[[nodiscard]] Expected<std::optional<std::string>> checkpoint_over(store::Store& store,
                                                                   core::EventPlace place);
// The same where `host` has signed it over that very event, and the chain's hash there.
struct ProvedPlace {
  std::string checkpoint;
  Bytes32 hash{};
};
[[nodiscard]] Expected<std::optional<ProvedPlace>> proof_of(store::Store& store,
                                                            const wire::PublicKey& host,
                                                            core::EventPlace place);

// What a sweep asks of its host.
struct SweepHost {
  store::Store& store;
  Instant now;
  std::chrono::milliseconds monotonic;
  const DigestState& counted;
  bool log_wrong;
  std::function<Expected<void>(std::span<const GroupKey>, const UnitWork&)> in_unit;
  std::function<Expected<void>()> pools_left;  // called after pools have left
};

// Used under the lock of the host's units.
class Sweep {
 public:
  static constexpr std::size_t kMachines = 256;  // of one unit
  static constexpr std::size_t kPools = 100;
  static constexpr std::size_t kEvents = 512;
  // After a unit that failed.
  static constexpr std::chrono::milliseconds kPatience{60'000};

  explicit Sweep(Keep keep) : keep_(std::move(keep)) {}
  // What a sweep before has left unfinished.
  [[nodiscard]] Expected<void> load(store::Store& store);
  // Machines have left the table, of this database, at some time.
  [[nodiscard]] bool some_left() const { return some_left_; }
  // Does the next part. True: there is more to do at once. REQUIRES: no unit of the store lives.
  [[nodiscard]] bool step(const SweepHost& host);

 private:
  [[nodiscard]] Expected<void> look_for_left(store::Store& store);
  [[nodiscard]] Expected<bool> machines(const SweepHost& host, std::int64_t today);
  [[nodiscard]] Expected<bool> pools(const SweepHost& host);
  [[nodiscard]] Expected<bool> events(const SweepHost& host);
  [[nodiscard]] Expected<bool> prune(const SweepHost& host);
  [[nodiscard]] Expected<void> end_machines(const SweepHost& host);
  [[nodiscard]] Expected<std::int64_t> first_day(const SweepHost& host, const GroupKey& key) const;
  [[nodiscard]] Expected<std::optional<core::EventPlace>> place_to_cut(const SweepHost& host) const;

  Keep keep_;
  std::optional<std::chrono::milliseconds> failed_;
  std::optional<std::int64_t> machines_day_, events_day_;  // of the last sweep that is done
  // The sweep of machines that is under way: groups and pools that it has not come to.
  std::optional<std::vector<GroupKey>> groups_;
  std::optional<store::PoolKey> pools_after_;
  bool pools_left_ = false;
  bool some_left_ = false;
  std::optional<std::int64_t> looked_day_;   // when it was looked whether some have
  std::uint64_t left_ = 0;                   // machines, that no event has told of
  std::optional<core::EventPlace> pruning_;  // up to where
};

}  // namespace muster::service
