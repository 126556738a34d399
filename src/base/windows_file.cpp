#include <fcntl.h>
#include <fmt/format.h>
#include <io.h>
#include <sys/stat.h>
#include <windows.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/file.h"
#include "base/path.h"
#include "base/random.h"

namespace muster {
namespace {

namespace fs = std::filesystem;

// More than are ever taken: each is drawn from 4 billion.
constexpr int kNamesTried = 8;

std::unexpected<Error> refused(ErrorCode code, const fs::path& file, int error) {
  return fail(code, fmt::format("{}: {}", text_of(file), std::generic_category().message(error)));
}

// What Windows said last, as errno.
int last_error() {
  const std::error_code said(static_cast<int>(::GetLastError()), std::system_category());
  const auto same = said.default_error_condition();
  return same.category() == std::generic_category() ? same.value() : EIO;
}

// S_IFREG, S_IFDIR, S_IFCHR ...; 0: there is nothing.
unsigned type_of(const fs::path& file) {
  struct _stat64 about{};
  return ::_wstat64(file.c_str(), &about) == 0 ? about.st_mode & S_IFMT : 0;
}

}  // namespace

Expected<FileWriter> FileWriter::create(const fs::path& file, unsigned mode) {
  if (type_of(file) != 0) return refused(ErrorCode::file_exists, file, EEXIST);
  return start(file, Place::fresh, mode);
}

Expected<FileWriter> FileWriter::replace(const fs::path& file, unsigned mode) {
  return start(file, Place::any, mode);
}

Expected<FileWriter> FileWriter::output(const fs::path& file, unsigned mode) {
  const auto type = type_of(file);
  if (type == S_IFDIR) return refused(ErrorCode::file_unwritable, file, EISDIR);
  return start(file, type == 0 || type == S_IFREG ? Place::any : Place::as_it_is, mode);
}

// Who may read a file is its directory's to say: modes are nothing here.
Expected<FileWriter> FileWriter::start(const fs::path& file, Place place, unsigned mode) {
  FileWriter out(file, place, mode);
  constexpr int kHow = _O_WRONLY | _O_BINARY | _O_NOINHERIT;
  if (place == Place::as_it_is) {
    out.fd_ = ::_wopen(file.c_str(), kHow);
  } else {
    SystemRandom random;
    for (int i = 0; i < kNamesTried && out.fd_ < 0; ++i) {
      const auto name =
          fmt::format("{}.{}{}", text_of(file), hex(random.bytes<4>()), kUnfinishedSuffix);
      out.fd_ = ::_wopen(path_of(name).c_str(), kHow | _O_CREAT | _O_EXCL, _S_IREAD | _S_IWRITE);
      if (out.fd_ >= 0) out.unfinished_ = name;
      if (out.fd_ < 0 && errno != EEXIST) break;
    }
  }
  if (out.fd_ < 0) return out.failed();
  return out;
}

FileWriter::~FileWriter() {
  if (fd_ >= 0) ::_close(fd_);
  if (!unfinished_.empty()) ::_wunlink(path_of(unfinished_).c_str());
}

std::unexpected<Error> FileWriter::failed() const {
  const int error = errno;
  const bool taken = place_ == Place::fresh && error == EEXIST;
  return refused(taken ? ErrorCode::file_exists : ErrorCode::file_unwritable, file_, error);
}

Expected<void> FileWriter::write(std::string_view text) {
  constexpr std::size_t kMost = 1 << 20;  // a count is an int here
  while (!text.empty()) {
    const auto size = static_cast<unsigned>(std::min(text.size(), kMost));
    const int written = ::_write(fd_, text.data(), size);
    if (written < 0) return failed();
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return {};
}

bool FileWriter::take_place() const {
  const DWORD how =
      MOVEFILE_WRITE_THROUGH | (place_ == Place::fresh ? 0 : DWORD{MOVEFILE_REPLACE_EXISTING});
  if (::MoveFileExW(path_of(unfinished_).c_str(), file_.c_str(), how) != 0) return true;
  errno = last_error();
  return false;
}

Expected<void> FileWriter::finish() {
  if (place_ != Place::as_it_is && ::_commit(fd_) != 0) return failed();
  if (::_close(std::exchange(fd_, -1)) != 0) return failed();
  if (place_ == Place::as_it_is) return {};
  if (!take_place()) return failed();
  unfinished_.clear();
  return {};
}

// A rename is on the disk when it returns: MOVEFILE_WRITE_THROUGH.
Expected<void> sync_directory(const fs::path&) { return {}; }

Expected<std::string> read_file(const fs::path& file, std::size_t most) {
  if (type_of(file) == S_IFDIR) return refused(ErrorCode::file_unreadable, file, EISDIR);
  const int fd = ::_wopen(file.c_str(), _O_RDONLY | _O_BINARY | _O_NOINHERIT);
  if (fd < 0) return refused(ErrorCode::file_unreadable, file, errno);
  std::string out;
  char part[16 * 1024];
  for (;;) {
    const int got = ::_read(fd, part, sizeof part);
    const int error = errno;
    if (got > 0) out.append(part, static_cast<std::size_t>(got));
    if (got > 0 && out.size() <= most) continue;
    ::_close(fd);
    if (got < 0) return refused(ErrorCode::file_unreadable, file, error);
    if (got == 0) return out;
    return fail(ErrorCode::file_unreadable,
                fmt::format("{}: longer than {} bytes", text_of(file), most));
  }
}

}  // namespace muster
