// One line of a host's event log, and the chain over the lines.
//   hash(1)  = SHA-256(32 zero bytes | line(1)),  hash(n) = SHA-256(hash(n-1) | line(n)), anew in
//   each epoch line     = UTF-8 JSON, members in the order of event.cpp's grammar, no spaces, no
//   newline, without its own
//              hash; its last member `prev` is the first 16 bytes of hash(n-1), so that a changed
//              line is named by the line after it
// The line is stored and exported byte for byte. Names and addresses stand in it as salted hashes
// only.
#pragma once

#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/bytes.h"
#include "base/digest.h"
#include "base/error.h"
#include "base/ids.h"
#include "base/policy.h"
#include "base/time.h"

namespace muster::wire {

// What happened. `activation` is one request, refused or not; the others are acts on the host.
struct Event {
  std::string host;  // thumbprint of the host's key
  std::uint32_t epoch = 0;
  std::uint64_t seq = 0;
  Instant time{};
  std::string type;  // "activation", "start", "stop", "key_installed", "token_created" ...
  // of an activation
  std::string vendor, product, group;  // vendor and group empty where no host key names the product
  std::optional<Cmid> cmid;
  bool activated = false;
  std::optional<std::uint32_t> count, threshold;
  std::string error;         // a code's name, or empty
  std::string evidence;      // a name, or empty
  std::uint64_t ticket = 0;  // number of the ticket that was given, 0: none
  std::optional<Instant> client_time;
  LicenceState state = LicenceState::unlicensed;
  std::int64_t minutes_left = 0;
  std::optional<bool> is_virtual;
  std::optional<Bytes16> machine;        // primary fact
  std::optional<Bytes16> name, address;  // salted hashes
  std::optional<Bytes16> nonce;  // the request's: with it a client can show which answer is its own
  std::uint64_t machine_prev = 0;  // seq of this machine's event before (same epoch), 0: none
  // of an act
  std::string actor;   // who: "token:ID", "socket:uid", "host"
  std::string detail;  // a JSON object as text, or empty
  Bytes16 prev{};      // first 16 bytes of hash(seq - 1)
};

// Every type that a host's event has or has had.
[[nodiscard]] std::span<const std::string_view> event_types();

// Appends the line of an event. Never fails: every event has a line.
void append_event_line(std::string& out, const Event& event);
[[nodiscard]] Expected<Event> parse_event_line(std::string_view line);

[[nodiscard]] Bytes32 chain_hash(const Bytes32& previous, std::string_view line);

// A salted hash of a name or an address.
[[nodiscard]] Bytes16 hash_name(const Hmac& salt, std::string_view value);

}  // namespace muster::wire
