#include "publish/update.h"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <cstdlib>

namespace muster::publish {
namespace {

using Reason = Failure::Reason;

constexpr auto kAlgorithm = "hmac-sha256.";
constexpr std::uint16_t kFudge = 300;  // seconds that the two clocks may differ by (RFC 8945)

// Errors of a TSIG record, RFC 8945.
constexpr std::uint16_t kBadSignature = 16;
constexpr std::uint16_t kBadKey = 17;
constexpr std::uint16_t kBadTime = 18;

struct End {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
  void operator()(ldns_rr* record) const { ldns_rr_free(record); }
  void operator()(ldns_rr_list* list) const { ldns_rr_list_deep_free(list); }
  void operator()(ldns_rdf* data) const { ldns_rdf_deep_free(data); }
};
template <class T>
using Own = std::unique_ptr<T, End>;

std::string rooted(std::string_view name) { return std::string(name) + "."; }

Own<ldns_rdf> name_data(std::string_view name) {
  return Own<ldns_rdf>(ldns_dname_new_frm_str(rooted(name).c_str()));
}

// Class IN adds it, class NONE (without a time to live) removes just this one (RFC 2136, 2.5).
Own<ldns_rr> made(const HostRecord& record, ldns_rr_class kind, std::uint32_t ttl) {
  Own<ldns_rr> out(ldns_rr_new());
  auto owner = name_data(record.owner());
  auto target = name_data(record.srv.target);
  if (!out || !owner || !target) return nullptr;
  ldns_rr_set_owner(out.get(), owner.release());
  ldns_rr_set_type(out.get(), LDNS_RR_TYPE_SRV);
  ldns_rr_set_class(out.get(), kind);
  ldns_rr_set_ttl(out.get(), ttl);
  for (const auto number : {record.srv.priority, record.srv.weight, record.srv.port}) {
    ldns_rr_push_rdf(out.get(), ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, number));
  }
  ldns_rr_push_rdf(out.get(), target.release());
  return out;
}

Own<ldns_rr_list> made(const Change& change, seconds ttl) {
  Own<ldns_rr_list> out(ldns_rr_list_new());
  const auto push = [&](Own<ldns_rr> record) {
    return record && ldns_rr_list_push_rr(out.get(), record.release());
  };
  for (const auto& record : change.remove) {
    if (!push(made(record, LDNS_RR_CLASS_NONE, 0))) return nullptr;
  }
  const auto lives = static_cast<std::uint32_t>(ttl.count());
  for (const auto& record : change.add) {
    if (!push(made(record, LDNS_RR_CLASS_IN, lives))) return nullptr;
  }
  return out;
}

constexpr unsigned kMac = 3;
constexpr unsigned kError = 5;

// At most the TSIG record (RFC 8945, 5.1: one, and nothing else was asked for); of two, ldns loses
// the memory of the first.
bool few_additional(std::string_view answer) {
  constexpr std::size_t kHeader = 12;
  return answer.size() >= kHeader && answer[10] == 0 && (answer[11] == 0 || answer[11] == 1);
}

Failure tsig_failure(std::uint16_t error, const TsigKey& key) {
  switch (error) {
    case kBadKey:
      return {Reason::key_unknown,
              fmt::format("the name server does not know the key {}", key.name)};
    case kBadSignature:
      return {Reason::wrong_key,
              fmt::format("the name server has another secret under the key's name {}", key.name)};
    case kBadTime:
      return {Reason::clock, "the name server's clock and this machine's differ by minutes"};
    default: return {Reason::failed, fmt::format("the name server answers TSIG error {}", error)};
  }
}

Answer<void> by_code(int code, std::string_view zone, const TsigKey& key) {
  switch (code) {
    case LDNS_RCODE_NOERROR: return {};
    case LDNS_RCODE_REFUSED:
      return failed(
          Reason::refused,
          fmt::format("the name server refuses the key {} an update of {}", key.name, zone));
    case LDNS_RCODE_NOTIMPL:
      return failed(Reason::refused, "the name server takes no dynamic updates");
    case LDNS_RCODE_NOTAUTH:
    case LDNS_RCODE_NOTZONE:
      return failed(Reason::not_authoritative, fmt::format("the name server has no zone {}", zone));
    case LDNS_RCODE_SERVFAIL:
      return failed(Reason::failed, fmt::format("the name server failed to update {}", zone));
    default:
      return failed(Reason::failed, fmt::format("the name server answers response code {}", code));
  }
}

}  // namespace

