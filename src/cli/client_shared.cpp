#include "cli/client_shared.h"

#include <fmt/format.h>

#include <istream>
#include <ostream>

#include "cli/files.h"
#include "wire/mak_key.h"

namespace muster::cli {
namespace {

std::string spoken_minutes(std::int64_t count) { return spoken_duration(minutes(count)); }

JsonObject last_attempt_of(const client::LastAttempt& last) {
  JsonObject out;
  out.add("time", last.time).add("host", last.host).add("activated", last.activated);
  last.error.empty() ? out.add_null("error") : out.add("error", last.error);
  out.add("count", last.count).add("threshold", last.threshold);
  return out;
}

JsonObject place_of(const client::HeldPlace& place) {
  JsonObject out;
  out.add("key", wire::masked_mak(place.end)).add("place", place.number);
  out.add("limit", place.limit).add("sold", place.sold).add("released", place.released);
  return out;
}

}  // namespace

void add_minutes_left(JsonObject& out, const client::ProductStatus& status) {
  if (status.permanent) {
    out.add_null("minutes_left");
  } else {
    out.add("minutes_left", status.minutes_left);
  }
}

Option fact_option() {
  return {.name = "fact",
          .placeholder = "TEXT",
          .help =
              "what tells this machine from others, instead of its own facts: for containers "
              "and identity disks",
          .variable = "MUSTER_FACTS"};
}

Option ca_option() {
  return {.name = "ca-file",
          .kind = Kind::file,
          .placeholder = "FILE",
          .help = "PEM of who may sign the host's TLS certificate; without it the system's roots"};
}

std::vector<Option> with_discovery_options(std::vector<Option> own) {
  own.insert(
      own.begin(),
      {{.name = "domain",
        .placeholder = "DOMAIN",
        .help = "look for hosts in this DNS domain, not in the machine's search domains; - asks "
                "DNS for none"},
       {.name = "require-tls",
        .kind = Kind::flag,
        .help = "ask no host without TLS, whoever names it"}});
  return own;
}

std::vector<Option> with_key_options(std::vector<Option> own) {
  own.insert(own.begin(), {{.name = "key",
                            .placeholder = "KEY",
                            .help = "a multiple activation key, XXXXX-XXXXX-XXXXX-XXXXX-XXXXX"},
                           {.name = "key-file",
                            .kind = Kind::file,
                            .placeholder = "FILE",
                            .help = "the same, in the file's first line; - is stdin"}});
  return own;
}

Expected<std::optional<std::string>> typed_key(const Invocation& asked, Shell& shell) {
  const auto file = asked.maybe("key-file");
  if (asked.has("key") && file) return fail(ErrorCode::usage, "--key and --key-file: one of them");
  if (!file) return asked.maybe("key");
  if (*file != "-") {
    auto line = read_first_line(*file);
    if (!line) return std::unexpected(line.error());
    return std::optional(std::move(*line));
  }
  std::string line;
  std::getline(shell.in, line);
  return std::optional(std::move(line));
}

Expected<std::unique_ptr<ClientSession>> ClientSession::open(const Invocation& asked,
                                                             Shell& shell) {
  auto out = std::make_unique<ClientSession>();
  out->os_ = client::make_linux_os();
  client::HttpOptions http;
  http.ca_file = asked.maybe("ca-file").value_or("");
  auto transport = client::make_http_transport(http);
  if (!transport) return std::unexpected(transport.error());
  out->transport_ = std::move(*transport);
  const auto domain = asked.maybe("domain");
  if (domain != "-") {
    out->resolver_ = dns::make_system_resolver();
    out->discovery_.resolver = out->resolver_.get();
    if (domain) {
      auto parsed = client::parse_domain(*domain);
      if (!parsed) return std::unexpected(parsed.error());
      out->discovery_.domain = std::move(*parsed);
    }
  }
  out->discovery_.require_tls = asked.flag("require-tls");
  client::ClientOptions options;
  options.discovery = out->discovery_;
  options.directory = asked.maybe("state").value_or("");
  options.set_fact = asked.maybe("fact");
  out->client_ = std::make_unique<client::Client>(std::move(options), *out->os_, shell.client_clock,
                                                  shell.random, *out->transport_);
  out->product_ = asked.maybe("product").value_or("");
  return out;
}

void ClientSession::warn(Shell& shell) {
  for (const auto& warning : client_->warnings()) print_warning(shell, warning);
}

std::vector<Field> status_fields() {
  return {
      {"product", "the product's id"},
      {"name", "its name for people"},
      {"group", "its count group"},
      {"vendor", "the vendor's name"},
      {"vendor_id", "the vendor's key thumbprint"},
      {"cmid", "the client machine id, or null"},
      {"license_state",
       "unlicensed, licensed, initial_grace, additional_grace, non_genuine_grace, notification "
       "or extended_grace"},
      {"error", "a code, or null"},
      {"valid_until", "when the activation ends, or null"},
      {"grace_until", "when the grace ends, or null"},
      {"permanent", "true: licensed by an activation without an end"},
      {"minutes_left", "whole number: of the validity or the grace; null where permanent"},
      {"activated_at", "the activation's signed time, or null"},
      {"place",
       "{key, place, limit, sold, released} of a multiple activation key, or null; released: a "
       "host has said that this machine holds it no more"},
      {"rearms_left", "whole number"},
      {"pending", "rearm, generalize or generalize_keep_id until the machine restarts, or null"},
      {"configured_host", "the host of set-host, or null"},
      {"host", "the host that last answered, or null"},
      {"last_attempt", "{time, host, activated, error, count, threshold}, or null"},
      {"next_attempt", "when the agent asks next, or null"},
      {"entitlements", "object: what the vendor grants"}};
}

std::vector<Field> status_fields(std::vector<Field> own) {
  for (auto& field : status_fields()) own.push_back(field);
  return own;
}

void add_status(JsonObject& out, const client::ProductStatus& status) {
  const auto text_or_null = [&](std::string_view name, std::string_view value) {
    value.empty() ? out.add_null(name) : out.add(name, value);
  };
  out.add("product", status.product).add("name", status.name).add("group", status.group);
  out.add("vendor", status.vendor).add("vendor_id", status.vendor_id);
  text_or_null("cmid", status.cmid ? status.cmid->text() : "");
  out.add("license_state", name_of(status.state));
  text_or_null("error", status.error ? entry(status.error->code).name : "");
  out.add("valid_until", status.valid_until).add("grace_until", status.grace_until);
  out.add("permanent", status.permanent);
  add_minutes_left(out, status);
  out.add("activated_at", status.activated_at);
  if (status.place) {
    out.add("place", place_of(*status.place));
  } else {
    out.add_null("place");
  }
  out.add("rearms_left", status.rearms_left);
  text_or_null("pending", name_of(status.pending));
  out.add("configured_host", status.configured_host).add("host", status.host);
  if (status.last_attempt) {
    out.add("last_attempt", last_attempt_of(*status.last_attempt));
  } else {
    out.add_null("last_attempt");
  }
  out.add("next_attempt", status.next_attempt);
  out.add_raw("entitlements", status.entitlements);
}

std::string sentence_of(const client::ProductStatus& status) {
  const auto left = spoken_minutes(status.minutes_left);
  std::string out = status.product + ": ";
  switch (status.state) {
    case LicenceState::licensed:
      if (status.permanent) {
        out += "licensed without an end.";
        break;
      }
      out += fmt::format("licensed until {} ({} left).", format_time(*status.valid_until), left);
      break;
    case LicenceState::initial_grace:
      out += fmt::format("not activated; the initial grace ends in {}.", left);
      break;
    case LicenceState::additional_grace:
      out += fmt::format("not licensed now; the additional grace ends in {}.", left);
      break;
    case LicenceState::notification: out += "not licensed, and no grace is left."; break;
    default: out += fmt::format("{}.", name_of(status.state));
  }
  if (status.error) out += fmt::format(" {}.", status.error->sentence());
  return out;
}

std::string what_is_left(const client::ProductStatus& status) {
  const auto left = spoken_minutes(status.minutes_left);
  if (status.permanent) return "the machine stays licensed: its activation has no end";
  if (status.state == LicenceState::licensed && status.valid_until) {
    return fmt::format("the machine stays licensed until {} ({} left)",
                       format_time(*status.valid_until), left);
  }
  if (status.state == LicenceState::initial_grace ||
      status.state == LicenceState::additional_grace) {
    return fmt::format("the product may be used for {} more: its grace runs", left);
  }
  return "";
}

void print_products(Shell& shell, const Invocation& asked,
                    const std::vector<client::ProductStatus>& products,
                    const std::function<void(JsonObject&)>& own,
                    const std::function<std::string(const client::ProductStatus&)>& words) {
  for (const auto& status : products) {
    if (!wants_json(asked)) {
      shell.out << words(status) << '\n';
      continue;
    }
    JsonObject out;
    if (own) own(out);
    add_status(out, status);
    print_facts(shell, asked, out);
  }
}

}  // namespace muster::cli
