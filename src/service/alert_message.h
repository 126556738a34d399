// What receivers are told of an alert: one JSON object, the same bytes to the webhook and in the
// outbox.
//   {"id","state":"raised"|"ended"|"test","alert","rule","subject","title","about","what","to_do",
//    "since","time","host"}
// `id` names the message: whoever gets one twice knows it by that. `alert` names the raising, and
// is the same in its end. Texts hold no control characters.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"

namespace muster::service {

struct AlertMessage {
  enum class State : std::uint8_t { raised, ended, test };
  State state = State::raised;
  std::string alert;          // id of the raising
  std::string rule, subject;  // subject: an id, empty where it is the host
  std::string title;          // the rule's, in a few words
  std::string about;          // to what it happened
  std::string what;           // what happened, a sentence with the figures
  std::string to_do;          // what to do; empty at an end
  Instant since{}, time{};    // when it was raised, and when this was said
  std::string host;           // thumbprint of the host's key

  [[nodiscard]] std::string id() const;  // ALERT-raised, ALERT-ended, ALERT-test
};
[[nodiscard]] std::string_view name_of(AlertMessage::State state);
[[nodiscard]] std::string encode(const AlertMessage& message);
// store_corrupt: it is no such message.
[[nodiscard]] Expected<AlertMessage> decode_alert(std::string_view text);

}  // namespace muster::service
