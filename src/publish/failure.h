// Why a zone was not changed. A value of its own: nobody reacts to it but by trying again and by
// telling people, who need to know whose turn it is.
#pragma once

#include <cstdint>
#include <expected>
#include <string>
#include <string_view>

namespace muster::publish {

struct Failure {
  enum class Reason : std::uint8_t {
    no_server,          // nobody says which server it is, or its name has no address
    silent,             // no connection, or no answer in time
    bad_answer,         // no DNS message, or one that answers something else
    not_signed,         // the answer is not signed by the key
    key_unknown,        // the server has no key of that name
    wrong_key,          // it has one, with another secret or algorithm
    clock,              // the two clocks differ by more than five minutes
    not_authoritative,  // it does not serve the zone
    refused,            // it lets this key not do it, or takes no updates at all
    failed,             // any other response code
    not_stored,         // the host's store could not note what is about to be done
    stopped,            // the host stops
  };
  Reason reason = Reason::failed;
  std::string detail;  // what happened to what; no secret
};

// "key_unknown": in events.
[[nodiscard]] std::string_view name_of(Failure::Reason reason);
// What a person can do about it, as a sentence without its dot.
[[nodiscard]] std::string_view hint_of(Failure::Reason reason);

template <class T>
using Answer = std::expected<T, Failure>;

[[nodiscard]] inline std::unexpected<Failure> failed(Failure::Reason reason, std::string detail) {
  return std::unexpected(Failure{reason, std::move(detail)});
}

}  // namespace muster::publish
