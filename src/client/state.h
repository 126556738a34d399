// What a machine keeps, as values. Read and written by state_codec.cpp, stored by state_dir.h,
// changed by identity.h; nothing here touches a file or a clock.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <vector>

#include "base/facts.h"
#include "client/client.h"
#include "client/os.h"

namespace muster::client {

// The numbers of a product, of the newest signed document that named them (product file or
// activation).
struct Numbers {
  Instant signed_at{};
  minutes additional_grace{};
  minutes retry_interval{};
  minutes renewal_interval{
      10'080};  // a product file names none: the default until the first activation
  std::uint32_t rearm_limit = 0;
  friend bool operator==(const Numbers&, const Numbers&) = default;
};

// A rearm or generalize that waits for the machine to start anew, and what it is compared with
// then.
struct PendingChange {
  Pending kind = Pending::none;
  Boot boot;
  Facts system, facts;
  friend bool operator==(const PendingChange&, const PendingChange&) = default;
};

// One identity: a vendor's count group on this machine.
struct GroupState {
  std::string vendor_id, group;
  Cmid cmid;
  Facts system;  // the machine's own, hashed for this vendor
  Facts facts;   // what requests carry: `set` alone, or `system`
  std::optional<std::array<std::uint8_t, 24>> ticket;  // of the newest counted answer
  std::optional<Bytes16> nonce;                        // of a request without a stored answer
  Instant newest_seen{};                               // newest time ever seen; graces run on it
  std::optional<Instant> newest_signed;                // newest signed host time
  minutes clock_skew{240};                             // of the newest activation
  PendingChange pending;
  friend bool operator==(const GroupState&, const GroupState&) = default;
};

// The multiple activation key by which a product was activated, for when the machine asks again.
struct MakState {
  std::optional<Bytes32> secret;  // none where it was read from `licence`
  std::string end;                // the key's last five characters
  bool no_place = false;          // a host has said that this machine holds no place any more
  friend bool operator==(const MakState&, const MakState&) = default;
};

// A request for a file exchange whose answer has not been applied.
struct MakAsked {
  Bytes32 secret{};
  Bytes16 nonce{};
  friend bool operator==(const MakAsked&, const MakAsked&) = default;
};

// One product. It stays, with `installed` false, after an uninstall, so that its grace does not
// start anew.
struct ProductState {
  std::string product, vendor_id, group;
  std::string file;  // the product file's text
  Instant file_issued{};
  bool installed = false;
  Instant grace_start{};  // of the initial grace, on the axis of newest_seen
  std::uint32_t rearms_used = 0;
  bool grace_pending = false;  // the pending change restarts the grace
  Numbers numbers;
  std::optional<std::string> host;      // set-host for this product alone
  std::optional<std::string> answered;  // the host that last answered
  std::optional<LastAttempt> last;
  std::optional<MakState> mak;        // none: activated by counting, or not at all
  std::optional<MakAsked> mak_asked;  // in `identity` alone
  friend bool operator==(const ProductState&, const ProductState&) = default;
};

struct State {
  std::optional<std::string> host;     // set-host
  std::optional<std::string> set;      // the value of the fact `set` as it was given
  std::vector<GroupState> groups;      // distinct in (vendor_id, group)
  std::vector<ProductState> products;  // distinct in (vendor_id, product); each has its group
  friend bool operator==(const State&, const State&) = default;

  [[nodiscard]] GroupState* find_group(std::string_view vendor_id, std::string_view group);
  [[nodiscard]] ProductState* find_product(std::string_view vendor_id, std::string_view product);
  // Of several vendors' products with one id, at most one is installed.
  [[nodiscard]] ProductState* installed(std::string_view product);
  // The group of a product. REQUIRES: one of this state's products.
  [[nodiscard]] GroupState& group_of(const ProductState& product);
};

// Which of the two files: `identity` holds everything, `licence` what anyone may read (no ticket,
// nonce, set or secret).
enum class StateFile { identity, licence };

[[nodiscard]] std::string encode_state(const State& state, StateFile file);
// state_corrupt or state_newer, saying what is wrong; `name` is how the file is called in it.
[[nodiscard]] Expected<State> decode_state(std::string_view text, StateFile file,
                                           std::string_view name);

}  // namespace muster::client
