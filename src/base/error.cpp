#include "base/error.h"

#include <array>
#include <cassert>

namespace muster {
namespace {

constexpr auto kTable = std::to_array<ErrorEntry>({
#define MUSTER_ROW(name, value, http, exit, kms, title, hint) \
  ErrorEntry{ErrorCode::name, #name, http, Exit::exit, kms, title, hint},
    MUSTER_ERRORS(MUSTER_ROW)
#undef MUSTER_ROW
});

}  // namespace

std::span<const ErrorEntry> error_table() { return kTable; }

const ErrorEntry& entry(ErrorCode code) {
  for (const auto& row : kTable) {
    if (row.code == code) return row;
  }
  assert(false && "a code outside the table");
  return kTable.front();
}

std::optional<ErrorCode> error_code(std::string_view name) {
  for (const auto& row : kTable) {
    if (row.name == name) return row.code;
  }
  return std::nullopt;
}

std::string Error::sentence() const {
  std::string out(entry(code).title);
  if (!detail.empty()) out.append(": ").append(detail);
  return out;
}

}  // namespace muster
