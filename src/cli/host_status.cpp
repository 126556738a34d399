#include <fmt/format.h>

#include <ostream>

#include "base/policy.h"
#include "cli/admin_client.h"
#include "cli/commands.h"
#include "cli/json_answer.h"
#include "cli/output.h"
#include "wire/json.h"

namespace muster::cli {
namespace {

namespace json = wire::json;

constexpr std::size_t kAnswerMost = std::size_t{16} << 20;

std::string words_of_key(const JsonAnswer& answer, const json::Value& product) {
  const auto* valid = answer.find(product, "valid");
  if (valid == nullptr || valid->truth) {
    return fmt::format("host key until {}", answer.text(product, "expires"));
  }
  return fmt::format("NOT SERVED: its host key is valid from {} until {}",
                     answer.text(product, "issued"), answer.text(product, "expires"));
}

std::string words_of_group(const JsonAnswer& answer, const json::Value& group) {
  FactTable out;
  out.row("group",
          fmt::format("{} of {}", answer.text(group, "group"), answer.text(group, "vendor_name")));
  out.row("  count", fmt::format("{} (threshold {}, capacity {})", answer.text(group, "count"),
                                 answer.text(group, "threshold"), answer.text(group, "capacity")));
  out.row("  active machines", answer.text(group, "active_machines"));
  out.row("  requests", fmt::format("{}, of which {} failed", answer.text(group, "requests"),
                                    answer.text(group, "failed")));
  if (const auto* states = answer.find(group, "by_licence_state")) {
    for (int i = 0; i < kLicenceStates; ++i) {
      const auto name = name_of(static_cast<LicenceState>(i));
      const auto count = answer.text(*states, name);
      if (count != "0") out.row(fmt::format("    from {} ({})", name, i), count);
    }
  }
  for (const auto* product : answer.list(group, "products")) {
    const auto licensed = answer.text(*product, "licensed");
    out.row(
        "  product",
        fmt::format("{}: from {} machines on, {} active{}, {}", answer.text(*product, "product"),
                    answer.text(*product, "threshold"), answer.text(*product, "active_machines"),
                    licensed.empty() ? "" : fmt::format(" of {} licensed", licensed),
                    words_of_key(answer, *product)));
  }
  return out.text();
}

std::string words_of(const json::Tree& tree) {
  const JsonAnswer answer(tree);
  const auto& root = tree.root();
  FactTable out;
  out.row("host", answer.text(root, "host")).row("version", answer.text(root, "version"));
  const auto* not_ready = answer.find(root, "not_ready");
  const bool ready = not_ready == nullptr || not_ready->kind != json::Kind::object;
  out.row("ready", ready ? "yes"
                         : fmt::format("no: {} ({})", answer.text(*not_ready, "title"),
                                       answer.text(*not_ready, "detail")));
  out.row("time", answer.text(root, "time"));
  out.row("requests in all", fmt::format("{}, of which {} failed", answer.text(root, "requests"),
                                         answer.text(root, "failed")));
  if (const auto* log = answer.find(root, "log")) {
    const auto signed_up_to = answer.text(*log, "checkpoint_seq");
    out.row("event log",
            fmt::format("{} events, {}", answer.text(*log, "seq"),
                        signed_up_to == "0" ? "none signed yet" : "signed up to " + signed_up_to));
  }
  auto text = out.text();
  const auto groups = answer.list(root, "groups");
  for (const auto* group : groups) text += "\n" + words_of_group(answer, *group);
  if (groups.empty()) {
    text +=
        "\nNo host key is installed: send the vendor host-request.txt, then 'muster host "
        "install-key'.\n";
  }
  return text;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto target = admin_target(asked);
  if (!target) return std::unexpected(target.error());
  const auto body = admin_get(*target, "/v1/status");
  if (!body) return std::unexpected(body.error());
  json::Tree tree;
  if (auto parsed = tree.parse(*body, kAnswerMost); !parsed) {
    return fail(ErrorCode::bad_answer,
                fmt::format("{}: {}", target->text(), parsed.error().detail));
  }
  if (wants_json(asked)) {
    shell.out << *body << '\n';
  } else {
    shell.out << printable_lines(words_of(tree));
  }
  return Exit::done;
}

}  // namespace

Command host_status_command() {
  return {
      .path = "host status",
      .summary = "say how a running host stands: the twin of slmgr /dlv",
      .description =
          "Asks the host over its Unix socket, or over --host with a token. Exits with 0 whether "
          "the host is ready or not, as long as it answers.",
      .options = admin_options({json_option()}),
      .fields =
          {{"version", "the host's version"},
           {"host", "thumbprint of the host's public key"},
           {"time", "the host's time for its rules"},
           {"ready", "true: it can store, and its clock is not suspect"},
           {"not_ready", "{code, title, hint, detail}, or null"},
           {"requests", "requests in all, refused ones included"},
           {"failed", "of these, not activated"},
           {"unserved", "of these, for a product without a valid key; in no group's numbers"},
           {"requests_last_minute", "of any kind and outcome, since its start"},
           {"requests_per_second", "of the last ten seconds"},
           {"queued", "requests that wait to be decided now"},
           {"disk_free", "the free part of its disk, 0 to 1"},
           {"log",
            "{epoch, seq, checkpoint_seq, newest, checkpoint, verified, verified_at, broken}: the "
            "event log's end, and how far it is signed and was checked"},
           {"groups",
            "list of {vendor, vendor_name, group, count, threshold, capacity, active_machines, "
            "retention_min, count_by, requests, failed, requests_last_minute, by_licence_state, "
            "products}"}},
      .examples = {{"muster host status", "of the host in /var/lib/muster/host"},
                   {"muster host status --host https://muster.corp.example:8689 --token-file token",
                    "of a host elsewhere"}},
      .hints = admin_hints(),
      .exits = {Exit::no_host, Exit::refused},
      .run = run,
  };
}

}  // namespace muster::cli
