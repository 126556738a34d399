// What the results in event 12290 mean, and what to do about them.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace muster::analyser {

struct Code {
  std::uint32_t hresult;
  std::string_view meaning;
  std::string_view remedy;
};
// One that is not in the table: its meaning says so.
[[nodiscard]] const Code& code_of(std::uint32_t hresult);
// "0xC004F06C".
[[nodiscard]] std::string text_of(std::uint32_t hresult);

// Licence states: "licensed" ... for 0 .. 6, "unknown" for another number.
[[nodiscard]] std::string_view name_of_state(std::uint8_t state);

}  // namespace muster::analyser
