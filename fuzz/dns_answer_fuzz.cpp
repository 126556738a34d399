// links: muster_dns
// A name server's answer to the question for hosts. The name that was asked for is the seeds'.
#include <algorithm>

#include "base/ascii.h"
#include "dns/srv.h"
#include "must.h"

namespace {

using namespace muster;
using fuzz::must;

constexpr std::string_view kName = "_muster._tcp.corp.example";

bool may_be_asked(const dns::Srv& record) {
  return record.port != 0 && !record.target.empty() && record.target.size() <= 253 &&
         lower(record.target) == record.target && std::ranges::none_of(record.target, [](char c) {
           return c <= ' ' || c == '/' || c == '@';
         });
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const auto found = dns::read_srv_answer({data, size}, kName);
  must((found.outcome == dns::SrvLookup::Outcome::found) == !found.records.empty());
  must(std::ranges::all_of(found.records, may_be_asked));
  SeededRandom random(size);
  must(std::ranges::is_permutation(dns::in_order(found.records, random), found.records));
  return 0;
}
