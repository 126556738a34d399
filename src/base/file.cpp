#include "base/file.h"

#include <system_error>
#include <utility>

namespace muster {

namespace fs = std::filesystem;

FileWriter::FileWriter(FileWriter&& other) noexcept
    : file_(std::move(other.file_)),
      unfinished_(std::exchange(other.unfinished_, {})),
      place_(other.place_),
      mode_(other.mode_),
      fd_(std::exchange(other.fd_, -1)) {}

namespace {

Expected<void> write_whole(Expected<FileWriter> writer, std::string_view text) {
  if (!writer) return std::unexpected(writer.error());
  if (auto ok = writer->write(text); !ok) return ok;
  return writer->finish();
}

}  // namespace

Expected<void> write_file(const fs::path& file, std::string_view text, unsigned mode) {
  return write_whole(FileWriter::replace(file, mode), text);
}

Expected<void> write_new_file(const fs::path& file, std::string_view text, unsigned mode) {
  return write_whole(FileWriter::create(file, mode), text);
}

Expected<void> write_output(const fs::path& file, std::string_view text, unsigned mode) {
  return write_whole(FileWriter::output(file, mode), text);
}

Undo::~Undo() {
  std::error_code ignored;
  for (; !made.empty(); made.pop_back()) fs::remove(made.back(), ignored);
}

}  // namespace muster
