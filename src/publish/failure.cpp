#include "publish/failure.h"

#include <array>

namespace muster::publish {
namespace {

struct Row {
  std::string_view name, hint;
};

// In the order of Reason.
constexpr std::array<Row, 12> kRows{{
    {"no_server",
     "see that dns.zone is the name of a zone that this machine can look up, or name its server "
     "with dns.server"},
    {"silent", "see that the name server runs, and that TCP to its port gets through"},
    {"bad_answer", "see that dns.server is a name server"},
    {"not_signed", "see that nothing between the host and the name server answers in its place"},
    {"key_unknown", "give the name server the key of dns.key_file, under the same name"},
    {"wrong_key",
     "give the name server and dns.key_file the same key: secret and algorithm, hmac-sha256"},
    {"clock", "set this machine's clock, or the name server's"},
    {"not_authoritative", "set dns.zone to the zone's own name, and dns.server to its primary"},
    {"refused",
     "let the key update the zone at its primary: allow-update or update-policy in BIND"},
    {"failed", "see the name server's log"},
    {"not_stored", "see the host's log for why it cannot store"},
    {"stopped", "nothing: the host stops"},
}};

}  // namespace

std::string_view name_of(Failure::Reason reason) {
  return kRows.at(static_cast<std::size_t>(reason)).name;
}

std::string_view hint_of(Failure::Reason reason) {
  return kRows.at(static_cast<std::size_t>(reason)).hint;
}

}  // namespace muster::publish