struct Update::Parts {
  std::string zone;
  TsigKey key;
  Own<ldns_pkt> packet;
  std::string wire;
};

Update::Update(std::unique_ptr<Parts> parts) : parts_(std::move(parts)) {}
Update::Update(Update&&) noexcept = default;
Update& Update::operator=(Update&&) noexcept = default;
Update::~Update() = default;

Answer<Update> Update::make(std::string_view zone, const Change& change, seconds ttl,
                            const TsigKey& key, Random& random) {
  const auto wrong = [](std::string_view step) {
    return failed(Reason::failed, fmt::format("the update cannot be {}", step));
  };
  auto parts = std::make_unique<Parts>(
      Parts{.zone = std::string(zone), .key = key, .packet = nullptr, .wire = {}});
  const auto records = made(change, ttl);
  auto name = name_data(zone);
  if (!records || !name) return wrong("made of these names");
  parts->packet.reset(
      ldns_update_pkt_new(name.release(), LDNS_RR_CLASS_IN, nullptr, records.get(), nullptr));
  auto* packet = parts->packet.get();
  if (packet == nullptr) return wrong("made");
  ldns_pkt_set_rd(packet, false);
  ldns_pkt_set_id(packet, static_cast<std::uint16_t>(random.below(65'536)));
  if (ldns_pkt_tsig_sign(packet, rooted(key.name).c_str(), key.secret.c_str(), kFudge, kAlgorithm,
                         nullptr) != LDNS_STATUS_OK) {
    return wrong("signed");
  }
  std::uint8_t* bytes = nullptr;
  std::size_t size = 0;
  if (ldns_pkt2wire(&bytes, packet, &size) != LDNS_STATUS_OK) return wrong("encoded");
  const std::unique_ptr<std::uint8_t, decltype(&std::free)> owned(bytes, &std::free);
  parts->wire.assign(reinterpret_cast<const char*>(bytes), size);
  return Update(std::move(parts));
}

std::string_view Update::message() const { return parts_->wire; }

Answer<void> Update::read(std::string_view answer) const {
  const auto& [zone, key, sent, wire] = *parts_;
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(answer.data());
  ldns_pkt* parsed = nullptr;
  const auto status =
      few_additional(answer) ? ldns_wire2pkt(&parsed, bytes, answer.size()) : LDNS_STATUS_ERR;
  const Own<ldns_pkt> packet(parsed);
  if (status != LDNS_STATUS_OK || !packet || !ldns_pkt_qr(parsed) ||
      ldns_pkt_id(parsed) != ldns_pkt_id(sent.get()) ||
      ldns_pkt_get_opcode(parsed) != LDNS_PACKET_UPDATE) {
    return failed(Reason::bad_answer, "what came back is no answer to the update");
  }
  auto* tsig = ldns_pkt_tsig(parsed);
  if (tsig != nullptr && ldns_rr_rd_count(tsig) > kError) {
    const auto error = ldns_rdf2native_int16(ldns_rr_rdf(tsig, kError));
    if (error != 0) return std::unexpected(tsig_failure(error, key));
  }
  const auto* mac = ldns_rr_rdf(ldns_pkt_tsig(sent.get()), kMac);
  const auto told = by_code(ldns_pkt_get_rcode(parsed), zone, key);
  const auto name = rooted(key.name);
  const auto owner = name_data(key.name);
  const bool genuine =
      tsig != nullptr && ldns_dname_compare(ldns_rr_owner(tsig), owner.get()) == 0 &&
      ldns_pkt_tsig_verify(parsed, bytes, answer.size(), name.c_str(), key.secret.c_str(), mac);
  ldns_pkt_set_tsig(parsed, tsig);  // ldns loses it where it knows the algorithm not
  // That something was not done needs no proof: a server that knows no TSIG says it unsigned.
  if (told && !genuine) {
    return failed(Reason::not_signed,
                  fmt::format("the answer is not signed by the key {}", key.name));
  }
  return told;
}

}  // namespace muster::publish
