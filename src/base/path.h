// Paths as text: UTF-8 on every system, as words of a command line are. What std::filesystem makes
// of a std::string by itself is on Windows another thing.
#pragma once

#include <filesystem>
#include <string>
#include <string_view>

namespace muster {

// On Linux the same bytes, whatever they are.
[[nodiscard]] inline std::filesystem::path path_of(std::string_view text) {
  return std::u8string_view(reinterpret_cast<const char8_t*>(text.data()), text.size());
}
[[nodiscard]] inline std::string text_of(const std::filesystem::path& path) {
  const auto text = path.u8string();
  return {reinterpret_cast<const char*>(text.data()), text.size()};
}

}  // namespace muster
