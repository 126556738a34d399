// What the words of muster-logs mean, the program that has the commands of `muster logs` alone.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <vector>

namespace muster::cli {

// Where files are dropped on the program, or a person names nothing else, all words are paths of
// what is there: the page that is then made, report.html beside the first of them. Nothing for any
// other words.
[[nodiscard]] std::optional<std::filesystem::path> page_of_dropped(
    const std::vector<std::string>& words);

// The words for run(): the report as a page of what was dropped; else `report kms.evtx` as
// `logs report kms.evtx`.
[[nodiscard]] std::vector<std::string> words_of_muster(std::vector<std::string> words);

}  // namespace muster::cli
