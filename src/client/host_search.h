// Which hosts a machine asks, in order (docs/discovery.md): the configured one, the one that last
// answered, and those that DNS names, over TLS first. DNS is asked only when those before have been
// asked in vain.
//
// Not thread-safe; one search is one attempt.
#pragma once

#include <chrono>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "client/host_url.h"
#include "dns/resolver.h"

namespace muster::client {

// How a machine looks for hosts that nobody has named.
struct Discovery {
  dns::Resolver* resolver = nullptr;    // must outlive its users; null: DNS is not asked
  std::optional<std::string> domain{};  // asked about instead of the machine's search domains
  bool require_tls = false;             // hosts without TLS are not asked, whoever named them
};
// A domain in lower case without a dot at its end; usage for what is none.
[[nodiscard]] Expected<std::string> parse_domain(std::string_view text);
// The domains that are asked about, in order.
[[nodiscard]] std::vector<std::string> domains_of(const Discovery& discovery);

// One question to DNS and what it came to.
struct LookedUp {
  std::string name;  // "_muster._tcp.corp.example"
  bool tls = false;
  dns::SrvLookup::Outcome outcome = dns::SrvLookup::Outcome::no_answer;
  std::vector<dns::Srv> records;  // in the order in which they are asked
};

// A host, and who named it.
struct Candidate {
  enum class From : std::uint8_t { given, configured, answered, dns };
  HostUrl url;
  From from = From::configured;
  std::string name{};  // of the records, where from DNS
  friend bool operator==(const Candidate&, const Candidate&) = default;
};

class HostSearch {
 public:
  // `random` must outlive it; it draws among hosts of one priority.
  HostSearch(Discovery discovery, Random& random, const std::vector<Candidate>& known);

  // The next host, each once; nothing: there is no more.
  [[nodiscard]] std::optional<Candidate> next();
  // Whether next() may still give one: known, or to be asked of DNS.
  [[nodiscard]] bool may_have_more() const;
  // From the first host again; what DNS has said already is not asked again.
  void rewind() { given_ = 0; }

  [[nodiscard]] const std::vector<LookedUp>& lookups() const { return lookups_; }
  // Hosts that were named and are not asked: they have no TLS, which is required.
  [[nodiscard]] const std::vector<Candidate>& left_out() const { return left_out_; }
  // For people, where there was no host at all: why.
  [[nodiscard]] std::string why_none() const;

 private:
  void add(Candidate candidate);
  void look_up();

  Discovery discovery_;
  Random& random_;
  std::vector<Candidate> hosts_, left_out_;
  std::size_t given_ = 0;  // of hosts_
  std::deque<LookedUp> open_;
  std::vector<LookedUp> lookups_;
};

}  // namespace muster::client
