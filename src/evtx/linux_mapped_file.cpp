#include <fcntl.h>
#include <fmt/format.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "evtx/mapped_file.h"

namespace muster::evtx {
namespace {

constexpr std::size_t kMostOfAPipe = std::size_t{1} << 30;

std::unexpected<Error> unreadable(const std::filesystem::path& file, int error) {
  return fail(ErrorCode::file_unreadable,
              fmt::format("{}: {}", file.string(), std::generic_category().message(error)));
}

}  // namespace

Expected<MappedFile> MappedFile::open(const std::filesystem::path& file) {
  MappedFile out;
  do out.fd_ = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  while (out.fd_ < 0 && errno == EINTR);
  struct stat about{};
  if (out.fd_ < 0 || ::fstat(out.fd_, &about) != 0) return unreadable(file, errno);
  if (S_ISDIR(about.st_mode)) return unreadable(file, EISDIR);
  const auto size = static_cast<std::size_t>(about.st_size);
  const bool done = S_ISREG(about.st_mode) ? out.map(out.fd_, size) : out.read(out.fd_);
  if (!done) return unreadable(file, errno);
  return out;
}

MappedFile::~MappedFile() {
  if (mapped_) ::munmap(const_cast<std::uint8_t*>(bytes_.data()), bytes_.size());
  if (fd_ >= 0) ::close(fd_);
}

bool MappedFile::map(Native file, std::size_t size) {
  if (size == 0) return true;
  void* at = ::mmap(nullptr, size, PROT_READ, MAP_PRIVATE, file, 0);
  if (at == MAP_FAILED) return false;
  mapped_ = true;
  bytes_ = {static_cast<const std::uint8_t*>(at), size};
  return true;
}

bool MappedFile::read(Native file) {
  char part[64 * 1024];
  for (;;) {
    const auto got = ::read(file, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return false;
    if (got == 0) break;
    if (own_.size() > kMostOfAPipe) return errno = EFBIG, false;
    own_.append(part, static_cast<std::size_t>(got));
  }
  bytes_ = as_bytes(own_);
  return true;
}

bool MappedFile::still_holds(std::size_t size) const {
  struct stat about{};
  if (!mapped_) return size <= bytes_.size();
  return ::fstat(fd_, &about) == 0 && static_cast<std::size_t>(about.st_size) >= size;
}

}  // namespace muster::evtx
