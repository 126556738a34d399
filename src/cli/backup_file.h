// A host's backup as a file: what the commands that make one and put one back share.
#pragma once

#include <filesystem>
#include <string>

#include "base/error.h"
#include "base/file.h"
#include "cli/output.h"
#include "cli/shell.h"
#include "store/copy.h"
#include "wire/jws.h"

namespace muster::cli {

// The paper of a copy that holds the host's key, PEM.
inline constexpr std::string_view kKeyPaper = "host.key";

struct BackupFile {
  store::CopyFacts facts;
  wire::PrivateKey key;
};
// Reads all of it: what the store says of a copy, and wrong_type where there is no host's key.
[[nodiscard]] Expected<BackupFile> check_backup(const std::filesystem::path& file, Shell& shell);
// "1-2041"; of an empty log "0-0".
[[nodiscard]] std::string newest_of(const store::CopyFacts& facts);
// Writes the file's bytes behind what was written; the caller finishes. file_unreadable,
// file_unwritable.
[[nodiscard]] Expected<std::uint64_t> copy_bytes(const std::filesystem::path& from, FileWriter& to);

}  // namespace muster::cli
