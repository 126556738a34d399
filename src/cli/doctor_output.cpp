#include "cli/doctor_output.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

namespace muster::cli {
namespace {

using client::Candidate;
using std::chrono::milliseconds;

std::string_view name_of(Candidate::From from) {
  switch (from) {
    case Candidate::From::given: return "given";
    case Candidate::From::configured: return "configured";
    case Candidate::From::answered: return "answered last";
    case Candidate::From::dns: return "dns";
  }
  return "";
}

std::int64_t count_of(milliseconds took) { return took.count(); }

JsonObject facts_of(const client::TimedLookup& one) {
  std::vector<JsonObject> records;
  for (const auto& record : one.lookup.records) {
    JsonObject fields;
    fields.add("priority", std::uint32_t{record.priority});
    fields.add("weight", std::uint32_t{record.weight});
    fields.add("port", std::uint32_t{record.port}).add("target", record.target);
    records.push_back(std::move(fields));
  }
  JsonObject out;
  out.add("name", one.lookup.name).add("result", dns::name_of(one.lookup.outcome));
  out.add("took_ms", count_of(one.took)).add("records", records);
  return out;
}

JsonObject facts_of(const client::Certificate& one) {
  JsonObject out;
  out.add("names", one.names).add("issuer", one.issuer);
  out.add("from", one.from).add("until", one.until);
  one.refused.empty() ? out.add_null("refused") : out.add("refused", one.refused);
  return out;
}

JsonObject facts_of(const client::CheckedAddress& one) {
  JsonObject out;
  out.add("address", one.look.address).add("connected", one.look.connected);
  out.add("took_ms", count_of(one.look.took));
  if (one.look.certificate) {
    out.add("certificate", facts_of(*one.look.certificate));
  } else {
    out.add_null("certificate");
  }
  if (one.host) {
    out.add("version", one.host->version);
    out.add("clock_ahead_s", std::int64_t{one.host->ahead.count()});
    out.add("not_served", one.host->missing).add_null("error");
  } else {
    out.add_null("version").add_null("clock_ahead_s").add_null("not_served");
    out.add("error", one.look.failure);
  }
  return out;
}

JsonObject facts_of(const client::CheckedHost& one) {
  std::vector<JsonObject> addresses;
  addresses.reserve(one.addresses.size());
  for (const auto& address : one.addresses) addresses.push_back(facts_of(address));
  JsonObject out;
  out.add("host", one.candidate.url.base()).add("from", name_of(one.candidate.from));
  one.candidate.name.empty() ? out.add_null("record") : out.add("record", one.candidate.name);
  out.add("usable", one.usable).add("took_ms", count_of(one.name_took));
  one.name_failure.empty() ? out.add_null("error") : out.add("error", one.name_failure);
  out.add("addresses", addresses);
  return out;
}

// ---- for people

void print(Shell& shell, std::string_view line) { shell.out << printable(line) << '\n'; }

std::string ms(milliseconds took) { return fmt::format("({} ms)", took.count()); }

void print_lookups(Shell& shell, const client::Diagnosis& seen) {
  for (const auto& [lookup, took] : seen.lookups) {
    const auto count = lookup.records.size();
    const auto what = count == 0 ? std::string(dns::sentence_of(lookup.outcome))
                                 : fmt::format("{} record{}", count, count == 1 ? "" : "s");
    print(shell, fmt::format("DNS   {}: {} {}", lookup.name, what, ms(took)));
    for (const auto& record : lookup.records) {
      print(shell, fmt::format("      priority {}, weight {}: {} port {}", record.priority,
                               record.weight, record.target, record.port));
    }
  }
}

// A host says its time in whole seconds.
std::string clock_of(seconds ahead) {
  if (std::chrono::abs(ahead) <= seconds(1)) return "agrees";
  return fmt::format("{} {}", spoken_duration(std::chrono::abs(ahead)),
                     ahead > seconds(0) ? "ahead" : "behind");
}

void print_address(Shell& shell, const client::CheckedAddress& one) {
  const auto& look = one.look;
  if (one.host) {
    print(shell, fmt::format("      {}: answers as muster {}, clock {} {}", look.address,
                             one.host->version, clock_of(one.host->ahead), ms(look.took)));
  } else {
    print(shell, fmt::format("      {}: {} {}", look.address, look.failure, ms(look.took)));
  }
  if (look.certificate) {
    print(shell, fmt::format("        certificate for {}, by {}, until {}",
                             fmt::join(look.certificate->names, ", "), look.certificate->issuer,
                             format_time(look.certificate->until)));
  }
}

void print_hosts(Shell& shell, const client::Diagnosis& seen) {
  for (std::size_t i = 0; i < seen.hosts.size(); ++i) {
    const auto& host = seen.hosts[i];
    const auto& from = host.candidate;
    const auto who = from.name.empty() ? std::string(name_of(from.from)) : from.name;
    print(shell, fmt::format("Host  {}. {} ({})", i + 1, from.url.base(), who));
    if (!host.name_failure.empty()) {
      print(shell, fmt::format("      {} {}", host.name_failure, ms(host.name_took)));
    }
    for (const auto& address : host.addresses) print_address(shell, address);
  }
}

}  // namespace

JsonObject facts_of(const client::Diagnosis& seen) {
  std::vector<JsonObject> lookups, hosts, findings;
  for (const auto& one : seen.lookups) lookups.push_back(facts_of(one));
  for (const auto& one : seen.hosts) hosts.push_back(facts_of(one));
  for (const auto& one : seen.findings) {
    JsonObject fields;
    fields.add("what", one.what).add("hint", one.hint);
    findings.push_back(std::move(fields));
  }
  JsonObject out;
  out.add("usable", seen.usable()).add("domains", seen.domains).add("lookups", lookups);
  out.add("hosts", hosts).add("findings", findings);
  return out;
}

void print_diagnosis(Shell& shell, const client::Diagnosis& seen) {
  if (!seen.domains.empty()) {
    print(shell, fmt::format("Looks in {}", fmt::join(seen.domains, ", ")));
  }
  print_lookups(shell, seen);
  print_hosts(shell, seen);
  for (const auto& one : seen.findings) {
    print(shell, "Wrong " + one.what);
    print(shell, "      " + one.hint);
  }
  const auto usable = std::ranges::find_if(seen.hosts, &client::CheckedHost::usable);
  if (usable == seen.hosts.end()) {
    print(shell, "No host is usable.");
  } else {
    print(shell, fmt::format("Usable: {}", usable->candidate.url.base()));
  }
}

}  // namespace muster::cli
