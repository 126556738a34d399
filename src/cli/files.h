// Reading what a person names on the command line.
#pragma once

#include <filesystem>
#include <string>
#include <vector>

#include "base/error.h"
#include "wire/documents.h"

namespace muster::cli {

// file_unreadable and document errors name the file.
[[nodiscard]] Expected<std::string> read_text(const std::filesystem::path& file);
// A secret that stands in a file: its first line. usage where that is empty.
[[nodiscard]] Expected<std::string> read_first_line(const std::filesystem::path& file);
[[nodiscard]] Expected<wire::ProductFile> read_product(const std::filesystem::path& file);
// A host's key file, which holds one document a line.
[[nodiscard]] Expected<std::vector<wire::HostKey>> read_host_keys(
    const std::filesystem::path& file);

// The same error, saying in which file.
[[nodiscard]] std::unexpected<Error> in_file(const std::filesystem::path& file, const Error& error);

}  // namespace muster::cli
