#include "cli/files.h"

#include <fmt/format.h>

#include <algorithm>
#include <ostream>

#include "base/file.h"
#include "cli/output.h"

namespace muster::cli {

std::unexpected<Error> in_file(const std::filesystem::path& file, const Error& error) {
  return fail(error.code, error.detail.empty()
                              ? file.string()
                              : fmt::format("{}: {}", file.string(), error.detail));
}

Expected<std::string> read_text(const std::filesystem::path& file) { return read_file(file); }

Expected<std::string> read_first_line(const std::filesystem::path& file) {
  auto text = read_file(file, 4096);
  if (!text) return text;
  text->resize(std::min(text->size(), text->find_first_of("\r\n")));
  if (text->empty()) {
    return fail(ErrorCode::usage, fmt::format("{}: its first line is empty", file.string()));
  }
  return text;
}

Expected<wire::ProductFile> read_product(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  auto product = wire::read_product_file(*text);
  if (!product) return in_file(file, product.error());
  return product;
}

Expected<std::vector<wire::HostKey>> read_host_keys(const std::filesystem::path& file) {
  const auto text = read_text(file);
  if (!text) return std::unexpected(text.error());
  auto keys = wire::read_host_key_file(*text);
  if (!keys) return in_file(file, keys.error());
  if (keys->empty())
    return in_file(file, Error{ErrorCode::document_malformed, "no host key in it"});
  return keys;
}

Expected<Output> Output::of(const Invocation& asked, Shell& shell) {
  auto file = asked.maybe("out").value_or("-");
  if (file == "-" && wants_json(asked)) {
    return fail(ErrorCode::usage, "--json and --out - would both write to stdout");
  }
  return Output(std::move(file), shell);
}

Expected<void> Output::put(std::string_view text) const {
  if (file_ != "-") return write_output(file_, text);
  shell_->out << text << std::flush;
  if (!shell_->out) return fail(ErrorCode::file_unwritable, "stdout");
  return {};
}

std::ostream& Output::words() const { return file_ == "-" ? shell_->err : shell_->out; }

}  // namespace muster::cli
