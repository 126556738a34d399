// The light reading of an answer while the clock runs: finds what must be checked live without
// parsing JSON. Whatever it accepts is parsed and judged whole after the clock has stopped
// (check.h).
#pragma once

#include <cstdint>
#include <optional>
#include <string_view>

#include "base/bytes.h"

namespace muster::load {

struct Scanned {
  bool activated = false;
  std::optional<std::uint32_t> count, threshold;
  std::string_view activation;  // views into the body; empty where there is none
  std::string_view ticket;
};
// Nothing where the body is no activation answer.
[[nodiscard]] std::optional<Scanned> scan_answer(std::string_view body);

// True where the activation's payload names this CMID and this nonce, both as they stand in
// documents, and this count.
[[nodiscard]] bool activation_names(std::string_view activation, std::string_view cmid,
                                    std::string_view nonce, std::uint32_t count);

}  // namespace muster::load
