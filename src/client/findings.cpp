#include "client/findings.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/policy.h"

namespace muster::client {
namespace {

using Outcome = dns::SrvLookup::Outcome;

// What a host answers to a name that it does not know as its own.
constexpr int kWrongHost = 421;

class Findings {
 public:
  Findings(const Discovery& discovery, Instant now) : discovery_(discovery), now_(now) {}

  std::vector<Finding> of(const Diagnosis& seen) {
    of_lookups(seen);
    for (const auto& one : seen.left_out) {
      add(fmt::format("{} has no TLS, which is required, and is not asked", one.url.base()),
          "serve TLS on that host (docs/host.md), or do without --require-tls");
    }
    for (const auto& host : seen.hosts) of_host(host);
    return std::move(out_);
  }

 private:
  void add(std::string what, std::string hint) {
    out_.push_back({std::move(what), std::move(hint)});
  }

  void of_lookups(const Diagnosis& seen) {
    if (discovery_.resolver == nullptr) {
      if (!seen.hosts.empty() || !seen.left_out.empty()) return;
      add("no host is named, and DNS is asked for none",
          "name the host with 'muster set-host URL', or its domain with --domain");
      return;
    }
    if (seen.domains.empty()) {
      if (!seen.hosts.empty()) return;
      add("no host is named, and this machine has no search domain to look in",
          "name the host with 'muster set-host URL', or its domain with --domain");
      return;
    }
    bool any = false;
    for (const auto& [lookup, took] : seen.lookups) {
      any = any || lookup.outcome == Outcome::found;
      of_lookup(lookup);
    }
    const bool clear = std::ranges::all_of(seen.lookups, [](const TimedLookup& one) {
      return one.lookup.outcome == Outcome::no_name || one.lookup.outcome == Outcome::no_record;
    });
    // Machines whose host is configured need no record.
    if (any || !clear || !seen.hosts.empty()) return;
    add(fmt::format("no host is published in {}", fmt::join(seen.domains, ", ")),
        fmt::format("publish a record such as '_muster._tcp.{}. SRV 0 0 8688 HOST.', or name the "
                    "host with 'muster set-host URL'",
                    seen.domains.front()));
  }

  void of_lookup(const LookedUp& lookup) {
    const auto fact = fmt::format("{}: {}", lookup.name, dns::sentence_of(lookup.outcome));
    switch (lookup.outcome) {
      case Outcome::no_answer:
        add(fact, "see that the name servers of /etc/resolv.conf can be reached");
        break;
      case Outcome::bad_answer: add(fact, "correct the record: it names no host and port"); break;
      case Outcome::not_offered:
        add(fact, "whoever keeps the domain has put '.' there; publish a host in its place");
        break;
      default: break;
    }
  }

  // What to do about a host that does not answer depends on who named it.
  static std::string or_forget(const Candidate& host) {
    switch (host.from) {
      case Candidate::From::dns:
        return fmt::format("correct or remove its record in {}", host.name);
      case Candidate::From::given: return "name another host";
      case Candidate::From::answered: return "nothing: another is taken as soon as it answers";
      default: return "correct it with 'muster set-host URL', or 'muster clear-host'";
    }
  }

  void of_host(const CheckedHost& host) {
    const auto& url = host.candidate.url;
    if (host.addresses.empty()) {
      add(fmt::format("{}: the name has no address: {}", url.base(), host.name_failure),
          or_forget(host.candidate));
      return;
    }
    for (const auto& address : host.addresses) of_address(host.candidate, address);
  }

  void of_address(const Candidate& host, const CheckedAddress& checked) {
    const auto& look = checked.look;
    const auto where = fmt::format("{} at {}", host.url.base(), look.address);
    if (!checked.host) {
      add(fmt::format("{}: {}", where, look.failure), hint_of(host, look));
      return;
    }
    const auto off = std::chrono::abs(checked.host->ahead);
    if (off > kClockOff) {
      add(fmt::format("{}: its clock is {} {} this machine's", where, spoken_duration(off),
                      checked.host->ahead > seconds(0) ? "ahead of" : "behind"),
          off > Policy{}.clock_skew ? "set the clock that is wrong (NTP): requests are refused"
                                    : "set the clock that is wrong (NTP)");
    }
    if (!checked.host->missing.empty()) {
      add(fmt::format("{}: it does not serve {}", where, fmt::join(checked.host->missing, ", ")),
          "ask the host's administrator to install a host key for the product");
    }
    if (look.certificate && look.certificate->until < now_ + kCertificateSoon) {
      add(fmt::format("{}: its certificate ends at {}", where,
                      format_time(look.certificate->until)),
          "renew it on the host");
    }
  }

  static std::string hint_of(const Candidate& host, const AddressLook& look) {
    if (look.certificate && !look.certificate->refused.empty()) {
      return fmt::format(
          "the host needs a certificate for {} that is valid now, by somebody whom this machine "
          "trusts: the system's roots, or --ca-file",
          host.url.name);
    }
    if (look.answer && look.answer->status == kWrongHost) {
      return fmt::format("add {} to allowed_hosts in that host's configuration", host.url.name);
    }
    if (look.answer) return "another service has this port; " + or_forget(host);
    if (look.connected) {
      return host.url.tls ? "see that the host serves TLS on this port, and its log"
                          : "see the host's log; a port that serves TLS needs https://";
    }
    return "see that the host runs, listens there and no firewall is between; or " +
           or_forget(host);
  }

  const Discovery& discovery_;
  Instant now_;
  std::vector<Finding> out_;
};

}  // namespace

std::vector<Finding> findings_of(const Diagnosis& seen, const Discovery& discovery, Instant now) {
  return Findings(discovery, now).of(seen);
}

}  // namespace muster::client
