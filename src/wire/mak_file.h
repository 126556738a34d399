// Activation by a multiple activation key without a network: a machine's request and a host's
// answer as text files that a person can read, carry and check. The grammar stands at the top of
// mak_file.cpp and in docs/protocol.md. Pure functions.
//
// A checksum finds what a copy, a mail or a camera has changed; it proves nothing. What an answer
// grants is proved by the activation in it, which is signed and carries the request's nonce.
#pragma once

#include <string>
#include <string_view>

#include "wire/mak_exchange.h"

namespace muster::wire {

inline constexpr std::size_t kMakFileMost = 64 * 1024;

// REQUIRES: no `look` and no `activation`.
[[nodiscard]] std::string encode_mak_request_file(const MakRequest& request,
                                                  std::string_view key_end);
// document_malformed with the line and what was expected. Ends of lines may be a mail's (CR LF).
[[nodiscard]] Expected<MakRequest> read_mak_request_file(std::string_view text);

// An answer with the request that it is for.
struct MakAnswerFile {
  std::string product;
  Cmid cmid;
  Bytes16 nonce{};
  MakAnswer answer;
};
[[nodiscard]] std::string encode_mak_answer_file(const MakRequest& request,
                                                 const MakAnswer& answer);
[[nodiscard]] Expected<MakAnswerFile> read_mak_answer_file(std::string_view text);
// Whether it begins as one.
[[nodiscard]] bool is_mak_answer_file(std::string_view text);

}  // namespace muster::wire
