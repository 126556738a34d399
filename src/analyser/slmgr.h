// What a KMS host says of itself: `slmgr /dlv` in any language, WMI's properties as JSON
// (Get-CimInstance | ConvertTo-Json) or as a list (Get-KmsLicenseInfo).
//
// slmgr's words are translated, its order is not: in the block of a KMS host, behind a line that
// ends without a value, stand the count and the port, each a number at its line's end, then two
// lines without a number, then, behind another line without a value, eight numbers: all requests,
// failed ones, and those of the licence states 0 to 5.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster::analyser {

struct HostFacts {
  std::string group{};                   // "windows", "office"; empty where it does not say
  std::optional<std::uint32_t> count{};  // none: KMS is not enabled, or nobody has asked yet
  std::optional<std::uint64_t> requests{}, failed{};
  std::array<std::uint64_t, 6> by_state{};
  std::string source{};  // where it stands: the file's name
};

// Every block of a KMS host in the text (UTF-8); a text may hold several products'. config_invalid
// where there is none.
[[nodiscard]] Expected<std::vector<HostFacts>> read_host_facts(std::string_view text);

}  // namespace muster::analyser
