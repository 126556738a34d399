#include "client/doctor.h"

#include <fmt/format.h>
#include <fmt/ranges.h>

#include <algorithm>

#include "base/policy.h"
#include "client/findings.h"
#include "wire/json.h"

namespace muster::client {
namespace {

using std::chrono::milliseconds;

// A resolver that remembers how long each answer took.
class Timed final : public dns::Resolver {
 public:
  Timed(dns::Resolver& real, Clock& clock) : real_(real), clock_(clock) {}
  std::vector<milliseconds> took{};

  std::vector<std::string> search_domains() override { return real_.search_domains(); }
  dns::SrvLookup srv(std::string_view name) override {
    const auto began = clock_.monotonic();
    auto out = real_.srv(name);
    took.push_back(clock_.monotonic() - began);
    return out;
  }
  void cancel() override { real_.cancel(); }

 private:
  dns::Resolver& real_;
  Clock& clock_;
};

CheckedHost check(const Candidate& candidate, const std::vector<Wanted>& wanted, Prober& prober,
                  Clock& clock) {
  auto look = prober.look(candidate.url);
  CheckedHost out{candidate, std::move(look.failure), look.took, {}, false};
  for (auto& address : look.addresses) {
    CheckedAddress one{std::move(address), std::nullopt};
    if (one.look.answer) {
      if (auto host = read_host_answer(*one.look.answer, wanted, clock.now())) {
        one.host = std::move(*host);
      } else {
        one.look.failure = host.error().detail;
      }
    }
    out.usable = out.usable || (one.host && one.host->missing.empty() &&
                                std::chrono::abs(one.host->ahead) <= Policy{}.clock_skew);
    out.addresses.push_back(std::move(one));
  }
  return out;
}

}  // namespace

bool Diagnosis::usable() const { return std::ranges::any_of(hosts, &CheckedHost::usable); }

Expected<HostAnswer> read_host_answer(const HttpAnswer& answer, const std::vector<Wanted>& wanted,
                                      Instant now) {
  if (answer.status != 200) {
    return fail(ErrorCode::bad_answer, fmt::format("HTTP status {}", answer.status));
  }
  wire::json::Tree tree;
  if (!tree.parse(answer.body, kAnswerMost)) {
    return fail(ErrorCode::bad_answer, "the answer is no JSON");
  }
  wire::json::Claims whole(tree, tree.root(), ErrorCode::bad_answer);
  HostAnswer out;
  out.version = whole.nonempty("version", 64);
  out.ahead = whole.time("time") - now;
  const auto* products = whole.member("products", wire::json::Kind::array);
  if (!whole.ok()) return whole.failure();
  const auto serves = [&](const Wanted& one) {
    for (const auto* at = tree.first(*products); at != nullptr; at = tree.next(*at)) {
      wire::json::Claims product(tree, *at, ErrorCode::bad_answer);
      if (product.text("product", 255) == one.product &&
          product.text("vendor", 255) == one.vendor_id && product.truth("valid")) {
        return true;
      }
    }
    return false;
  };
  for (const auto& one : wanted) {
    if (!serves(one)) out.missing.push_back(one.product);
  }
  return out;
}

Diagnosis diagnose(const Discovery& discovery, const std::vector<Candidate>& known,
                   const std::vector<Wanted>& wanted, Prober& prober, Clock& clock,
                   Random& random) {
  Diagnosis out;
  auto timed_discovery = discovery;
  std::optional<Timed> timed;
  if (discovery.resolver != nullptr) {
    timed.emplace(*discovery.resolver, clock);
    timed_discovery.resolver = &*timed;
  }
  out.domains = domains_of(timed_discovery);
  HostSearch search(timed_discovery, random, known);
  while (const auto host = search.next()) {
    out.hosts.push_back(check(*host, wanted, prober, clock));
  }
  for (std::size_t i = 0; i < search.lookups().size(); ++i) {
    out.lookups.push_back({search.lookups()[i], timed->took[i]});
  }
  out.left_out = search.left_out();
  out.findings = findings_of(out, discovery, clock.now());
  return out;
}

}  // namespace muster::client
