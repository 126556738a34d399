#include "client/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>
#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"

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

// What is installed, and which hosts its state names.
struct Known {
  std::vector<client::Wanted> wanted;
  std::vector<Candidate> hosts;

  void add(const std::optional<std::string>& url, Candidate::From from) {
    if (!url) return;
    if (auto parsed = client::parse_host_url(*url)) hosts.push_back({std::move(*parsed), from});
  }
};

Expected<Known> known_of(ClientSession& session, const Invocation& asked) {
  Known out;
  if (const auto host = asked.maybe("host")) {
    auto url = client::parse_host_url(*host);
    if (!url) return std::unexpected(url.error());
    out.hosts.push_back({std::move(*url), Candidate::From::given});
  }
  const auto products = session.client().status(session.product());
  if (!products) return std::unexpected(products.error());
  for (const auto& one : *products) {
    out.wanted.push_back({one.product, one.vendor_id});
    if (asked.has("host")) continue;
    out.add(one.configured_host, Candidate::From::configured);
    out.add(one.host, Candidate::From::answered);
  }
  return out;
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

void print_all(Shell& shell, const client::Diagnosis& seen) {
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

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto known = known_of(**session, asked);
  if (!known) return std::unexpected(known.error());
  auto prober = client::make_http_prober(asked.maybe("ca-file").value_or(""), shell.client_clock);
  if (!prober) return std::unexpected(prober.error());
  auto discovery = (*session)->discovery();
  if (asked.has("host")) discovery.resolver = nullptr;
  const auto seen = client::diagnose(discovery, known->hosts, known->wanted, **prober,
                                     shell.client_clock, shell.random);
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(seen));
  } else {
    print_all(shell, seen);
  }
  (*session)->warn(shell);
  return seen.usable() ? Exit::done : Exit::no_host;
}

}  // namespace

Command doctor_command() {
  return {
      .path = "doctor",
      .summary = "show how this machine looks for its hosts, and what is wrong",
      .description =
          "Goes through every step of the discovery: the domains that are looked in, the records "
          "that DNS names, the hosts in the order in which they are asked, each address with its "
          "result and time, the certificate, how far its clock is off, and whether it serves what "
          "is installed here. Says what is wrong and what to do about it. Every host is looked at, "
          "also where the first would do. Asks for no activation; no host counts it.\n\n"
          "Exit code 0: at least one host is usable.",
      .options = with_discovery_options(
          {{.name = "host", .placeholder = "URL", .help = "look at this host and no other"},
           product_option(),
           state_option(),
           ca_option(),
           json_option()}),
      .fields =
          {{"usable", "true: at least one host would answer with what this machine takes"},
           {"domains", "list: where DNS is asked about"},
           {"lookups",
            "list of {name, result, took_ms, records}; result: found, no_name, no_record, "
            "not_offered, no_answer or bad_answer; records: {priority, weight, port, target} in "
            "the order in which they are asked"},
           {"hosts",
            "list, in the order in which they are asked, of {host, from, record, usable, took_ms, "
            "error, addresses}; from: given, configured, answered last or dns; addresses: "
            "{address, connected, took_ms, certificate, version, clock_ahead_s, not_served, "
            "error}; certificate: {names, issuer, from, until, refused} or null"},
           {"findings", "list of {what, hint}: what is wrong, and what to do"}},
      .examples = {{"muster doctor", "why does this machine not activate?"},
                   {"muster doctor --domain corp.example",
                    "what machines of that domain would see"},
                   {"muster doctor --host https://muster.corp.example:8689 --json",
                    "one host, for programs"}},
      .exits = {Exit::no_host, Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
