// What a host keeps of each machine it has seen: one row per vendor, count group and CMID.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/facts.h"
#include "base/ids.h"
#include "base/policy.h"
#include "base/time.h"

namespace muster::core {

// What a request tells of the identity behind it (design section 3, the table). The numbers are
// stored.
enum class Evidence : std::uint8_t {
  renewal = 1,
  revert = 2,
  state_lost = 3,
  host_behind = 4,
  machine_changed = 5,
  clone = 6,
  rebuilt = 7,
  many_ids = 8,
  first = 9,  // "new" on the wire
  foreign_ticket = 10,
};
inline constexpr int kEvidences = 10;
// "renewal" ... "new" ...; and back.
[[nodiscard]] std::string_view name_of(Evidence evidence);
[[nodiscard]] std::optional<Evidence> evidence_of(std::string_view name);

// The place of an event in a host's log. Hosts that share a store see one another's events: `host`
// says whose log it is, as the store numbers its hosts; 0 is the host's own that looks.
struct EventPlace {
  std::uint32_t epoch = 0;  // 0: no event
  std::uint64_t seq = 0;
  std::uint32_t host = 0;
  friend auto operator<=>(const EventPlace&, const EventPlace&) = default;
};

// One product on a machine.
struct ProductUse {
  std::string product;
  Instant heard{};         // last counted request for it
  Instant active_since{};  // not the epoch: it takes one of the product's `licensed` places while
                           // heard recently
  Instant valid_until{};   // end of the last activation given, or the epoch
  friend bool operator==(const ProductUse&, const ProductUse&) = default;
};

struct Machine {
  static constexpr std::size_t kEarlierMost = 7;

  Cmid cmid;
  Facts facts;  // of the newest request that gave any
  std::vector<Facts>
      earlier;  // other machines seen under this CMID, newest first, at most kEarlierMost
  std::uint64_t number = 0;  // of the newest ticket given
  Bytes16 nonce{};           // of the request that was given it
  Instant first_seen{};
  Instant last_seen{};               // last counted request
  std::vector<ProductUse> uses;      // in the order of their first request
  std::uint32_t evidence_seen = 0;   // bit (1 << evidence) for each ever recorded
  std::optional<Evidence> evidence;  // of the newest request
  Bytes16 name_hash{};  // salted; the values stand in the side table. All zero: none given
  Bytes16 address_hash{};
  std::optional<bool> is_virtual;
  LicenceState state = LicenceState::unlicensed;  // the client's, before its newest request
  std::uint32_t requests = 0;                     // counted ones
  EventPlace last_event;  // its newest event; that one names the one before it
  friend bool operator==(const Machine&, const Machine&) = default;
};

}  // namespace muster::core
