// Layout, version 1. Numbers are LEB128, times are seconds as numbers, texts and lists have their
// length first.
//   1 | last_seen | uses: (product text, heard, active_since, valid_until)*
//   flags: 1 name_hash, 2 address_hash, 4 is_virtual is known, 8 is_virtual
//   first_seen | number | nonce 16 | evidence_seen | evidence or 0 | state | requests | epoch | seq
//   [name_hash 16] [address_hash 16] | facts | earlier: facts*
//   facts: (kind, value 16)*; a kind is 1, 2, 3 for machine_id, product_uuid, set, or 0 and a text
#include "store/sqlite/machine_codec.h"

#include <array>

namespace muster::store {
namespace {

constexpr std::uint8_t kVersion = 1;
constexpr std::uint64_t kTimeMost = 253'402'300'799;  // the end of 9999
constexpr std::uint64_t kHasName = 1, kHasAddress = 2, kVirtualKnown = 4, kVirtual = 8;
constexpr std::array<std::string_view, 4> kKinds{"", "machine_id", "product_uuid", "set"};

struct Encoder {
  std::string& out;

  void number(std::uint64_t value) {
    std::array<char, 10> text;
    std::size_t size = 0;
    while (value >= 0x80) {
      text[size++] = static_cast<char>(value | 0x80);
      value >>= 7;
    }
    text[size++] = static_cast<char>(value);
    out.append(text.data(), size);
  }
  void time(Instant value) { number(static_cast<std::uint64_t>(value.time_since_epoch().count())); }
  void bytes(ByteView value) { out.append(as_text(value)); }
  void text(std::string_view value) {
    number(value.size());
    out.append(value);
  }
  void facts(const Facts& facts) {
    number(facts.size());
    for (const auto& fact : facts) {
      std::size_t kind = kKinds.size() - 1;
      while (kind > 0 && kKinds[kind] != fact.kind) --kind;
      number(kind);
      if (kind == 0) text(fact.kind);
      bytes(fact.value);
    }
  }
};

// Every read after the first that fails gives zeros.
struct Decoder {
  ByteView in;
  bool good = true;

  std::uint64_t number() {
    std::uint64_t out = 0;
    for (unsigned shift = 0; shift < 64; shift += 7) {
      if (in.empty()) break;
      const std::uint8_t byte = in.front();
      in = in.subspan(1);
      out |= std::uint64_t{byte & 0x7FU} << shift;
      if ((byte & 0x80U) == 0) return out;
    }
    good = false;
    return 0;
  }
  // A number of at most `most`.
  std::uint64_t number(std::uint64_t most) {
    const auto out = number();
    if (out > most) good = false;
    return out > most ? 0 : out;
  }
  Instant time() { return Instant{seconds{static_cast<std::int64_t>(number(kTimeMost))}}; }
  ByteView bytes(std::size_t size) {
    if (in.size() < size) {
      good = false;
      return {};
    }
    const auto out = in.first(size);
    in = in.subspan(size);
    return out;
  }
  void array(Bytes16& out) {
    const auto from = bytes(out.size());
    if (good) std::memcpy(out.data(), from.data(), out.size());
  }
  std::string_view text() { return as_text(bytes(number(in.size()))); }
  void facts(Facts& out) {
    out = Facts{};
    for (auto left = number(Facts::kMost); left > 0 && good; --left) {
      const auto kind = number(kKinds.size() - 1);
      std::string name(kind == 0 ? text() : kKinds[kind]);
      Bytes16 value{};
      array(value);
      if (!out.add(std::move(name), value)) good = false;
    }
  }
};

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
            (machine.is_virtual.value_or(false) ? kVirtual : 0));
  to.time(machine.first_seen);
  to.number(machine.number);
  to.bytes(machine.nonce);
  to.number(machine.evidence_seen);
  to.number(machine.evidence ? static_cast<std::uint64_t>(*machine.evidence) : 0);
  to.number(static_cast<std::uint64_t>(machine.state));
  to.number(machine.requests);
  to.number(machine.last_event.epoch);
  to.number(machine.last_event.seq);
  if (has_name) to.bytes(machine.name_hash);
  if (has_address) to.bytes(machine.address_hash);
  to.facts(machine.facts);
  to.number(machine.earlier.size());
  for (const auto& facts : machine.earlier) to.facts(facts);
}

void encode_facts(std::string& out, const Facts& facts) { Encoder{out}.facts(facts); }

Expected<void> decode_facts(ByteView bytes, Facts& out) {
  Decoder from{bytes};
  from.facts(out);
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
  const auto flags = from.number(kHasName | kHasAddress | kVirtualKnown | kVirtual);
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
  out.name_hash = out.address_hash = Bytes16{};
  if ((flags & kHasName) != 0) from.array(out.name_hash);
  if ((flags & kHasAddress) != 0) from.array(out.address_hash);
  out.is_virtual =
      (flags & kVirtualKnown) == 0 ? std::nullopt : std::optional((flags & kVirtual) != 0);
  from.facts(out.facts);
  out.earlier.resize(from.number(core::Machine::kEarlierMost));
  for (auto& facts : out.earlier) from.facts(facts);
  return result(from.good && from.in.empty());
}

}  // namespace muster::store
