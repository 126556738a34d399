// What is counted from the log while nobody asks the host: it walks behind the log's end, checks
// the chain of what it reads, and keeps evidence by pool and the machines of each product and month
// (store/tally.h). What it has counted and how far it has come are stored in one unit, so a crash
// counts nothing twice.
//
// Who is heard is on the log already, so nothing of this is done in the way of a request.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "base/digest.h"
#include "store/store.h"
#include "wire/event.h"

namespace muster::service {

// Months since January 1970, UTC.
[[nodiscard]] std::int32_t month_of(Instant time);

// How far the walk has come, and what it found of the chain.
struct DigestState {
  core::EventPlace at;                     // counted and checked up to here; {}: nothing yet
  Bytes32 hash{};                          // the chain's there
  Instant checked{};                       // when that was looked at; of no meaning before
  std::optional<core::EventPlace> broken;  // the first event that did not fit
};

// Used under the lock of the host's units.
class Digest {
 public:
  static constexpr std::size_t kEvents = 512;  // of one step
  // Fewer are left for a while, so that a host that is asked now and then need not write twice.
  static constexpr std::chrono::milliseconds kPatience{2'000};
  static constexpr std::size_t kPoolsMost = 4'000;

  [[nodiscard]] Expected<void> load(store::Store& store);
  // Which pools there are, after some have left.
  [[nodiscard]] Expected<void> load_pools(store::Store& store);
  [[nodiscard]] const DigestState& state() const { return state_; }

  // Takes the next events and commits what they say; true: there is more to do at once. `logged` is
  // the newest event, `salt` the salt of pools' ids, `monotonic` and `now` this moment. REQUIRES:
  // no unit of the store lives.
  [[nodiscard]] Expected<bool> step(store::Store& store, const Hmac& salt, core::EventPlace logged,
                                    std::chrono::milliseconds monotonic, Instant now);

 private:
  struct Work;
  [[nodiscard]] static Expected<void> read_evidence(store::Store& store, const Hmac& salt,
                                                    const store::EventRow& row,
                                                    const wire::Event& event, Work& work);
  [[nodiscard]] Expected<void> commit(store::Store& store, const Work& work);
  [[nodiscard]] Expected<void> put_pools(store::Unit& unit, const Work& work,
                                         std::set<Bytes16>& known) const;

  DigestState state_;
  std::set<Bytes16> pools_;  // their ids
  std::optional<std::chrono::milliseconds> last_;
  std::int32_t forgotten_ = 0;  // no members of months before this are kept
};

// What is added to pools: by whom a pool is known.
[[nodiscard]] Bytes16 pool_id(const Hmac& salt, std::string_view vendor, std::string_view group,
                              std::string_view pattern, std::string_view subnet);

}  // namespace muster::service
