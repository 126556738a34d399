// The numbers of a product, which its vendor signs. Both sides of the wire read them, so they are
// values here; the rules that use them are in core (host) and client (machine).
#pragma once

#include <cstdint>
#include <optional>
#include <string>

#include "base/error.h"
#include "base/time.h"

namespace muster {

enum class CountBy : std::uint8_t { cmid, machine };
enum class Over : std::uint8_t { report, refuse };

struct Policy {
  std::uint32_t threshold = 25;
  minutes validity{259'200};         // 180 d
  minutes renewal_interval{10'080};  // 7 d
  minutes retry_interval{120};       // 2 h
  minutes initial_grace{43'200};     // 30 d
  minutes additional_grace{43'200};  // 30 d
  minutes retention{43'200};         // 30 d
  minutes clock_skew{240};           // 4 h
  std::uint32_t rearm_limit = 3;
  CountBy count_by = CountBy::cmid;
  std::optional<std::uint32_t>
      licensed{};  // the most active machines that are paid for; none: unlimited
  Over over = Over::report;
  std::string entitlements = "{}";  // a JSON object as text, copied into every activation

  friend bool operator==(const Policy&, const Policy&) = default;
};

// The first number outside its bounds, as policy_invalid with the field's name, its value and the
// bounds: 1 <= threshold <= 5,000; 1 min <= retry <= renewal <= validity <= 100 y; retention >= 2
// renewals; graces <= 100 y; 1 min <= clock_skew <= 7 d; rearm_limit <= 1,000,000; licensed >= 1.
// The text of `entitlements` is not read here.
[[nodiscard]] Expected<void> check(const Policy& policy);

[[nodiscard]] std::string_view name_of(CountBy count_by);
[[nodiscard]] std::string_view name_of(Over over);
[[nodiscard]] std::optional<CountBy> count_by_of(std::string_view name);
[[nodiscard]] std::optional<Over> over_of(std::string_view name);

// Licence states of a product on a machine; the numbers are those of KMS events.
enum class LicenceState : std::uint8_t {
  unlicensed = 0,
  licensed = 1,
  initial_grace = 2,
  additional_grace = 3,
  non_genuine_grace = 4,
  notification = 5,
  extended_grace = 6,
};
inline constexpr int kLicenceStates = 7;
// "licensed", "initial_grace" ...
[[nodiscard]] std::string_view name_of(LicenceState state);

}  // namespace muster
