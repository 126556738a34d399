// Whole files, read and written so that a crash leaves the old one or the new one.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"

namespace muster::client {

// None where there is no such file. state_unreadable for every other failure, with the system's
// reason; `denied`, where given, is set where that reason is a missing right.
[[nodiscard]] Expected<std::optional<std::string>> read_file(const std::filesystem::path& file,
                                                             std::size_t most,
                                                             bool* denied = nullptr);
// Replaces `file` with exactly this mode, whatever the umask is. state_unreadable.
[[nodiscard]] Expected<void> write_file(const std::filesystem::path& file, std::string_view text,
                                        unsigned mode);
// Removes it, durably; not an error where it is not there.
[[nodiscard]] Expected<void> remove_file(const std::filesystem::path& file);

}  // namespace muster::client
