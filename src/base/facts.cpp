#include "base/facts.h"

#include <algorithm>

#include "base/digest.h"

namespace muster {
namespace {

bool valid_kind(std::string_view kind) {
  return !kind.empty() && kind.size() <= 32 && std::ranges::all_of(kind, [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '_';
  });
}

}  // namespace

bool Facts::add(std::string kind, const Bytes16& value) {
  if (facts_.size() == kMost || !valid_kind(kind)) return false;
  const auto at = std::ranges::lower_bound(facts_, kind, {}, &Fact::kind);
  if (at != facts_.end() && at->kind == kind) return false;
  facts_.insert(at, Fact{std::move(kind), value});
  return true;
}

const Bytes16* Facts::find(std::string_view kind) const {
  const auto at = std::ranges::find(facts_, kind, &Fact::kind);
  return at == facts_.end() ? nullptr : &at->value;
}

std::optional<Bytes16> Facts::primary() const {
  for (const auto kind : {"set", "product_uuid", "machine_id"}) {
    if (const auto* value = find(kind)) return *value;
  }
  return std::nullopt;
}

std::string_view name_of(Match match) {
  switch (match) {
    case Match::any: return "any";
    case Match::most: return "most";
    case Match::all: return "all";
  }
  return "";
}

std::optional<Match> match_of(std::string_view name) {
  for (const auto match : {Match::any, Match::most, Match::all}) {
    if (name == name_of(match)) return match;
  }
  return std::nullopt;
}

bool same_machine(const Facts& a, const Facts& b, Match match) {
  std::size_t common = 0;
  std::size_t agree = 0;
  for (const auto& fact : a) {
    const auto* other = b.find(fact.kind);
    if (other == nullptr) continue;
    ++common;
    if (*other == fact.value) ++agree;
  }
  switch (match) {
    case Match::any: return agree > 0;
    case Match::most: return agree * 2 > common;
    case Match::all: return common > 0 && agree == common;
  }
  return false;
}

Bytes16 hash_fact(std::string_view vendor_id, std::string_view kind, std::string_view value) {
  std::string text("muster-fact-1");
  text.append(vendor_id).append(kind);
  return first16(hmac_sha256(as_bytes(value), as_bytes(text)));
}

}  // namespace muster
