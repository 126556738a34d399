#include "cli/backup_file.h"

#include <fmt/format.h>

#include <fstream>
#include <vector>

#include "cli/files.h"

namespace muster::cli {

Expected<BackupFile> check_backup(const std::filesystem::path& file, Shell& shell) {
  auto facts = shell.check_copy(file.string());
  if (!facts) return std::unexpected(facts.error());
  auto key = wire::PrivateKey::from_pem(facts->paper(kKeyPaper), "");
  if (!key) return fail(ErrorCode::wrong_type, file.string() + ": it holds no host's key");
  return BackupFile{std::move(*facts), std::move(*key)};
}

std::string newest_of(const store::CopyFacts& facts) {
  return fmt::format("{}-{}", facts.newest.epoch, facts.newest.seq);
}

Expected<std::uint64_t> copy_bytes(const std::filesystem::path& from, FileWriter& to) {
  constexpr std::size_t kPiece = std::size_t{1} << 20;
  std::ifstream in(from, std::ios::binary);
  if (!in) return fail(ErrorCode::file_unreadable, from.string() + ": it cannot be opened");
  std::vector<char> piece(kPiece);
  std::uint64_t bytes = 0;
  while (in.read(piece.data(), static_cast<std::streamsize>(piece.size())) || in.gcount() > 0) {
    const auto size = static_cast<std::size_t>(in.gcount());
    if (auto put = to.write({piece.data(), size}); !put) return std::unexpected(put.error());
    bytes += size;
  }
  if (in.bad()) return fail(ErrorCode::file_unreadable, from.string() + ": the disk gives no more");
  return bytes;
}

}  // namespace muster::cli
