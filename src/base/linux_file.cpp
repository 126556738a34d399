#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstdlib>
#include <system_error>
#include <utility>

#include "base/file.h"

namespace muster {
namespace {

namespace fs = std::filesystem;

std::unexpected<Error> refused(ErrorCode code, const fs::path& file, int error) {
  return fail(code, fmt::format("{}: {}", file.string(), std::generic_category().message(error)));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

bool sync(int fd) {
  int done = 0;
  do done = ::fsync(fd);
  while (done != 0 && errno == EINTR);
  return done == 0;
}

bool rename_to_free_name(const std::string& from, const fs::path& to) {
  if (::renameat2(AT_FDCWD, from.c_str(), AT_FDCWD, to.c_str(), RENAME_NOREPLACE) == 0) return true;
  if (errno != EINVAL && errno != ENOSYS) return false;
  // A file system that does not know the flag, NFS for one.
  return ::link(from.c_str(), to.c_str()) == 0 && ::unlink(from.c_str()) == 0;
}

}  // namespace

Expected<FileWriter> FileWriter::create(const fs::path& file, unsigned mode) {
  struct stat about{};
  if (::lstat(file.c_str(), &about) == 0) return refused(ErrorCode::file_exists, file, EEXIST);
  return start(file, Place::fresh, mode);
}

Expected<FileWriter> FileWriter::replace(const fs::path& file, unsigned mode) {
  return start(file, Place::any, mode);
}

Expected<FileWriter> FileWriter::output(const fs::path& file, unsigned mode) {
  struct stat about{};
  if (::stat(file.c_str(), &about) != 0) {
    // A link that leads nowhere is there and has no file that could be replaced.
    if (errno == ENOENT && ::lstat(file.c_str(), &about) != 0) return replace(file, mode);
    return refused(ErrorCode::file_unwritable, file, errno == 0 ? ENOENT : errno);
  }
  if (S_ISDIR(about.st_mode)) return refused(ErrorCode::file_unwritable, file, EISDIR);
  if (!S_ISREG(about.st_mode)) return start(file, Place::as_it_is, mode);
  std::error_code error;
  const auto real = fs::canonical(file, error);
  if (error) return refused(ErrorCode::file_unwritable, file, error.value());
  return replace(real, mode);
}

Expected<FileWriter> FileWriter::start(const fs::path& file, Place place, unsigned mode) {
  FileWriter out(file, place, mode);
  if (place == Place::as_it_is) {
    do out.fd_ = ::open(file.c_str(), O_WRONLY | O_CLOEXEC | O_NOCTTY);
    while (out.fd_ < 0 && errno == EINTR);
  } else {
    // A name of its own, so that two processes that write one file do not write into each other's.
    auto name = file.string() + ".XXXXXX" + std::string(kUnfinishedSuffix);
    out.fd_ = ::mkostemps(name.data(), static_cast<int>(kUnfinishedSuffix.size()), O_CLOEXEC);
    if (out.fd_ >= 0) out.unfinished_ = std::move(name);
  }
  if (out.fd_ < 0) return out.failed();
  return out;
}

FileWriter::~FileWriter() {
  if (fd_ >= 0) ::close(fd_);
  if (!unfinished_.empty()) ::unlink(unfinished_.c_str());
}

std::unexpected<Error> FileWriter::failed() const {
  const int error = errno;
  const bool taken = place_ == Place::fresh && error == EEXIST;
  return refused(taken ? ErrorCode::file_exists : ErrorCode::file_unwritable, file_, error);
}

Expected<void> FileWriter::write(std::string_view text) {
  if (!write_all(fd_, text)) return failed();
  return {};
}

bool FileWriter::take_place() const {
  if (place_ == Place::fresh) return rename_to_free_name(unfinished_, file_);
  return ::rename(unfinished_.c_str(), file_.c_str()) == 0;
}

Expected<void> FileWriter::finish() {
  if (place_ != Place::as_it_is && (::fchmod(fd_, mode_) != 0 || !sync(fd_))) return failed();
  // On some file systems closing is where a write fails; EINTR has closed it all the same.
  if (::close(std::exchange(fd_, -1)) != 0 && errno != EINTR) return failed();
  if (place_ == Place::as_it_is) return {};
  if (!take_place()) return failed();
  unfinished_.clear();
  return sync_directory(file_.parent_path());
}

Expected<void> sync_directory(const fs::path& directory) {
  const auto path = directory.empty() ? fs::path(".") : directory;
  const int fd = ::open(path.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
  if (fd < 0) return refused(ErrorCode::file_unwritable, path, errno);
  // EINVAL: a file system that has nothing to sync in a directory.
  const int error = sync(fd) ? 0 : errno;
  ::close(fd);
  if (error != 0 && error != EINVAL) return refused(ErrorCode::file_unwritable, path, error);
  return {};
}

Expected<std::string> read_file(const fs::path& file, std::size_t most) {
  const int fd = ::open(file.c_str(), O_RDONLY | O_CLOEXEC);
  if (fd < 0) return refused(ErrorCode::file_unreadable, file, errno);
  std::string out;
  char part[16 * 1024];
  for (;;) {
    const auto got = ::read(fd, part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    const int error = errno;
    if (got > 0) out.append(part, static_cast<std::size_t>(got));
    if (got > 0 && out.size() <= most) continue;
    ::close(fd);
    if (got < 0) return refused(ErrorCode::file_unreadable, file, error);
    if (got == 0) return out;
    return fail(ErrorCode::file_unreadable,
                fmt::format("{}: longer than {} bytes", file.string(), most));
  }
}

}  // namespace muster
