// The report's findings in words. No name and no CMID stands in them.
#pragma once

#include <array>
#include <string>
#include <string_view>
#include <vector>

#include "analyser/report.h"

namespace muster::analyser {

// Why the count stands where it stands, when it falls, what to do. REQUIRES: the standing's members
// but its sentences are set, and the report's groups and standings.
[[nodiscard]] std::array<std::string, 3> sentences_of(const Report& report,
                                                      const Standing& standing);

// "2026-03-01".
[[nodiscard]] std::string date_text(Instant time);
// "1 machine", "1,204 machines".
[[nodiscard]] std::string counted(std::uint64_t number, std::string_view noun);

// Causes that no log of a host can show, each with how to check it.
struct Unseen {
  std::string_view cause;
  std::string_view check;
};
[[nodiscard]] std::vector<Unseen> unseen_causes();

}  // namespace muster::analyser
