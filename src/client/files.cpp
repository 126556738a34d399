#include "client/files.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

namespace muster::client {
namespace {

namespace fs = std::filesystem;

class Fd {
 public:
  explicit Fd(int fd) : fd_(fd) {}
  ~Fd() {
    if (fd_ >= 0) ::close(fd_);
  }
  Fd(const Fd&) = delete;
  Fd& operator=(const Fd&) = delete;
  [[nodiscard]] int get() const { return fd_; }
  [[nodiscard]] bool ok() const { return fd_ >= 0; }
  // What close() says, which on some file systems is where a write fails.
  [[nodiscard]] bool close() {
    const int fd = fd_;
    fd_ = -1;
    return ::close(fd) == 0;
  }

 private:
  int fd_;
};

std::unexpected<Error> failed(const fs::path& file, int error) {
  return fail(ErrorCode::state_unreadable,
              fmt::format("{}: {}", file.string(), std::generic_category().message(error)));
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

Expected<void> sync_directory(const fs::path& directory) {
  Fd fd(::open(directory.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC));
  if (!fd.ok() || ::fsync(fd.get()) != 0) return failed(directory, errno);
  return {};
}

}  // namespace

Expected<std::optional<std::string>> read_file(const fs::path& file, std::size_t most,
                                               bool* denied) {
  // Not blocking, so that a fifo in a file's place is an error and not a hang.
  Fd fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK));
  if (!fd.ok()) {
    if (errno == ENOENT) return std::optional<std::string>{};
    if (denied != nullptr) *denied = errno == EACCES || errno == EPERM;
    return failed(file, errno);
  }
  struct stat about{};
  if (::fstat(fd.get(), &about) != 0) return failed(file, errno);
  if (!S_ISREG(about.st_mode))
    return fail(ErrorCode::state_unreadable, file.string() + ": not a file");
  std::string out;
  char part[16 * 1024];
  while (true) {
    const auto got = ::read(fd.get(), part, sizeof part);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0) return failed(file, errno);
    if (got == 0) return out;
    out.append(part, static_cast<std::size_t>(got));
    if (out.size() > most) return fail(ErrorCode::state_unreadable, file.string() + ": too large");
  }
}

Expected<void> write_file(const fs::path& file, std::string_view text, unsigned mode) {
  fs::path fresh = file;
  fresh += ".new";
  // One that a crash left behind may have another mode or be a link.
  if (::unlink(fresh.c_str()) != 0 && errno != ENOENT) return failed(fresh, errno);
  Fd fd(::open(fresh.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600));
  if (!fd.ok()) return failed(fresh, errno);
  if (!write_all(fd.get(), text) || ::fchmod(fd.get(), mode) != 0 || ::fsync(fd.get()) != 0 ||
      !fd.close() || ::rename(fresh.c_str(), file.c_str()) != 0) {
    const int error = errno;
    ::unlink(fresh.c_str());
    return failed(file, error);
  }
  return sync_directory(file.parent_path());
}

Expected<void> remove_file(const fs::path& file) {
  if (::unlink(file.c_str()) == 0) return sync_directory(file.parent_path());
  if (errno == ENOENT || errno == ENOTDIR) return {};
  return failed(file, errno);
}

}  // namespace muster::client
