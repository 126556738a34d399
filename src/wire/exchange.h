// The activation exchange: POST /v1/activations (docs/protocol.md). The grammar of each body stands
// at the top of exchange_request.cpp and exchange_answer.cpp.
#pragma once

#include <array>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/facts.h"
#include "base/ids.h"
#include "base/policy.h"
#include "base/time.h"

namespace muster::wire {

inline constexpr std::size_t kBodyMost = 16 * 1024;
inline constexpr std::size_t kNameMost = 255;

struct ActivationRequest {
  std::string product;
  std::optional<std::string>
      vendor;  // vendor id: which vendor's product, where two use the same id
  Cmid cmid;
  Bytes16 nonce{};
  std::optional<std::array<std::uint8_t, 24>> ticket;
  Facts facts;  // may be empty
  std::optional<std::string> generation;
  Instant time{};
  std::string name;  // may be empty
  std::optional<bool> is_virtual;
  LicenceState state = LicenceState::unlicensed;
  std::int64_t minutes_left = 0;
};
// malformed_request or repeated_member, with the member's name and what was expected. Thread-safe;
// uses a parser of the calling thread. Depth, size, member names, UTF-8 and control characters are
// checked.
[[nodiscard]] Expected<ActivationRequest> decode_request(std::string_view body);
[[nodiscard]] std::string encode_request(const ActivationRequest& request);

struct ActivationAnswer {
  bool activated = false;
  std::optional<std::uint32_t> count, threshold;
  std::optional<std::string> activation;  // the JWS, only when activated
  std::optional<std::array<std::uint8_t, 24>> ticket;
  seconds retry_after{};
  std::optional<ErrorCode> error;       // title and hint come from the error table
  std::string error_name;               // decoded only: a code that this version may not know
  std::string error_title, error_hint;  // decoded only
  Instant time{};
};
[[nodiscard]] std::string encode_answer(const ActivationAnswer& answer);
[[nodiscard]] Expected<ActivationAnswer> decode_answer(std::string_view body);

// The HTTP status of a problem document with this code: the table's, but 409 for the code of a rule
// that refuses, which is 200 in an answer of the exchange alone.
[[nodiscard]] int problem_status(ErrorCode code);
// A problem document (RFC 9457): {"type","title","status","code","detail","hint"}.
[[nodiscard]] std::string encode_problem(const Error& error);
// The error of a problem document; bad_answer where it is none.
[[nodiscard]] Error decode_problem(std::string_view body);

}  // namespace muster::wire
