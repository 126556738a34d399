// Layout, version 1, of what byte_codec.h writes; lists have their length first.
//   1 | last_seen | uses: (product text, heard, active_since, valid_until)*
//   flags: 1 name_hash, 2 address_hash, 4 is_virtual is known, 8 is_virtual, 16 another host's
//   event first_seen | number | nonce 16 | evidence_seen | evidence or 0 | state | requests | epoch
//   | seq [host] [name_hash 16] [address_hash 16] | facts | earlier: facts* facts: (kind, value
//   16)*; a kind is 1, 2, 3 for machine_id, product_uuid, set, or 0 and a text
#include "store/machine_codec.h"

#include <array>

#include "store/byte_codec.h"

namespace muster::store {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kHasName = 1, kHasAddress = 2, kVirtualKnown = 4, kVirtual = 8;
constexpr std::uint64_t kOtherHost = 16;
constexpr std::array<std::string_view, 4> kKinds{"", "machine_id", "product_uuid", "set"};

void put_facts(Encoder& to, const Facts& facts) {
  to.number(facts.size());
  for (const auto& fact : facts) {
    std::size_t kind = kKinds.size() - 1;
    while (kind > 0 && kKinds[kind] != fact.kind) --kind;
    to.number(kind);
    if (kind == 0) to.text(fact.kind);
    to.bytes(fact.value);
  }
}

void take_facts(Decoder& from, Facts& out) {
  out = Facts{};
  for (auto left = from.number(Facts::kMost); left > 0 && from.good; --left) {
    const auto kind = from.number(kKinds.size() - 1);
    std::string name(kind == 0 ? from.text() : kKinds[kind]);
    Bytes16 value{};
    from.array(value);
    if (!out.add(std::move(name), value)) from.good = false;
  }
}

void contacts(Decoder& from, core::Machine& out) {
  if (from.number() != kVersion) from.good = false;
  out.last_seen = from.time();
  // A use takes four bytes at least.
  out.uses.resize(from.number(from.in.size() / 4));
  for (auto& use : out.uses) {
    use.product = from.text();
    use.heard = from.time();
    use.active_since = from.time();
    use.valid_until = from.time();
  }
}

Expected<void> result(bool good, const char* what = "a machine's row") {
  if (!good) return fail(ErrorCode::store_corrupt, std::string(what) + " cannot be read");
  return {};
}

}  // namespace

void encode_machine(std::string& out, const core::Machine& machine) {
  out.clear();
  Encoder to{out};
  to.number(kVersion);
  to.time(machine.last_seen);
  to.number(machine.uses.size());
  for (const auto& use : machine.uses) {
    to.text(use.product);
    to.time(use.heard);
    to.time(use.active_since);
    to.time(use.valid_until);
  }
  const bool has_name = machine.name_hash != Bytes16{};
  const bool has_address = machine.address_hash != Bytes16{};
  to.number((has_name ? kHasName : 0) | (has_address ? kHasAddress : 0) |
            (machine.is_virtual ? kVirtualKnown : 0) |
            (machine.is_virtual.value_or(false) ? kVirtual : 0) |
            (machine.last_event.host != 0 ? kOtherHost : 0));
  to.time(machine.first_seen);
  to.number(machine.number);
  to.bytes(machine.nonce);
  to.number(machine.evidence_seen);
  to.number(machine.evidence ? static_cast<std::uint64_t>(*machine.evidence) : 0);
  to.number(static_cast<std::uint64_t>(machine.state));
  to.number(machine.requests);
  to.number(machine.last_event.epoch);
  to.number(machine.last_event.seq);
  if (machine.last_event.host != 0) to.number(machine.last_event.host);
  if (has_name) to.bytes(machine.name_hash);
  if (has_address) to.bytes(machine.address_hash);
  put_facts(to, machine.facts);
  to.number(machine.earlier.size());
  for (const auto& facts : machine.earlier) put_facts(to, facts);
}

void encode_facts(std::string& out, const Facts& facts) {
  Encoder to{out};
  put_facts(to, facts);
}

Expected<void> decode_facts(ByteView bytes, Facts& out) {
  Decoder from{bytes};
  take_facts(from, out);
  return result(from.good && from.in.empty(), "a machine's facts");
}

Expected<void> decode_contacts(ByteView bytes, core::Machine& out) {
  Decoder from{bytes};
  contacts(from, out);
  return result(from.good);
}

Expected<void> decode_machine(ByteView bytes, core::Machine& out) {
  Decoder from{bytes};
  contacts(from, out);
  const auto flags = from.number(kHasName | kHasAddress | kVirtualKnown | kVirtual | kOtherHost);
  out.first_seen = from.time();
  out.number = from.number();
  from.array(out.nonce);
  out.evidence_seen = static_cast<std::uint32_t>(from.number(~0U));
  const auto evidence = from.number(core::kEvidences);
  out.evidence =
      evidence == 0 ? std::nullopt : std::optional(static_cast<core::Evidence>(evidence));
  out.state = static_cast<LicenceState>(from.number(kLicenceStates - 1));
  out.requests = static_cast<std::uint32_t>(from.number(~0U));
  out.last_event.epoch = static_cast<std::uint32_t>(from.number(~0U));
  out.last_event.seq = from.number();
  const bool other_host = (flags & kOtherHost) != 0;
  out.last_event.host = other_host ? static_cast<std::uint32_t>(from.number(~0U)) : 0;
  out.name_hash = out.address_hash = Bytes16{};
  if ((flags & kHasName) != 0) from.array(out.name_hash);
  if ((flags & kHasAddress) != 0) from.array(out.address_hash);
  out.is_virtual =
      (flags & kVirtualKnown) == 0 ? std::nullopt : std::optional((flags & kVirtual) != 0);
  take_facts(from, out.facts);
  out.earlier.resize(from.number(core::Machine::kEarlierMost));
  for (auto& facts : out.earlier) take_facts(from, facts);
  return result(from.good && from.in.empty());
}

}  // namespace muster::store
