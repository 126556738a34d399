#include "core/ticket.h"

namespace muster::core {
namespace {

Bytes16 mac(const Hmac& ticket_key, const GroupKey& group, const Cmid& cmid,
            const std::uint8_t (&number)[8]) {
  std::string text("muster-ticket-1");
  text.reserve(128);
  // Vendor ids have one length and group ids no '/', so the pieces cannot be shifted against each
  // other.
  text.append(group.vendor).push_back('/');
  text.append(group.group).push_back('/');
  text.append(as_text(cmid.bytes)).append(as_text(number));
  return first16(ticket_key.of(as_bytes(text)));
}

}  // namespace

Ticket make_ticket(const Hmac& ticket_key, const GroupKey& group, const Cmid& cmid,
                   std::uint64_t number) {
  std::uint8_t big_endian[8];
  for (int i = 0; i < 8; ++i) big_endian[i] = static_cast<std::uint8_t>(number >> (56 - 8 * i));
  const auto tag = mac(ticket_key, group, cmid, big_endian);
  Ticket out;
  std::memcpy(out.data(), big_endian, 8);
  std::memcpy(out.data() + 8, tag.data(), tag.size());
  return out;
}

Shown check_ticket(const Hmac& ticket_key, const GroupKey& group, const Cmid& cmid,
                   const Ticket& ticket) {
  std::uint8_t big_endian[8];
  std::memcpy(big_endian, ticket.data(), 8);
  const auto tag = mac(ticket_key, group, cmid, big_endian);
  std::uint64_t number = 0;
  for (const auto byte : big_endian) number = number << 8 | byte;
  if (number == 0 || !equal_constant_time(tag, ByteView(ticket).subspan(8))) {
    return {Shown::Kind::foreign, 0};
  }
  return {Shown::Kind::number, number};
}

}  // namespace muster::core
