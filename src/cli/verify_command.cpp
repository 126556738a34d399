#include <fmt/format.h>

#include <ostream>

#include "cli/commands.h"
#include "cli/documents.h"
#include "cli/files.h"
#include "cli/output.h"
#include "wire/mak.h"
#include "wire/mak_key.h"

namespace muster::cli {
namespace {

// The moment that the activation is judged at.
Expected<Instant> judged_at(const Invocation& asked, Shell& shell) {
  const auto text = asked.maybe("at");
  if (!text) return shell.client_clock.now();
  const auto time = parse_time(*text);
  if (!time) {
    return fail(ErrorCode::usage,
                fmt::format("--at: '{}' is not a time; write 2026-01-05T08:00:00Z", *text));
  }
  return *time;
}

JsonObject facts_of(const wire::VerifiedActivation& verified) {
  const auto& activation = verified.activation;
  JsonObject out;
  out.add("genuine", true).add("product", activation.product);
  out.add("cmid", activation.cmid.text()).add("vendor", verified.host_key.vendor);
  out.add("customer", verified.host_key.customer).add("host_key", verified.host_key.id);
  out.add("issued", activation.issued).add("valid_until", activation.expires);
  out.add("count", activation.count).add("threshold", activation.threshold);
  out.add_null("mak").add_null("place").add_null("turn").add_null("limit");
  out.add_raw("entitlements", activation.entitlements);
  return out;
}

JsonObject facts_of(const wire::VerifiedMakActivation& verified) {
  const auto& activation = verified.activation;
  JsonObject out;
  out.add("genuine", true).add("product", activation.product);
  out.add("cmid", activation.cmid.text()).add("vendor", verified.host_key.vendor);
  out.add("customer", verified.host_key.customer).add("host_key", verified.host_key.id);
  out.add("issued", activation.issued).add_null("valid_until");
  out.add_null("count").add_null("threshold");
  out.add("mak", activation.mak).add("place", activation.place).add("turn", activation.turn);
  out.add("limit", verified.mak.policy.limit);
  out.add_raw("entitlements", activation.entitlements);
  return out;
}

std::string words_of(const wire::VerifiedMakActivation& verified) {
  const auto& activation = verified.activation;
  const auto& key = verified.host_key;
  FactTable out;
  out.row("product", activation.product).row("CMID", activation.cmid.text());
  out.row("vendor", key.vendor).row("customer", key.customer).row("host key", key.id);
  out.row("issued", format_time(activation.issued)).row("valid until", "no end");
  out.row("key", fmt::format("{} ({})", wire::masked_mak(verified.mak.key_end), activation.mak));
  out.row("place", fmt::format("{} of {}, turn {}", activation.place, verified.mak.policy.limit,
                               activation.turn));
  return "This activation is genuine.\n" + out.text();
}

std::string words_of(const wire::VerifiedActivation& verified, Instant now) {
  const auto& activation = verified.activation;
  const auto& key = verified.host_key;
  FactTable out;
  out.row("product", activation.product).row("CMID", activation.cmid.text());
  out.row("vendor", key.vendor).row("customer", key.customer).row("host key", key.id);
  out.row("issued", format_time(activation.issued));
  out.row("valid until", fmt::format("{} ({} left)", format_time(activation.expires),
                                     spoken_duration(activation.expires - now)));
  out.row("count", fmt::format("{} of {}", activation.count, activation.threshold));
  return "This activation is genuine.\n" + out.text();
}

Expected<Exit> show(const Invocation& asked, Shell& shell,
                    const wire::VerifiedMakActivation& verified) {
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(verified));
  } else {
    shell.out << words_of(verified);
  }
  return Exit::done;
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  const auto now = judged_at(asked, shell);
  if (!now) return std::unexpected(now.error());
  const auto product = read_product(asked.text("product"));
  if (!product) return std::unexpected(product.error());
  const auto& file = asked.text("FILE");
  auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  while (text->ends_with('\n') || text->ends_with('\r')) text->pop_back();
  const auto verified = wire::verify_activation(*text, *product);
  if (!verified && verified.error().code == ErrorCode::wrong_type) {
    const auto by_mak = wire::verify_mak_activation(*text, *product);
    if (by_mak) return show(asked, shell, *by_mak);
    if (by_mak.error().code != ErrorCode::wrong_type) return in_file(file, by_mak.error());
  }
  if (!verified) {
    return fail(verified.error().code, fmt::format("{}: {}", file, verified.error().detail));
  }
  if (auto ok = wire::check_times(verified->activation, *now); !ok) {
    return fail(ok.error().code, fmt::format("{}: {}", file, ok.error().detail));
  }
  if (wants_json(asked)) {
    print_facts(shell, asked, facts_of(*verified));
  } else {
    shell.out << words_of(*verified, *now);
  }
  return Exit::done;
}

}  // namespace

Command verify_command() {
  return {
      .path = "verify",
      .summary = "say whether an activation is genuine, without state and without a network",
      .description =
          "Checks that the activation was signed by a host whose key this product's vendor signed "
          "for this product, that the host key was valid when the activation was made, and that "
          "the activation is in force. Which machine it is for is in the answer, and is not "
          "compared with this one.",
      .arguments = {{.name = "FILE",
                     .kind = Kind::file,
                     .help = "the activation: activations/PRODUCT.jws of a state directory"}},
      .options = {{.name = "product",
                   .kind = Kind::file,
                   .placeholder = "FILE.product",
                   .help = "the product file, which carries the vendor's public keys",
                   .required = true,
                   .variable = "MUSTER_PRODUCT_FILE"},
                  {.name = "at",
                   .placeholder = "TIME",
                   .help = "judge it at this moment instead of now: 2026-01-05T08:00:00Z"},
                  json_option()},
      .fields = {{"genuine", "true; an activation that is not is an error"},
                 {"product", "the product's id"},
                 {"cmid", "the client machine id that it is for"},
                 {"vendor", "the vendor's name"},
                 {"customer", "whom the host key was made for"},
                 {"host_key", "the host key's id"},
                 {"issued", "when it was made"},
                 {"valid_until",
                  "when it ends; null: by a multiple activation key, without an end"},
                 {"count", "the host's count when it was made, or null"},
                 {"threshold", "the product's threshold then, or null"},
                 {"mak", "the multiple activation key's id, or null"},
                 {"place", "the place of its limit, or null"},
                 {"turn", "the how manieth machine that holds the place, or null"},
                 {"limit", "the key's limit, or null"},
                 {"entitlements", "object: what the vendor grants"}},
      .examples = {{"muster verify /var/lib/muster/client/activations/acme-cad.jws --product "
                    "acme-cad.product",
                    "is this machine's activation genuine?"}},
      .exits = {Exit::document},
      .run = run,
  };
}

}  // namespace muster::cli
