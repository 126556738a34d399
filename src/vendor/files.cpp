#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>

#include "vendor/vendor.h"

namespace muster::vendor {
namespace {

class File {
 public:
  explicit File(int fd) : fd_(fd) {}
  File(const File&) = delete;
  File& operator=(const File&) = delete;
  ~File() {
    if (fd_ >= 0) ::close(fd_);
  }
  [[nodiscard]] int get() const { return fd_; }
  explicit operator bool() const { return fd_ >= 0; }

 private:
  int fd_;
};

std::unexpected<Error> unwritable(const std::filesystem::path& path) {
  return fail(ErrorCode::file_unwritable,
              fmt::format("{}: {}", path.string(), std::strerror(errno)));
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto written = ::write(fd, text.data(), text.size());
    if (written < 0 && errno == EINTR) continue;
    if (written <= 0) return false;
    text.remove_prefix(static_cast<std::size_t>(written));
  }
  return true;
}

}  // namespace

Expected<void> write_file(const std::filesystem::path& path, std::string_view text, unsigned mode) {
  auto temporary = path;
  temporary += fmt::format(".{}.new", ::getpid());
  {
    const File file(::open(temporary.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW,
                           S_IRUSR | S_IWUSR));
    if (!file) return unwritable(path);
    if (!write_all(file.get(), text) || ::fchmod(file.get(), mode) != 0 ||
        ::fsync(file.get()) != 0 || ::rename(temporary.c_str(), path.c_str()) != 0) {
      const auto why = errno;
      ::unlink(temporary.c_str());
      errno = why;
      return unwritable(path);
    }
  }
  const auto parent = path.parent_path();
  const File dir(::open(parent.empty() ? "." : parent.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!dir || ::fsync(dir.get()) != 0) return unwritable(path);
  return {};
}

Expected<std::string> read_file(const std::filesystem::path& path, std::size_t most) {
  const auto unreadable = [&] {
    return fail(ErrorCode::file_unreadable,
                fmt::format("{}: {}", path.string(), std::strerror(errno)));
  };
  const File file(::open(path.c_str(), O_RDONLY | O_CLOEXEC));
  if (!file) return unreadable();
  std::string out;
  char buffer[16 * 1024];
  for (;;) {
    const auto got = ::read(file.get(), buffer, sizeof buffer);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return unreadable();
    if (got == 0) return out;
    out.append(buffer, static_cast<std::size_t>(got));
    if (out.size() > most) {
      return fail(ErrorCode::file_unreadable,
                  fmt::format("{}: longer than {} bytes", path.string(), most));
    }
  }
}

}  // namespace muster::vendor
