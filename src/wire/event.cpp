// One event, its members in this order; a member without a value is left out (but count, threshold
// and error of an activation, which are null):
//   host          thumbprint of the host's key          epoch, seq    numbers
//   time          RFC 3339                              type          "activation", "start", ...
// of an activation:
//   vendor        thumbprint, left out: not served      product       id
//   group         id, left out: not served              cmid          UUID
//   activated     true or false                         count, threshold   number or null
//   error         a code, or null                       evidence      a name
//   ticket        number of the ticket given            client_time   RFC 3339
//   state         0 to 6                                minutes_left  number
//   virtual       true or false
//   machine, name, address, nonce   base64url of 16 bytes: primary fact, salted hashes, the
//   request's nonce machine_prev  seq of this machine's event before
// of an act:
//   actor         text                                  detail        an object
// and last of all:
//   prev          base64url of the first 16 bytes of the hash before
#include "wire/event.h"

#include "base/digest.h"
#include "wire/json.h"

namespace muster::wire {
namespace {

constexpr std::size_t kLineMost = 64 * 1024;
constexpr std::size_t kWordMost = 64;
constexpr std::size_t kActorMost = 255;
constexpr std::int64_t kMinutesMost = std::int64_t{100} * 365 * 24 * 60;

void append_activation(json::Writer& writer, const Event& event) {
  const auto number = [&](std::string_view name, const std::optional<std::uint32_t>& value) {
    value ? writer.number(name, *value) : writer.null(name);
  };
  const auto bytes = [&](std::string_view name, const std::optional<Bytes16>& value) {
    if (value) writer.bytes(name, *value);
  };
  if (!event.vendor.empty()) writer.plain("vendor", event.vendor);
  writer.plain("product", event.product);
  if (!event.group.empty()) writer.plain("group", event.group);
  if (event.cmid) writer.cmid("cmid", *event.cmid);
  writer.truth("activated", event.activated);
  number("count", event.count);
  number("threshold", event.threshold);
  event.error.empty() ? writer.null("error") : writer.plain("error", event.error);
  if (!event.evidence.empty()) writer.plain("evidence", event.evidence);
  if (event.ticket != 0) writer.number("ticket", static_cast<std::int64_t>(event.ticket));
  if (event.client_time) writer.time("client_time", *event.client_time);
  writer.number("state", static_cast<int>(event.state));
  writer.number("minutes_left", event.minutes_left);
  if (event.is_virtual) writer.truth("virtual", *event.is_virtual);
  bytes("machine", event.machine);
  bytes("name", event.name);
  bytes("address", event.address);
  bytes("nonce", event.nonce);
  if (event.machine_prev != 0) {
    writer.number("machine_prev", static_cast<std::int64_t>(event.machine_prev));
  }
}

void read_activation(json::Claims& claims, Event& out) {
  const auto bytes = [&](std::string_view name) {
    return claims.has(name) ? std::optional(claims.bytes<16>(name)) : std::nullopt;
  };
  if (claims.has("vendor")) out.vendor = claims.thumbprint("vendor");
  out.product = claims.id("product");
  if (claims.has("group")) out.group = claims.id("group");
  out.cmid = claims.cmid("cmid");
  out.activated = claims.truth("activated");
  if (claims.has("count")) out.count = claims.count("count");
  if (claims.has("threshold")) out.threshold = claims.count("threshold");
  if (claims.has("error")) out.error = claims.nonempty("error", kWordMost);
  if (claims.has("evidence")) out.evidence = claims.nonempty("evidence", kWordMost);
  if (claims.has("ticket")) out.ticket = claims.place("ticket");
  if (claims.has("client_time")) out.client_time = claims.time("client_time");
  out.state = static_cast<LicenceState>(claims.number("state", 0, kLicenceStates - 1));
  out.minutes_left = claims.number("minutes_left", 0, kMinutesMost);
  if (claims.has("virtual")) out.is_virtual = claims.truth("virtual");
  out.machine = bytes("machine");
  out.name = bytes("name");
  out.address = bytes("address");
  out.nonce = bytes("nonce");
  if (claims.has("machine_prev")) out.machine_prev = claims.place("machine_prev");
}

}  // namespace

std::span<const std::string_view> event_types() {
  static constexpr std::string_view kTypes[] = {"activation",
                                                "mak_activation",
                                                "start",
                                                "stop",
                                                "key_installed",
                                                "token_created",
                                                "token_revoked",
                                                "clock_suspect",
                                                "clock_confirmed",
                                                "dns_published",
                                                "dns_failed",
                                                "dns_withdrawn",
                                                "mak_added",
                                                "mak_released",
                                                "mak_reconciled",
                                                "mak_blocked",
                                                "mak_unblocked",
                                                "ledger_behind",
                                                "evidence_expected",
                                                "evidence_unexpected",
                                                "alert_raised",
                                                "alert_ended",
                                                "epoch_begun",
                                                "backup_begun",
                                                "machines_left",
                                                "events_pruned",
                                                "name_forgotten"};
  return kTypes;
}

void append_event_line(std::string& out, const Event& event) {
  json::Writer writer(out);
  writer.plain("host", event.host).number("epoch", event.epoch);
  writer.number("seq", static_cast<std::int64_t>(event.seq)).time("time", event.time);
  writer.plain("type", event.type);
  if (event.type == "activation") append_activation(writer, event);
  if (!event.actor.empty()) writer.text("actor", event.actor);
  if (!event.detail.empty()) writer.raw("detail", event.detail);
  writer.bytes("prev", event.prev);
  writer.end();
}

Expected<Event> parse_event_line(std::string_view line) {
  static thread_local json::Tree tree;
  if (auto ok = tree.parse(line, kLineMost); !ok) {
    return fail(ErrorCode::log_broken, ok.error().sentence());
  }
  json::Claims claims(tree, tree.root(), ErrorCode::log_broken);
  Event out;
  out.host = claims.thumbprint("host");
  out.epoch = claims.count("epoch");
  out.seq = claims.place("seq");
  out.time = claims.time("time");
  out.type = claims.nonempty("type", kWordMost);
  if (out.type == "activation") read_activation(claims, out);
  if (claims.has("actor")) out.actor = claims.text("actor", kActorMost);
  if (claims.has("detail")) out.detail = claims.object_text("detail");
  out.prev = claims.bytes<16>("prev");
  if (!claims.ok()) return claims.failure();
  return out;
}

Bytes32 chain_hash(const Bytes32& previous, std::string_view line) {
  return Sha256().add(previous).add(as_bytes(line)).digest();
}

Bytes16 hash_name(const Hmac& salt, std::string_view value) {
  return first16(salt.of(as_bytes(value)));
}

}  // namespace muster::wire
