#include "client/doctor.h"

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "cli/doctor_output.h"

namespace muster::cli {
namespace {

using client::Candidate;

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
    print_diagnosis(shell, seen);
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
