// What the lab commands share: the scenarios by name.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster::cli {

// The scenario that is an experiment, and no file.
inline constexpr std::string_view kArticle = "article";

struct LabScenario {
  std::string name, title;
};
// Those that ship, in the order in which they are listed.
[[nodiscard]] Expected<std::vector<LabScenario>> lab_scenarios();

}  // namespace muster::cli
