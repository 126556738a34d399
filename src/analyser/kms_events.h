// The events that volume activation writes, from their strings to values. No real 12290 was seen by
// the writers of this reader: what it does not understand it says, and is counted.
//
//   12290 a host served a request: HRESULT , N , name , CMID , client's time , VM , licence state ,
//         minutes to the state's end , activation id
//   as one string, its fields apart by "," (documented); as ten strings or more, of which the first
//   is not known (modern hosts); or in the message of a text export, behind words of any language.
//   The name is the client's own and may hold anything, commas and CMIDs too: what follows it is
//   read from the right, what precedes it from the left.
//
//   12288 a client asked: HRESULT , flags , host:port , CMID , client's time , VM , state , minutes
//   ,
//         activation id , N (may be missing)
//   12289 a client was answered: HRESULT , flags , activated , 0 , count , activation interval ,
//         renewal interval , client's time
//
// GUIDs may have braces; numbers are decimal or 0x; the client's time is UTC to the minute:
// 2006/1/14 22:36, 2023/05/24 01:12, 1/14/2006 2:30, 4/10/2018 10:21:00 PM.
#pragma once

#include <cstdint>
#include <expected>
#include <optional>
#include <span>
#include <string>
#include <string_view>

#include "base/ids.h"
#include "base/time.h"

namespace muster::analyser {

using Strings = std::span<const std::string_view>;

struct ServedRequest {
  std::uint32_t hresult = 0;
  std::uint32_t threshold = 0;  // N
  std::string_view name;        // as it stands there, trimmed
  Cmid cmid;
  std::optional<Instant> client_time;  // none where it could not be read
  bool is_virtual = false;
  std::uint8_t state = 0;
  std::uint32_t minutes_left = 0;
  Cmid product;  // the activation id
};

// Why a record was not understood.
enum class Misread : std::uint8_t {
  no_tail,       // no CMID, time, three numbers and activation id, one after the other
  no_head,       // no HRESULT and N before the name
  no_threshold,  // N is 0 or more than 5,000: no roll holds twice as many
  few_fields,
  bad_field,
};
inline constexpr std::size_t kMisreads = 5;
[[nodiscard]] std::string_view words_of(Misread why);

// The name is valid as long as `data` and `scratch` are, which the strings are joined in.
[[nodiscard]] std::expected<ServedRequest, Misread> read_served(Strings data, std::string& scratch);

struct ClientAsk {
  std::uint32_t hresult = 0;
  std::string_view host{};  // without the port
  std::optional<Cmid> cmid{};
  std::optional<std::uint32_t> threshold{};
};
[[nodiscard]] std::expected<ClientAsk, Misread> read_ask(Strings data);

struct ClientAnswer {
  std::uint32_t hresult = 0;
  bool activated = false;
  std::uint32_t count = 0;
  std::uint32_t activation_interval = 0, renewal_interval = 0;  // minutes
};
[[nodiscard]] std::expected<ClientAnswer, Misread> read_answer(Strings data);

// "0xC004F06C", "0", "-1073418132".
[[nodiscard]] std::optional<std::uint32_t> read_code(std::string_view text);
// Nothing for another form.
[[nodiscard]] std::optional<Instant> read_client_time(std::string_view text);

}  // namespace muster::analyser
