// Where a service runs, as DNS says it (RFC 2782): the record, the order in which its hosts are
// asked, and what a lookup came to. Values; nothing here asks anybody.
//
// Names are in lower case and have no dot at their end. Threads: pure functions.
#pragma once

#include <cstdint>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/random.h"

namespace muster::dns {

// Under a domain: "_muster-tls._tcp.corp.example". The first is asked first.
inline constexpr std::string_view kTlsService = "_muster-tls._tcp";
inline constexpr std::string_view kPlainService = "_muster._tcp";

struct Srv {
  std::uint16_t priority = 0;  // the lowest is asked first
  std::uint16_t weight = 0;    // among equal priorities, its part of those who ask
  std::uint16_t port = 0;
  std::string target;  // a host's name; letters, digits, '-', '_' and '.'
  friend bool operator==(const Srv&, const Srv&) = default;
};

// What asking for SRV records of one name came to.
struct SrvLookup {
  enum class Outcome : std::uint8_t {
    found,        // at least one record
    no_name,      // there is no such name
    no_record,    // there is, without an SRV record
    not_offered,  // the one target is ".": the domain says that it has no such service
    no_answer,    // no name server answered in time, or none could say
    bad_answer    // what came is no answer, or names no host
  };
  Outcome outcome = Outcome::no_answer;
  std::vector<Srv> records{};  // exactly where found; in the answer's order
  friend bool operator==(const SrvLookup&, const SrvLookup&) = default;
};
// "found", "no_name" ...
[[nodiscard]] std::string_view name_of(SrvLookup::Outcome outcome);
// For people: "no such name", "no name server answered" ...
[[nodiscard]] std::string_view sentence_of(SrvLookup::Outcome outcome);

// All of them in the order of RFC 2782: by priority, and among equal ones drawn by weight. Equal
// weights, zero too, are drawn alike.
[[nodiscard]] std::vector<Srv> in_order(std::vector<Srv> records, Random& random);

// Reads the answer to a question for SRV records of `name`, whatever the bytes are: records of
// other names (but for an alias that the answer itself explains), types and classes are left out,
// and so are those without a port or with a target that is no host's name.
[[nodiscard]] SrvLookup read_srv_answer(std::span<const std::uint8_t> message,
                                        std::string_view name);

}  // namespace muster::dns
