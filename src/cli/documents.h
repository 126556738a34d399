// The vendor's documents that a person names on the command line.
#pragma once

#include <filesystem>
#include <vector>

#include "base/error.h"
#include "wire/documents.h"

namespace muster::cli {

// file_unreadable and document errors name the file.
[[nodiscard]] Expected<wire::ProductFile> read_product(const std::filesystem::path& file);
// A host's key file, which holds one document a line.
[[nodiscard]] Expected<std::vector<wire::HostKey>> read_host_keys(
    const std::filesystem::path& file);

}  // namespace muster::cli
