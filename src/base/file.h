// Whole files: one that is written here is on the disk under its name when the call returns, and
// whatever fails before that leaves what was there and nothing beside it. Modes are exact, whatever
// the umask is. While it is made, a file's name ends in ".new". Errors: file_unwritable with the
// system's reason, unless another is named.
#pragma once

#include <cstddef>
#include <filesystem>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"

namespace muster {

inline constexpr std::string_view kUnfinishedSuffix = ".new";

// A file that is written piece by piece and appears whole, with finish(); without it, it never
// does.
class FileWriter {
 public:
  // A name that nothing has: file_exists where something has it by the time of finish().
  [[nodiscard]] static Expected<FileWriter> create(const std::filesystem::path& file,
                                                   unsigned mode);
  // Takes the place of whatever has the name.
  [[nodiscard]] static Expected<FileWriter> replace(const std::filesystem::path& file,
                                                    unsigned mode);
  // A name that a person gave: as replace(), but through a symbolic link to what it names, and a
  // device, pipe or socket is written into as it is. A directory is refused.
  [[nodiscard]] static Expected<FileWriter> output(const std::filesystem::path& file,
                                                   unsigned mode);
  FileWriter(FileWriter&& other) noexcept;
  FileWriter& operator=(FileWriter&&) = delete;
  ~FileWriter();

  [[nodiscard]] Expected<void> write(std::string_view text);
  // Once, and last.
  [[nodiscard]] Expected<void> finish();

 private:
  enum class Place { fresh, any, as_it_is };
  FileWriter(std::filesystem::path file, Place place, unsigned mode)
      : file_(std::move(file)), place_(place), mode_(mode) {}
  [[nodiscard]] static Expected<FileWriter> start(const std::filesystem::path& file, Place place,
                                                  unsigned mode);
  [[nodiscard]] std::unexpected<Error> failed() const;  // by errno
  [[nodiscard]] bool take_place() const;

  std::filesystem::path file_;
  std::string unfinished_;  // empty: nothing to take away
  Place place_;
  unsigned mode_;
  int fd_ = -1;
};

// One text by each of the three. write_new_file: file_exists.
[[nodiscard]] Expected<void> write_file(const std::filesystem::path& file, std::string_view text,
                                        unsigned mode = 0644);
[[nodiscard]] Expected<void> write_new_file(const std::filesystem::path& file,
                                            std::string_view text, unsigned mode);
[[nodiscard]] Expected<void> write_output(const std::filesystem::path& file, std::string_view text,
                                          unsigned mode = 0644);

// Takes away again what was made, the last first, unless it is told to leave it.
struct Undo {
  std::vector<std::filesystem::path> made;
  Undo() = default;
  Undo(const Undo&) = delete;
  Undo& operator=(const Undo&) = delete;
  ~Undo();
};

// Makes what was renamed or removed in a directory last.
[[nodiscard]] Expected<void> sync_directory(const std::filesystem::path& directory);

// A file's bytes, at most `most` of them. file_unreadable, also for one that is longer.
[[nodiscard]] Expected<std::string> read_file(const std::filesystem::path& file,
                                              std::size_t most = 1 << 20);

}  // namespace muster
