#include "publish/testing/zone.h"

#include <fmt/format.h>
#include <ldns/ldns.h>

#include <cstdlib>
#include <memory>

#include "base/ascii.h"

namespace muster::publish::testing {
namespace {

constexpr int kBadSignature = 16;
constexpr int kBadKey = 17;

struct End {
  void operator()(ldns_pkt* packet) const { ldns_pkt_free(packet); }
};
using Packet = std::unique_ptr<ldns_pkt, End>;

std::string name_of(const ldns_rdf* name) {
  char* text = ldns_rdf2str(name);
  auto out = lower(std::string_view(text));
  std::free(text);
  if (out.ends_with('.')) out.pop_back();
  return out;
}

std::string text_of(const ldns_rr* record) {
  const auto number = [&](std::size_t at) {
    return ldns_rdf2native_int16(ldns_rr_rdf(record, at));
  };
  return fmt::format("{} {} {} {} {}", name_of(ldns_rr_owner(record)), number(0), number(1),
                     number(2), name_of(ldns_rr_rdf(record, 3)));
}

// A TSIG record that says why, without a MAC: what a server cannot sign.
void complain(ldns_pkt* answer, const ldns_rr* asked, int error) {
  auto* tsig = ldns_rr_clone(asked);
  ldns_rdf_deep_free(ldns_rr_set_rdf(tsig, ldns_native2rdf_int16_data(0, nullptr), 3));
  ldns_rdf_deep_free(ldns_rr_set_rdf(
      tsig, ldns_native2rdf_int16(LDNS_RDF_TYPE_INT16, static_cast<std::uint16_t>(error)), 5));
  ldns_pkt_set_tsig(answer, tsig);
}

}  // namespace

Answer<Server> Zone::primary(std::string_view zone, const std::atomic<bool>& stop) {
  if (stop) return failed(Failure::Reason::stopped, "the host stops");
  if (zone != name) return failed(Failure::Reason::no_server, fmt::format("{}: no zone", zone));
  return Server{.name = "ns." + name};
}

Answer<std::string> Zone::ask(const Server& to, std::string_view message,
                              const std::atomic<bool>& stop) {
  server = to.text();
  ++updates;
  if (asked) asked();
  if (stop) return failed(Failure::Reason::stopped, "the host stops");
  if (away) return failed(Failure::Reason::silent, to.text() + " does not answer");
  const auto* bytes = reinterpret_cast<const std::uint8_t*>(message.data());
  ldns_pkt* parsed = nullptr;
  if (ldns_wire2pkt(&parsed, bytes, message.size()) != LDNS_STATUS_OK) {
    return failed(Failure::Reason::failed, "this is no DNS message");
  }
  const Packet packet(parsed);
  const Packet answer(ldns_pkt_new());
  ldns_pkt_set_id(answer.get(), ldns_pkt_id(parsed));
  ldns_pkt_set_qr(answer.get(), true);
  ldns_pkt_set_opcode(answer.get(), LDNS_PACKET_UPDATE);
  const auto* tsig = ldns_pkt_tsig(parsed);
  auto* mac = ldns_rdf_clone(ldns_rr_rdf(tsig, 3));
  auto* asked_tsig = ldns_rr_clone(tsig);
  const auto key_name = key.name + ".";
  const bool known = name_of(ldns_rr_owner(tsig)) == key.name;
  const bool genuine = known && ldns_pkt_tsig_verify(parsed, bytes, message.size(),
                                                     key_name.c_str(), key.secret.c_str(), nullptr);
  int code = refuse_with;
  if (!genuine) code = LDNS_RCODE_NOTAUTH;
  if (code == 0) {
    const auto* changes = ldns_pkt_authority(parsed);
    for (std::size_t i = 0; i < ldns_rr_list_rr_count(changes); ++i) {
      const auto* record = ldns_rr_list_rr(changes, i);
      if (ldns_rr_get_class(record) == LDNS_RR_CLASS_NONE) records.erase(text_of(record));
      if (ldns_rr_get_class(record) == LDNS_RR_CLASS_IN) {
        records[text_of(record)] = ldns_rr_ttl(record);
      }
    }
  }
  ldns_pkt_set_rcode(answer.get(), static_cast<std::uint8_t>(code));
  if (!genuine) {
    complain(answer.get(), asked_tsig, known ? kBadSignature : kBadKey);
  } else if (sign) {
    ldns_pkt_tsig_sign(answer.get(), key_name.c_str(), key.secret.c_str(), 300, "hmac-sha256.",
                       mac);
  }
  ldns_rdf_deep_free(mac);
  ldns_rr_free(asked_tsig);
  std::uint8_t* wire = nullptr;
  std::size_t size = 0;
  ldns_pkt2wire(&wire, answer.get(), &size);
  std::string out(reinterpret_cast<const char*>(wire), size);
  std::free(wire);
  if (spoil) spoil(out);
  return out;
}

std::set<std::string> Zone::names() const {
  std::set<std::string> out;
  for (const auto& [record, ttl] : records) out.insert(record);
  return out;
}

}  // namespace muster::publish::testing
