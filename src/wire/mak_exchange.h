// The exchange of a multiple activation key: POST /v1/mak-activations (docs/protocol.md). The
// grammar of both bodies stands at the top of mak_exchange.cpp.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/facts.h"
#include "base/ids.h"
#include "base/time.h"

namespace muster::wire {

struct MakRequest {
  std::string product;
  std::optional<std::string> vendor;  // vendor id, where two use the same product id
  Bytes32 secret{};                   // MakKey::secret(): the key itself is never sent
  Cmid cmid;
  Bytes16 nonce{};
  Facts facts;  // at least one
  Instant time{};
  std::string name;                       // may be empty
  std::optional<std::string> activation;  // the MAK activation that the machine holds
  bool look = false;                      // how does this machine stand? Sells nothing
};
// malformed_request or repeated_member, with the member's name and what was expected. At most
// kMakBodyMost bytes. Thread-safe.
inline constexpr std::size_t kMakBodyMost = 16 * 1024;
[[nodiscard]] Expected<MakRequest> decode_mak_request(std::string_view body);
[[nodiscard]] std::string encode_mak_request(const MakRequest& request);

struct MakAnswer {
  bool activated = false;                    // under look: holds a place
  std::optional<std::uint32_t> place;        // where activated
  std::optional<std::uint32_t> limit, used;  // of a key that the host keeps
  std::optional<std::string> activation;     // the JWS; where activated, but not under look
  std::optional<ErrorCode> error;            // title and hint come from the error table
  std::string vendor_hint;                   // the key's own, instead of the table's; may be empty
  std::string error_name, error_title, error_hint;  // decoded only
  Instant time{};
};
[[nodiscard]] std::string encode_mak_answer(const MakAnswer& answer);
// bad_answer.
[[nodiscard]] Expected<MakAnswer> decode_mak_answer(std::string_view body);

}  // namespace muster::wire
