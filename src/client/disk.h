// Where a client's state lies: whole files by their path. On a machine that is its disk, so that a
// crash leaves the old file or the new one; the lab keeps a machine's files in memory, where a
// snapshot is a copy.
#pragma once

#include <filesystem>
#include <memory>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace muster::client {

// Every failure is state_unreadable with the system's reason. Threads: as many as like, the lock of
// the state directory orders them (state_dir.h).
class Disk {
 public:
  virtual ~Disk() = default;
  // None where there is no such file. `denied`, where given, is set where the reason of a failure
  // is a missing right.
  [[nodiscard]] virtual Expected<std::optional<std::string>> read(const std::filesystem::path& file,
                                                                  std::size_t most,
                                                                  bool* denied = nullptr) = 0;
  // Replaces `file` with exactly this mode, whatever the umask is.
  [[nodiscard]] virtual Expected<void> write(const std::filesystem::path& file,
                                             std::string_view text, unsigned mode) = 0;
  // Removes it, durably; not an error where it is not there.
  [[nodiscard]] virtual Expected<void> remove(const std::filesystem::path& file) = 0;
  // A directory that everybody may enter, and its parents, whatever the umask is; one that is there
  // stays as it is.
  [[nodiscard]] virtual Expected<void> make_directory(const std::filesystem::path& directory) = 0;
  // False only where there is surely nothing.
  [[nodiscard]] virtual bool exists(const std::filesystem::path& path) = 0;
  // Takes away what a crash left of files of `directory` that were being written.
  virtual void sweep(const std::filesystem::path& directory) = 0;
};

[[nodiscard]] std::unique_ptr<Disk> make_linux_disk();

}  // namespace muster::client
