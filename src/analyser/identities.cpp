#include "analyser/identities.h"

#include <algorithm>
#include <numeric>
#include <tuple>

#include "analyser/rebuilt.h"

namespace muster::analyser {
namespace {

using std::chrono::days;

constexpr auto kSilenceProves = days(8);  // a licensed client renews every seven
constexpr std::uint32_t kChurns = 3;
constexpr std::size_t kBearersMost = 200;  // of one CMID; further names are taken for the last
constexpr std::size_t kListed = 1'000;

// One machine under one name in one group.
struct Use {
  std::uint32_t machine, name;
  std::uint16_t group;
  Bearer bearer;
};

// Of requests in order of group, machine and time: a use for each name, in the order of the first.
std::vector<Use> uses_of(std::span<const Request> requests, std::span<const std::uint16_t> group_of,
                         std::span<const std::uint32_t> together) {
  std::vector<std::uint32_t> order(requests.size());
  std::iota(order.begin(), order.end(), 0U);
  const auto key = [&](std::uint32_t i) {
    return std::pair(group_of[requests[i].product], requests[i].machine);
  };
  std::ranges::stable_sort(order, {}, key);
  std::vector<Use> out;
  std::size_t first = 0;  // of this machine's uses
  for (std::size_t i = 0; i < order.size(); ++i) {
    const auto& request = requests[order[i]];
    if (i == 0 || key(order[i]) != key(order[i - 1])) first = out.size();
    const auto name = together[request.name];
    auto known = std::find_if(out.begin() + static_cast<std::ptrdiff_t>(first), out.end(),
                              [&](const Use& use) { return use.name == name; });
    if (known == out.end() && out.size() - first == kBearersMost) --known;
    if (known != out.end()) {
      known->bearer.last = request.time;
      ++known->bearer.requests;
    } else {
      out.push_back({request.machine,
                     name,
                     group_of[request.product],
                     {.name = name, .first = request.time, .last = request.time, .requests = 1}});
    }
  }
  return out;
}

Sharing kind_of(std::span<const Bearer> bearers, Instant now) {
  if (bearers.size() > 2 || bearers[0].last > bearers[1].first) return Sharing::shared;
  const bool proved = now - bearers[0].last >= kSilenceProves;
  return proved ? Sharing::renamed : Sharing::unclear;
}

void add_shared(std::span<const Use> uses, Instant now, std::vector<SharedId>& out) {
  if (uses.size() < 2) return;
  SharedId one{.machine = uses[0].machine, .group = uses[0].group, .bearers = {}};
  for (const auto& use : uses) {
    one.bearers.push_back(use.bearer);
    if (now - use.bearer.last < kRetention) ++one.alive;
  }
  one.kind = kind_of(one.bearers, now);
  one.since = one.bearers[1].first;
  out.push_back(std::move(one));
}

std::vector<Churn> churn_of(std::vector<Use> uses, Instant now) {
  std::ranges::sort(uses, {}, [](const Use& use) {
    return std::tuple(use.group, use.name, use.bearer.first, use.machine);
  });
  std::vector<Churn> out;
  for (std::size_t i = 0; i < uses.size();) {
    std::size_t end = i;
    std::uint32_t recent = 0;
    for (; end < uses.size() && uses[end].name == uses[i].name && uses[end].group == uses[i].group;
         ++end) {
      if (now - uses[end].bearer.last < kRetention) ++recent;
    }
    if (end - i >= kChurns) {
      out.push_back({.name = uses[i].name,
                     .group = uses[i].group,
                     .cmids = static_cast<std::uint32_t>(end - i),
                     .recent = recent,
                     .first_change = uses[i + 1].bearer.first,
                     .last_change = uses[end - 1].bearer.first});
    }
    i = end;
  }
  return out;
}

}  // namespace

std::string_view words_of(Sharing kind) {
  switch (kind) {
    case Sharing::shared: return "shared";
    case Sharing::renamed: return "renamed";
    case Sharing::unclear: return "renamed or shared";
  }
  return "";
}

Identities identify(std::span<const Request> requests, std::span<const std::uint16_t> group_of,
                    std::span<const std::uint32_t> together, Instant now) {
  auto uses = uses_of(requests, group_of, together);
  Identities out;
  for (std::size_t i = 0; i < uses.size();) {
    std::size_t end = i;
    while (end < uses.size() && uses[end].machine == uses[i].machine &&
           uses[end].group == uses[i].group) {
      ++end;
    }
    add_shared(std::span(uses).subspan(i, end - i), now, out.shared);
    i = end;
  }
  std::ranges::stable_sort(out.shared, std::greater(), [](const SharedId& one) {
    return std::pair(one.missed(), one.bearers.size());
  });
  out.churn = churn_of(std::move(uses), now);
  out.churning = out.churn.size();
  std::ranges::stable_sort(out.churn, std::greater(), &Churn::cmids);
  if (out.churn.size() > kListed) out.churn.resize(kListed);
  return out;
}

}  // namespace muster::analyser
