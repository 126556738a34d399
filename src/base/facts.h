// What a client knows of the machine it runs on, each value hashed by itself.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/bytes.h"

namespace muster {

// One fact: kind ("machine_id") and the first 16 bytes of
// HMAC-SHA-256(value, "muster-fact-1" | vendor id | kind), where the value is the HMAC's key.
struct Fact {
  std::string kind;
  Bytes16 value{};
  friend bool operator==(const Fact&, const Fact&) = default;
};

// A machine's facts: at most kMost, kinds distinct and in ascending order.
class Facts {
 public:
  static constexpr std::size_t kMost = 8;

  // False, and nothing changed, where the kind is there already, is not an id of [a-z0-9_]{1,32},
  // or there are kMost already.
  bool add(std::string kind, const Bytes16& value);
  [[nodiscard]] const Bytes16* find(std::string_view kind) const;
  [[nodiscard]] bool empty() const { return facts_.empty(); }
  [[nodiscard]] std::size_t size() const { return facts_.size(); }
  [[nodiscard]] auto begin() const { return facts_.begin(); }
  [[nodiscard]] auto end() const { return facts_.end(); }
  // The first that is there of set, product_uuid, machine_id.
  [[nodiscard]] std::optional<Bytes16> primary() const;
  friend bool operator==(const Facts&, const Facts&) = default;

 private:
  std::vector<Fact> facts_;
};

// How strictly two sets must agree, over the kinds that both hold. No common kind never agrees.
enum class Match : std::uint8_t { any, most, all };
// "any", "most", "all"; and back.
[[nodiscard]] std::string_view name_of(Match match);
[[nodiscard]] std::optional<Match> match_of(std::string_view name);

// `most` is more than half.
[[nodiscard]] bool same_machine(const Facts& a, const Facts& b, Match match = Match::most);

// Hashes one value; `vendor_id` is the vendor's thumbprint, so that two vendors cannot compare
// machines.
[[nodiscard]] Bytes16 hash_fact(std::string_view vendor_id, std::string_view kind,
                                std::string_view value);

}  // namespace muster
