// The files that a person names on the command line.
#pragma once

#include <filesystem>
#include <iosfwd>
#include <string>

#include "base/error.h"
#include "cli/invocation.h"
#include "cli/shell.h"

namespace muster::cli {

// file_unreadable and document errors name the file.
[[nodiscard]] Expected<std::string> read_text(const std::filesystem::path& file);
// A secret that stands in a file: its first line. usage where that is empty.
[[nodiscard]] Expected<std::string> read_first_line(const std::filesystem::path& file);

// What --out asks for: a file, whole or not at all (FileWriter::output), or stdout for "-".
class Output {
 public:
  // usage where --json would print its facts into the document.
  [[nodiscard]] static Expected<Output> of(const Invocation& asked, Shell& shell);
  // Writes it. file_unwritable.
  [[nodiscard]] Expected<void> put(std::string_view text) const;
  // Where what is said of it goes: not into the document.
  [[nodiscard]] std::ostream& words() const;
  [[nodiscard]] const std::string& file() const { return file_; }

 private:
  Output(std::string file, Shell& shell) : file_(std::move(file)), shell_(&shell) {}
  std::string file_;
  Shell* shell_;
};

// The same error, saying in which file.
[[nodiscard]] std::unexpected<Error> in_file(const std::filesystem::path& file, const Error& error);

}  // namespace muster::cli
