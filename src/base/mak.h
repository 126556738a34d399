// What a vendor allows with a multiple activation key. Both sides of the wire read it, so it is a
// value here; the rules that use it are in core/ledger.h.
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/error.h"
#include "base/facts.h"
#include "base/time.h"

namespace muster {

// What an installation anew on unchanged hardware costs: nothing, or one more place.
enum class Reactivation : std::uint8_t { free, counts };
// Whether a place can be given back.
enum class Release : std::uint8_t { allowed, never };

struct MakPolicy {
  static constexpr std::uint32_t kLimitMost = 1'000'000;

  std::uint32_t limit = 0;  // machines that may hold a place; 1 .. kLimitMost
  Reactivation reactivation = Reactivation::free;
  Match match = Match::most;  // when two sets of facts are the same machine
  Release release = Release::allowed;
  std::optional<Instant> expires{};  // no new place is sold from then on

  friend bool operator==(const MakPolicy&, const MakPolicy&) = default;
};

// policy_invalid where the limit is outside its bounds.
[[nodiscard]] Expected<void> check(const MakPolicy& policy);

// "free", "counts"; "allowed", "never"; and back.
[[nodiscard]] std::string_view name_of(Reactivation reactivation);
[[nodiscard]] std::string_view name_of(Release release);
[[nodiscard]] std::optional<Reactivation> reactivation_of(std::string_view name);
[[nodiscard]] std::optional<Release> release_of(std::string_view name);

}  // namespace muster
