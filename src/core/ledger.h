// The ledger: which machines hold places of a multiple activation key, and who may have one more.
// Pure: reads no clock, no store and no log. The same inputs give the same answer.
//
// Places are numbered 1 .. limit. One is sold to a machine once; it is held until it is released,
// and then it is the last choice for another machine, whose turn is one more. So place and turn
// together are never given to two machines, unless the ledger has forgotten a sale: it was
// restored. A machine that shows what this ledger does not know of proves that, and from then on
// nothing new is sold until somebody has said how many places are used.
//
// Same machine: its facts and those that the place was sold for agree as the key's `match` says.
// The row's facts do not follow a machine that changes bit by bit, otherwise a place could wander
// to another one. Same hardware: the same machine, or the same product_uuid.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

#include "base/mak.h"
#include "core/machine.h"

namespace muster::core {

// What the ledger keeps of a key itself.
struct KeyRecord {
  std::uint32_t sold = 0;      // the highest place that was ever sold
  std::uint32_t released = 0;  // of the places up to it, those that nobody holds
  bool behind = false;         // sells nothing new until reconcile()
  bool blocked = false;        // by an administrator: as if there were no such key
  Instant reconciled{};        // the last time; what was sold before is no news. The epoch: never
  // Places that are held; also by machines that the ledger has forgotten, which have no row.
  [[nodiscard]] std::uint32_t used() const { return sold - released; }
  friend bool operator==(const KeyRecord&, const KeyRecord&) = default;
};

// A place that was sold, and the machine that holds it, or held it last.
struct KeyPlace {
  std::uint32_t number = 0;  // 1 or more
  std::uint32_t turn = 1;    // the how manieth machine that holds it
  Cmid cmid;                 // nil: a machine that the ledger has forgotten
  Facts facts;               // that it was sold for
  Instant sold{};
  Instant asked{};  // the holder's newest request
  std::optional<Instant> released;
  Bytes16 name_hash{};    // salted, as a machine's
  EventPlace last_event;  // the newest event of this place
  friend bool operator==(const KeyPlace&, const KeyPlace&) = default;
};

// An activation of this key by this ledger that the machine shows, its signature verified.
struct ShownPlace {
  std::uint32_t number = 0, turn = 1;
  Facts facts;
  Instant sold{};
};

struct KeyAsk {
  Cmid cmid;
  Facts facts;  // at least one
  std::optional<ShownPlace> shown;
  bool look_only = false;  // how does this machine stand? Changes nothing but `behind`
};

// How a machine came to its place.
enum class Gain : std::uint8_t {
  sold = 1,
  again = 2,        // the same machine asked again
  reinstalled = 3,  // the same hardware under a new CMID, which `reactivation free` gives its place
  restored = 4,     // the ledger had forgotten it, and the machine has shown it
};
// "sold", "again", "reinstalled", "restored".
[[nodiscard]] std::string_view name_of(Gain gain);

// What the store has read for one request, in the same unit.
struct KeyRows {
  std::span<const KeyPlace> near;      // places of this CMID, and places that share a fact with it
  const KeyPlace* shown = nullptr;     // the row of the place that the request shows, if any
  const KeyPlace* released = nullptr;  // of the released ones, the one released first
};

struct KeyDecision {
  // limit_reached, mak_unknown (blocked), mak_expired, ledger_behind; of a look no_place, or
  // ledger_behind where the place was sold to two. None: the machine holds `place`.
  std::optional<ErrorCode> error;
  std::optional<Gain> gain;       // none exactly where there is an error
  KeyRecord record;               // to be stored where it differs from the one that was given
  std::optional<KeyPlace> place;  // of a gain; to be stored, but not for a look
  bool found_behind = false;      // this request has shown that the ledger was restored
};
// REQUIRES: `rows.released` is given where record.released > 0 and record.sold has reached the
// limit. Never fails, and never lets record.used() grow beyond the limit.
[[nodiscard]] KeyDecision decide(const MakPolicy& policy, const KeyRecord& record,
                                 const KeyAsk& ask, const KeyRows& rows, Instant now);

// Gives a place back: changes both. release_not_allowed; no_place where nobody holds it.
[[nodiscard]] Expected<void> release(const MakPolicy& policy, KeyRecord& record, KeyPlace& place,
                                     Instant now);

// Says that `used` places are held in truth, and lets the ledger sell again. Places that it does
// not know of are those that it would have sold next: never sold ones, then released ones, the one
// released first first. `released` are the rows of these, at least as many as are wanted
// (places_forgotten). Returns those whose rows change. conflict where `used` is less than the
// ledger counts, or more than the limit.
[[nodiscard]] Expected<std::vector<KeyPlace>> reconcile(const MakPolicy& policy, KeyRecord& record,
                                                        std::uint32_t used,
                                                        std::span<const KeyPlace> released,
                                                        Instant now);
// How many released places reconcile() takes.
[[nodiscard]] std::uint32_t places_forgotten(const MakPolicy& policy, const KeyRecord& record,
                                             std::uint32_t used);

// 80, 95 or 100, the highest part of the limit in percent that is used; 0 below.
[[nodiscard]] int warning_level(std::uint32_t used, std::uint32_t limit);

}  // namespace muster::core
