#include "client/host_search.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/ascii.h"

namespace muster::client {
namespace {

using Outcome = dns::SrvLookup::Outcome;

constexpr std::ptrdiff_t kSilentMost = 2;  // lookups without an answer, then no further one
constexpr std::size_t kDomainMost = 230;   // with a service before it, a name is 253 at most

}  // namespace

Expected<std::string> parse_domain(std::string_view text) {
  auto out = lower(text);
  if (out.ends_with('.')) out.pop_back();
  const bool labels = !out.empty() && out.size() <= kDomainMost && out.front() != '.' &&
                      out.find("..") == std::string::npos;
  if (!labels || !std::ranges::all_of(out, [](char c) {
        return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-' || c == '_' || c == '.';
      })) {
    return fail(ErrorCode::usage,
                fmt::format("'{}' is not a domain; write it as corp.example", text));
  }
  return out;
}

std::vector<std::string> domains_of(const Discovery& discovery) {
  if (discovery.resolver == nullptr) return {};
  if (discovery.domain) return {*discovery.domain};
  return discovery.resolver->search_domains();
}

HostSearch::HostSearch(Discovery discovery, Random& random, const std::vector<Candidate>& known)
    : discovery_(std::move(discovery)), random_(random) {
  for (const auto& one : known) add(one);
  for (const auto& domain : domains_of(discovery_)) {
    open_.push_back({fmt::format("{}.{}", dns::kTlsService, domain), true, {}, {}});
    if (discovery_.require_tls) continue;
    open_.push_back({fmt::format("{}.{}", dns::kPlainService, domain), false, {}, {}});
  }
}

void HostSearch::add(Candidate candidate) {
  const auto there = [&](const Candidate& one) { return one.url == candidate.url; };
  if (std::ranges::any_of(hosts_, there) || std::ranges::any_of(left_out_, there)) return;
  auto& list = discovery_.require_tls && !candidate.url.tls ? left_out_ : hosts_;
  list.push_back(std::move(candidate));
}

void HostSearch::look_up() {
  auto lookup = std::move(open_.front());
  open_.pop_front();
  auto found = discovery_.resolver->srv(lookup.name);
  lookup.outcome = found.outcome;
  lookup.records = dns::in_order(std::move(found.records), random_);
  for (const auto& record : lookup.records) {
    add({{lookup.tls, record.target, record.port}, Candidate::From::dns, lookup.name});
  }
  const bool silent = lookup.outcome == Outcome::no_answer;
  lookups_.push_back(std::move(lookup));
  if (!silent) return;
  // A zone may be broken by itself; where another is silent too, the name servers are.
  if (lookups_.back().tls) {
    const auto domain = lookups_.back().name.substr(dns::kTlsService.size() + 1);
    std::erase_if(open_, [&](const LookedUp& one) {
      return one.name == fmt::format("{}.{}", dns::kPlainService, domain);
    });
  }
  if (std::ranges::count(lookups_, Outcome::no_answer, &LookedUp::outcome) == kSilentMost) {
    open_.clear();
  }
}

std::optional<Candidate> HostSearch::next() {
  while (given_ == hosts_.size() && !open_.empty()) look_up();
  if (given_ == hosts_.size()) return std::nullopt;
  return hosts_[given_++];
}

bool HostSearch::may_have_more() const { return given_ < hosts_.size() || !open_.empty(); }

std::string HostSearch::why_none() const {
  if (!left_out_.empty()) {
    return fmt::format("{} has no TLS, which is required", left_out_.front().url.base());
  }
  if (discovery_.resolver == nullptr) return "none is configured";
  if (lookups_.empty()) {
    return "none is configured, and this machine has no search domain to look in";
  }
  std::string out = "none is configured, and DNS names none";
  std::string_view between = ": ";
  for (const auto& one : lookups_) {
    out.append(between).append(one.name).append(": ").append(dns::sentence_of(one.outcome));
    between = "; ";
  }
  return out;
}

}  // namespace muster::client
