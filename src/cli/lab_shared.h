// What the lab commands share: the scenarios by name, a bar while one waits, files of what a run
// came to.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/error.h"
#include "cli/output.h"
#include "cli/shell.h"
#include "lab/outcome.h"

namespace muster::cli {

// The scenario that is an experiment, and no file.
inline constexpr std::string_view kArticle = "article";

struct LabScenario {
  std::string name, title;
};
// Those that ship, in the order in which they are listed.
[[nodiscard]] Expected<std::vector<LabScenario>> lab_scenarios();

// How far it is: on a terminal alone, and gone at the end.
class LabBar {
 public:
  explicit LabBar(Shell& shell) : shell_(shell) {}
  LabBar(const LabBar&) = delete;
  LabBar& operator=(const LabBar&) = delete;
  ~LabBar();
  void show(double part);  // 0 .. 1

 private:
  Shell& shell_;
  int shown_ = -1;
};

// What `work` comes to. Where it fails, other than by what was asked for, the command that repeats
// it is printed; what it throws is an internal error.
template <class Work>
auto or_repeated(Shell& shell, const std::string& command, const Work& work) -> decltype(work()) {
  auto out = [&]() -> decltype(work()) {
    try {
      return work();
    } catch (const std::exception& escaped) {
      return fail(ErrorCode::internal, escaped.what());
    }
  }();
  if (!out && entry(out.error().code).exit != Exit::usage) {
    print_note(shell, "this repeats it: " + command);
  }
  return out;
}

// Names and contents.
using LabFiles = std::vector<std::pair<std::string, std::string>>;
// Writes index.html, every track and table as CSV, and `more`; without a directory nothing.
// `command` repeats the run. Returns what was written; file_unwritable.
[[nodiscard]] Expected<std::vector<std::string>> write_outcome(
    const lab::Outcome& outcome, const LabFiles& more, const std::optional<std::string>& directory,
    const std::string& command);

// As a shell takes it for one word.
[[nodiscard]] std::string shell_word(std::string_view text);

}  // namespace muster::cli
