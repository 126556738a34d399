#include "cli/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/file.h"
#include "base/path.h"
#include "cli/output.h"

namespace muster::cli {

std::unexpected<Error> in_file(const std::filesystem::path& file, const Error& error) {
  return fail(error.code, error.detail.empty()
                              ? text_of(file)
                              : fmt::format("{}: {}", text_of(file), error.detail));
}

Expected<std::string> read_text(const std::filesystem::path& file) { return read_file(file); }

Expected<std::string> read_first_line(const std::filesystem::path& file) {
  auto text = read_file(file, 4096);
  if (!text) return text;
  text->resize(std::min(text->size(), text->find_first_of("\r\n")));
  if (text->empty()) {
    return fail(ErrorCode::usage, fmt::format("{}: its first line is empty", text_of(file)));
  }
  return text;
}

Expected<Output> Output::of(const Invocation& asked, Shell& shell) {
  auto file = asked.maybe("out").value_or("-");
  if (file == "-" && wants_json(asked)) {
    return fail(ErrorCode::usage, "--json and --out - would both write to stdout");
  }
  return Output(std::move(file), shell);
}

Expected<void> Output::put(std::string_view text) const {
  if (file_ != "-") return write_output(path_of(file_), text);
  shell_->out << text << std::flush;
  if (!shell_->out) return fail(ErrorCode::file_unwritable, "stdout");
  return {};
}

std::ostream& Output::words() const { return file_ == "-" ? shell_->err : shell_->out; }

}  // namespace muster::cli
