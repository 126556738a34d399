// What a fleet does over a year, as values; and how it is read from a TOML file (docs/lab.md names
// every member).
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/mak.h"
#include "lab/outcome.h"
#include "lab/product.h"

namespace muster::lab {

// From `at` after the begin, for `lasts`.
struct Span {
  minutes at{}, lasts{};
  friend bool operator==(const Span&, const Span&) = default;
};

// At `at` a host comes back as it was at `backup`.
struct Restore {
  minutes at{}, backup{};
};

// How a machine of a pool comes to its system, and to its CMID.
enum class Origin : std::uint8_t {
  installed,    // by itself: a CMID of its own
  generalized,  // from an image that was generalized: a CMID of its own each time
  keep_id,      // from an image that was generalized with --keep-id: all share one
  clone,        // from an image as it was: all share one
  instant,      // forked from a running machine, which never boots: all share one
};

// Its machines have one CMID among them.
[[nodiscard]] constexpr bool shares_cmid(Origin origin) {
  return origin == Origin::keep_id || origin == Origin::clone || origin == Origin::instant;
}

struct Pool {
  std::string name;
  std::size_t product = 0, host = 0;  // index
  std::uint32_t machines = 0;
  Origin origin = Origin::installed;
  bool is_virtual = true;
  minutes joins{};                // when the first machines come
  std::uint32_t grows = 0;        // and so many more ...
  minutes grows_every{};          // ... each time this has passed
  bool rebuild_start = false;     // anew at every start
  minutes rebuild{};              // anew each time this has passed; 0: never
  minutes rebuild_at{};           // at this time of the day
  bool always_on = true;          // otherwise on these days, between these times of the day:
  std::array<bool, 7> on_days{};  // Monday first
  minutes from{}, until{};
  minutes arrive{};         // starts are spread over so long, evenly
  std::vector<Span> off{};  // switched off all the time, whatever the day
  std::optional<minutes> snapshot{};
  std::vector<minutes> reverts{};  // ascending, after the snapshot
  minutes clock_off{};             // of the first `clock_machines`: ahead, or negative
  std::uint32_t clock_machines = 0;
  bool jitter = true;  // false: neither the host's answers nor the agents' own waits are spread
  std::optional<std::size_t> key{};  // index: activates by it; none: by counting
  bool new_hardware = false;         // a rebuild gives other virtual hardware too
  bool releases = false;             // its place of the key is given back before each rebuild

  // With all that it grows by within `days`.
  [[nodiscard]] std::uint32_t machines_within(std::chrono::days days) const;
};

struct HostPlan {
  std::string name;
  std::vector<Span> outages{};
  std::vector<Restore> restores{};
};

// A multiple activation key: the ledger of one host sells its places.
struct KeyPlan {
  std::string name;
  std::size_t product = 0, host = 0;  // index
  MakPolicy policy;
};

struct Scenario {
  std::string name;
  std::string title, teaches;
  Instant start{};
  std::chrono::days days{};
  Fidelity fidelity = Fidelity::full;
  minutes sample{60};
  std::vector<Product> products{};
  std::vector<HostPlan> hosts{};
  std::vector<KeyPlan> keys{};
  std::vector<Pool> pools{};

  [[nodiscard]] std::uint64_t machines() const;
};

inline constexpr std::int64_t kDaysMost = 3'650;
inline constexpr std::int64_t kMachinesMost = 2'000'000;

// "08:30"; of a whole day "24:00".
[[nodiscard]] std::string time_text(minutes time_of_day);

// config_invalid as "FILE:LINE: what was found, what was expected"; `file` is how the text is
// called in that. What does not fit together is found too: a product that two pools name and nobody
// sells, an arrival after the end of the day.
[[nodiscard]] Expected<Scenario> read_scenario(std::string_view toml, std::string_view file);

// The scenarios that ship. `article` is an experiment (article.h), and has no file.
struct Shipped {
  std::string_view name;
  std::string_view toml;
};
[[nodiscard]] std::span<const Shipped> shipped_scenarios();

}  // namespace muster::lab
