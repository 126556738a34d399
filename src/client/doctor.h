// Why a machine gets at a host, or does not: every step of the discovery, looked at one by one
// (docs/discovery.md). Asks for no activation and changes nothing.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <vector>

#include "base/random.h"
#include "client/host_search.h"
#include "client/prober.h"

namespace muster::client {

// What this machine wants of a host.
struct Wanted {
  std::string product, vendor_id;
};

// What a host says of itself.
struct HostAnswer {
  std::string version;
  seconds ahead{};                     // its clock, of this machine's
  std::vector<std::string> missing{};  // products that are wanted and not served
};
// bad_answer for what no Muster host says. `now`: when it was said.
[[nodiscard]] Expected<HostAnswer> read_host_answer(const HttpAnswer& answer,
                                                    const std::vector<Wanted>& wanted, Instant now);

struct CheckedAddress {
  AddressLook look;
  std::optional<HostAnswer> host;  // where it answered as a Muster host does
};

struct CheckedHost {
  Candidate candidate;
  std::string name_failure;  // why the name has no address
  std::chrono::milliseconds name_took{};
  std::vector<CheckedAddress> addresses;
  bool usable = false;  // a machine would get an answer here
};

struct TimedLookup {
  LookedUp lookup;
  std::chrono::milliseconds took{};
};

// Something that is wrong, and what to do.
struct Finding {
  std::string what, hint;
};

struct Diagnosis {
  std::vector<std::string> domains;
  std::vector<TimedLookup> lookups;
  std::vector<CheckedHost> hosts;  // in the order in which they would be asked
  std::vector<Candidate> left_out;
  std::vector<Finding> findings;
  // At least one host is usable.
  [[nodiscard]] bool usable() const;
};

// Looks at everything: DNS is asked, and all hosts are, also where the first would have done.
[[nodiscard]] Diagnosis diagnose(const Discovery& discovery, const std::vector<Candidate>& known,
                                 const std::vector<Wanted>& wanted, Prober& prober, Clock& clock,
                                 Random& random);

}  // namespace muster::client
