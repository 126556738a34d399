// The mixed scenario of faults: a handful of machines that ask, are brought back, copied, rearmed
// and given wrong clocks, over a network that loses, doubles, delays and reorders, beside a host
// whose disk fills up, whose clock jumps and that is killed between commit and answer. Everything
// is drawn from the seed: the same seed gives the same run, trace and all.
#pragma once

#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/bytes.h"
#include "lab/testing/plants.h"

namespace muster::lab::testing {

struct MixedOptions {
  std::uint64_t seed = 1;
  Plant plant = Plant::none;
  // Requests that the host decides; a run ends with the first that is found wrong.
  std::uint32_t exchanges = 300;
  std::function<void(std::string_view line)> trace{};  // told of every step
};

struct MixedRun {
  std::optional<std::string> wrong;  // what the oracle found
  std::uint32_t exchanges = 0;       // that the host decided: answered with 200
  std::uint32_t activated = 0, sold = 0, kills = 0, lost = 0, doubled = 0, late = 0, failed = 0;
  // Of requests that came out of their order, and of what befell machines, clocks and the disk.
  std::uint32_t reordered = 0, unsure = 0, reverts = 0, clones = 0, client_clocks = 0,
                host_clocks = 0, full_disks = 0;
  Bytes32 digest{};  // of the whole trace
};

[[nodiscard]] MixedRun run_mixed(const MixedOptions& options);

}  // namespace muster::lab::testing
