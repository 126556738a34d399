#include "analyser/codes.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/policy.h"

namespace muster::analyser {
namespace {

constexpr Code kCodes[] = {
    {0x00000000, "served", "nothing"},
    {0xC004F038, "the count is below the client's threshold",
     "more machines must ask: see the duplicates, the silent ones and the other hosts"},
    {0xC004F039, "the KMS did not answer or is not enabled",
     "on the host: slmgr /dlv, and see that TCP 1688 is open"},
    {0xC004F041, "the KMS host itself is not activated",
     "on the host: slmgr /ato, or activate its key by telephone"},
    {0xC004F042, "the host's key does not cover the product",
     "install a host key of the product's generation: newer keys cover older products, not the "
     "reverse; Office needs its own"},
    {0xC004F06B, "a host of the first generation refuses virtual machines",
     "update the host's Windows"},
    {0xC004F06C, "the clocks differ by more than 4 hours, or the host is too old for the client",
     "set the machine's clock from the domain (w32tm /resync); if it is right, update the host"},
    {0xC004F074, "no KMS host could be reached", "look at event 12288 on the client for the cause"},
    {0xC004F00F, "the hardware differs from what was activated",
     "slmgr /ato on the machine, or restart it"},
    {0xC004F035, "not a system that a volume edition may be installed over",
     "the firmware lacks a Windows marker: install from a qualifying edition, or use MAK"},
    {0xC004F009, "the grace period has ended", "activate the machine: slmgr /ato"},
    {0xC004F014, "no product key is installed", "install the edition's client setup key"},
    {0xC004F015, "the licence is not installed", "slmgr /rilc, then slmgr /ato"},
    {0xC004F056, "the product could not be activated by KMS",
     "compare the edition with what the host's key covers"},
    {0xC004C008, "the host key was activated too often",
     "ask the licensing centre for more activations of the key"},
    {0x800706BA, "RPC was not reachable", "open TCP 1688 between client and host"},
    {0xC0020017, "RPC was not reachable", "open TCP 1688 between client and host"},
    {0x8007232A, "the DNS server failed", "see the DNS server, and events 12293 on the host"},
    {0x8007232B, "the SRV record was not found",
     "nslookup -type=srv _vlmcs._tcp.DOMAIN; publish it with slmgr /sdns"},
    {0x80072338, "the DNS server refused the host's update",
     "give the hosts' accounts full control of the record _vlmcs._tcp"},
    {0x8007267C, "no DNS server is configured", "configure one on the host"},
    {0x80070005, "the right to do it was missing", "run it as administrator"},
};
constexpr Code kUnknown{0, "a code that is not in Muster's table",
                        "look it up with slui 0x2a CODE"};

}  // namespace

const Code& code_of(std::uint32_t hresult) {
  const auto* at = std::ranges::find(kCodes, hresult, &Code::hresult);
  return at == std::end(kCodes) ? kUnknown : *at;
}

std::string text_of(std::uint32_t hresult) { return fmt::format("0x{:08X}", hresult); }

std::string_view name_of_state(std::uint8_t state) {
  return state < kLicenceStates ? name_of(static_cast<LicenceState>(state)) : "unknown";
}

}  // namespace muster::analyser
