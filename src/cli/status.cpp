#include <fmt/format.h>

#include <ostream>

#include "cli/client_shared.h"
#include "cli/commands.h"
#include "wire/mak_key.h"

namespace muster::cli {
namespace {

std::string attempt_in_words(const client::LastAttempt& last) {
  auto out = fmt::format("{}: ", format_time(last.time));
  out += last.activated ? "activated" : last.error;
  if (last.count && last.threshold) out += fmt::format(" ({} of {})", *last.count, *last.threshold);
  return out;
}

std::string place_in_words(const client::HeldPlace& place) {
  return fmt::format(
      "{} of {} of the key {}, since {}{}", place.number, place.limit, wire::masked_mak(place.end),
      format_time(place.sold),
      place.released ? "; RELEASED: the host says that this machine holds it no more" : "");
}

std::string words_of(const client::ProductStatus& status) {
  FactTable out;
  out.row("product", fmt::format("{} ({}, group {})", status.product, status.name, status.group));
  out.row("vendor", status.vendor);
  out.row("state", fmt::format("{} ({})", name_of(status.state), static_cast<int>(status.state)));
  if (status.cmid) out.row("CMID", status.cmid->text());
  if (status.valid_until) out.row("valid until", format_time(*status.valid_until));
  if (status.grace_until) out.row("grace until", format_time(*status.grace_until));
  out.row("left", status.permanent ? "no end" : spoken_duration(minutes(status.minutes_left)));
  if (status.place) out.row("place", place_in_words(*status.place));
  out.row("rearms left", fmt::format("{} of {}", status.rearms_left, status.rearm_limit));
  if (status.pending != client::Pending::none) {
    out.row("pending", fmt::format("{}, until the machine restarts", name_of(status.pending)));
  }
  if (status.configured_host) out.row("host, set", *status.configured_host);
  if (status.host) out.row("host, last", *status.host);
  if (status.last_attempt) out.row("last attempt", attempt_in_words(*status.last_attempt));
  if (status.next_attempt) out.row("next attempt", format_time(*status.next_attempt));
  if (status.entitlements != "{}") out.row("entitlements", status.entitlements);
  if (status.error) out.row("error", status.error->sentence());
  return out.text();
}

Expected<Exit> run(const Invocation& asked, Shell& shell) {
  auto session = ClientSession::open(asked, shell);
  if (!session) return std::unexpected(session.error());
  const auto products = (*session)->client().status((*session)->product());
  if (!products) return std::unexpected(products.error());
  (*session)->warn(shell);
  if (products->empty()) print_note(shell, "no product is installed on this machine");
  print_products(shell, asked, *products, {}, words_of);
  return Exit::done;
}

}  // namespace

Command status_command() {
  return {
      .path = "status",
      .summary = "say how this machine's products stand",
      .description = "With --json, one object a product, each on a line of its own.",
      .options = {product_option(), state_option(), json_option()},
      .fields = status_fields(),
      .examples = {{"muster status", "everything there is to know"},
                   {"muster status --product acme-cad --json", "one product, for programs"}},
      .exits = {Exit::state},
      .run = run,
  };
}

}  // namespace muster::cli
