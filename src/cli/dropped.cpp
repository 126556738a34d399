#include "cli/dropped.h"

#include <algorithm>
#include <array>

#include "base/path.h"

namespace muster::cli {
namespace {

namespace fs = std::filesystem;

bool is_there(const std::string& word) {
  std::error_code wrong;
  return fs::exists(path_of(word), wrong);
}

// A folder may end in a separator, and is beside the same things all the same.
fs::path folder_of(const fs::path& path) {
  return path.has_filename() ? path.parent_path() : path.parent_path().parent_path();
}

}  // namespace

std::optional<fs::path> page_of_dropped(const std::vector<std::string>& words) {
  constexpr std::array kCommands{"report", "convert", "shape", "logs", "help"};
  if (words.empty() || std::ranges::find(kCommands, words.front()) != kCommands.end() ||
      !std::ranges::all_of(words, is_there)) {
    return std::nullopt;
  }
  return folder_of(path_of(words.front())) / "report.html";
}

std::vector<std::string> words_of_muster(std::vector<std::string> words) {
  if (const auto page = page_of_dropped(words)) {
    words.insert(words.begin(), {"logs", "report", "--html", text_of(*page)});
    return words;
  }
  const auto first = words.begin() + (!words.empty() && words.front() == "help" ? 1 : 0);
  if (first != words.end() && *first != "logs" && !first->starts_with('-')) {
    words.insert(first, "logs");
  }
  return words;
}

}  // namespace muster::cli
