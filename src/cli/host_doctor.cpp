#include <fmt/format.h>

#include <algorithm>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "cli/doctor_output.h"
#include "cli/host_settings.h"
#include "cli/host_shared.h"
#include "dns/resolver.h"
#include "host/address.h"
#include "host/front.h"
#include "host/publisher.h"
#include "publish/record.h"

namespace muster::cli {
namespace {

using publish::HostRecord;

// Port 0 in the settings: whichever the host took.
bool same_port(const dns::Srv& wanted, const dns::Srv& seen) {
  return wanted.port == 0 || wanted.port == seen.port;
}

struct OwnRecord {
  bool published = false;
  std::vector<client::Finding> findings;
};

// Where the host's record stands as it should, and where it stands otherwise.
OwnRecord look_for(const HostRecord& record, const client::Diagnosis& seen) {
  OwnRecord out;
  bool asked = false;
  for (const auto& [lookup, took] : seen.lookups) {
    const bool own_name = lookup.name == record.owner();
    asked = asked || (own_name && lookup.outcome != dns::SrvLookup::Outcome::no_answer);
    for (const auto& srv : lookup.records) {
      if (srv.target != record.srv.target) continue;
      auto wanted = record.srv;
      if (wanted.port == 0) wanted.port = srv.port;
      if (own_name && srv == wanted) {
        out.published = true;
      } else if (own_name && same_port(record.srv, srv)) {
        out.findings.push_back(
            {fmt::format("{}: {} has priority {} and weight {}, not {} and {}", lookup.name,
                         srv.target, srv.priority, srv.weight, wanted.priority, wanted.weight),
             "restart the host, which replaces what it has published; remove by hand what was "
             "written by hand"});
      } else {
        out.findings.push_back(
            {fmt::format("{}: {} port {} is this host's name, and not where it is published",
                         lookup.name, srv.target, srv.port),
             "remove the record where no other host answers there; a restart of this host does it "
             "where it has published it"});
      }
    }
  }
  if (asked && !out.published) {
    out.findings.insert(out.findings.begin(),
                        {fmt::format("{}: this host's record is not there: {} port {}",
                                     record.owner(), record.srv.target, record.srv.port),
                         "see that the host runs, and its log for why it could not be published "
                         "(docs/discovery.md)"});
  }
  return out;
}

Expected<host::DnsPlan> plan_of(const host::HostOptions& options) {
  if (options.dns.zone.empty()) {
    return fail(ErrorCode::config_invalid, "dns.zone is not set: this host publishes no record");
  }
  const auto listen = host::AddressPort::parse(options.listen);
  if (!listen) return std::unexpected(listen.error());
  const auto names = host::own_names();
  return host::plan_dns(options.dns, names.empty() ? "" : names.front(), listen->port,
                        options.tls.given());
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto options = host_options_of(asked);
  if (!options) return std::unexpected(options.error());
  const auto plan = plan_of(*options);
  if (!plan) return std::unexpected(plan.error());
  const auto prober =
      client::make_http_prober(asked.maybe("ca-file").value_or(""), shell.client_clock);
  if (!prober) return std::unexpected(prober.error());
  const auto resolver = dns::make_system_resolver();
  const client::Discovery discovery{.resolver = resolver.get(), .domain = plan->record.zone};
  auto seen = client::diagnose(discovery, {}, {}, **prober, shell.client_clock, shell.random);
  const auto own = look_for(plan->record, seen);
  seen.findings.insert(seen.findings.begin(), own.findings.begin(), own.findings.end());
  if (wants_json(asked)) {
    auto out = facts_of(seen);
    out.add("record", plan->record.owner()).add("target", plan->record.srv.target);
    out.add("published", own.published);
    print_facts(shell, asked, out);
  } else {
    print_diagnosis(shell, seen);
  }
  return seen.findings.empty() ? Exit::done : Exit::no_host;
}

}  // namespace

Command host_doctor_command() {
  return {
      .path = "host doctor",
      .summary = "show what machines find in this host's zone, and what is wrong",
      .description =
          "Takes the options of 'muster host run', and looks up what machines would: whether this "
          "host's own record stands in dns.zone as it is configured, and every host that the zone "
          "names, its addresses, port, certificate and clock. Says what is wrong and what to do: "
          "no record, one that leads to nobody, a closed port, a wrong certificate, a clock that "
          "is off. Changes nothing, and needs no running host.\n\n"
          "Exit code 0: nothing is wrong.",
      .options = with_host_settings({host_dir_option(), ca_option(), json_option()}),
      .fields = {{"usable", "as of 'muster doctor', and so are the next four"},
                 {"domains", "list: the zone"},
                 {"lookups", "list: what DNS was asked"},
                 {"hosts", "list: every host of the zone"},
                 {"findings", "list of {what, hint}: what is wrong, and what to do"},
                 {"record", "the name under which this host publishes its record"},
                 {"target", "the name that machines are sent to"},
                 {"published", "true: the record stands there as it is configured"}},
      .examples = {{"muster host doctor --dir /var/lib/muster/host --config /etc/muster/host.toml",
                    "do machines find this host?"}},
      .exits = {Exit::no_host},
      .run = run,
  };
}

}  // namespace muster::cli
