#include "core/machine.h"

#include <array>

namespace muster::core {
namespace {

constexpr std::array<std::string_view, kEvidences + 1> kNames = {
    "",      "renewal", "revert",   "state_lost", "host_behind",   "machine_changed",
    "clone", "rebuilt", "many_ids", "new",        "foreign_ticket"};

}  // namespace

std::string_view name_of(Evidence evidence) { return kNames[static_cast<std::size_t>(evidence)]; }

std::optional<Evidence> evidence_of(std::string_view name) {
  for (std::size_t i = 1; i < kNames.size(); ++i) {
    if (kNames[i] == name) return static_cast<Evidence>(i);
  }
  return std::nullopt;
}

}  // namespace muster::core
