// The renewal chain's ticket: number as 8 bytes, big-endian | HMAC-SHA-256(ticket key,
// "muster-ticket-1" | vendor | group | CMID | number) cut to 16 bytes. 24 bytes, 32 characters of
// base64url on the wire.
#pragma once

#include <array>

#include "base/digest.h"
#include "base/ids.h"

namespace muster::core {

using Ticket = std::array<std::uint8_t, 24>;

[[nodiscard]] Ticket make_ticket(const Hmac& ticket_key, const GroupKey& group, const Cmid& cmid,
                                 std::uint64_t number);

// What a request shows of the chain.
struct Shown {
  enum class Kind : std::uint8_t { none, foreign, number };
  Kind kind = Kind::none;
  std::uint64_t number = 0;  // kind number only; 1 or more
};
// Foreign: the MAC does not fit this CMID and group.
[[nodiscard]] Shown check_ticket(const Hmac& ticket_key, const GroupKey& group, const Cmid& cmid,
                                 const Ticket& ticket);

}  // namespace muster::core
