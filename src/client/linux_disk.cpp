#include "client/disk.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "base/file.h"

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

 private:
  int fd_;
};

std::unexpected<Error> failed(const fs::path& file, int error) {
  return fail(ErrorCode::state_unreadable,
              fmt::format("{}: {}", file.string(), std::generic_category().message(error)));
}

Expected<void> of_state(Expected<void> done) {
  if (!done) done.error().code = ErrorCode::state_unreadable;
  return done;
}

std::unexpected<Error> failed(const fs::path& path, const std::error_code& error) {
  return fail(ErrorCode::state_unreadable, fmt::format("{}: {}", path.string(), error.message()));
}

Expected<void> make_with_parents(const fs::path& directory) {
  std::error_code error;
  if (directory.empty() || fs::is_directory(directory, error)) return {};
  if (auto ok = make_with_parents(directory.parent_path()); !ok) return ok;
  const bool made = fs::create_directory(directory, error);
  if (!error && made) fs::permissions(directory, static_cast<fs::perms>(0755), error);
  if (error) return failed(directory, error);
  return {};
}

class LinuxDisk final : public Disk {
 public:
  Expected<std::optional<std::string>> read(const fs::path& file, std::size_t most,
                                            bool* denied) override {
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
      if (out.size() > most)
        return fail(ErrorCode::state_unreadable, file.string() + ": too large");
    }
  }

  Expected<void> write(const fs::path& file, std::string_view text, unsigned mode) override {
    return of_state(write_file(file, text, mode));
  }

  Expected<void> remove(const fs::path& file) override {
    if (::unlink(file.c_str()) == 0) return of_state(sync_directory(file.parent_path()));
    if (errno == ENOENT || errno == ENOTDIR) return {};
    return failed(file, errno);
  }

  Expected<void> make_directory(const fs::path& directory) override {
    std::error_code error;
    const auto whole = fs::absolute(directory, error);
    if (error) return failed(directory, error);
    return make_with_parents(whole);
  }

  bool exists(const fs::path& path) override {
    std::error_code error;
    return fs::exists(path, error) || error;
  }

  // They may hold a ticket.
  void sweep(const fs::path& directory) override {
    std::error_code ignored;
    for (fs::directory_iterator at(directory, ignored), end; !ignored && at != end;
         at.increment(ignored)) {
      if (at->path().string().ends_with(kUnfinishedSuffix)) {
        std::error_code stays;
        fs::remove(at->path(), stays);
      }
    }
  }
};

}  // namespace

std::unique_ptr<Disk> make_linux_disk() { return std::make_unique<LinuxDisk>(); }

}  // namespace muster::client
