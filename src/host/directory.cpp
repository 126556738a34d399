#include "host/directory.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <cstring>
#include <utility>
#include <vector>

#include "base/file.h"
#include "wire/documents.h"

namespace muster::host {
namespace {

namespace fs = std::filesystem;

constexpr std::size_t kKeyMost = 64 * 1024;

std::string reason() { return std::strerror(errno); }

Expected<std::string> make_request(const wire::PrivateKey& key, Clock& clock) {
  char name[256] = "";
  (void)::gethostname(name, sizeof name - 1);
  const auto signer = key.signer();
  return wire::sign_host_request({key.public_key(), name, clock.now()}, *signer);
}

// A file that nobody else may read.
Expected<std::string> read_secret(const fs::path& path) {
  struct stat about{};
  if (::stat(path.c_str(), &about) == 0 && (about.st_mode & 077) != 0) {
    return fail(ErrorCode::file_unreadable,
                fmt::format("{} can be read by others (mode {:o}); run chmod 600 on it",
                            path.string(), about.st_mode & 0777));
  }
  return read_file(path, kKeyMost);
}

}  // namespace

Expected<Directory> init_directory(const fs::path& path, Clock& clock) {
  Undo undo;
  Directory out{path};
  if (::mkdir(path.c_str(), 0700) == 0) {
    undo.made.push_back(path);
  } else if (errno != EEXIST) {
    return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", path.string(), reason()));
  }
  std::error_code failed;
  if (fs::exists(out.key(), failed)) {
    return fail(ErrorCode::file_exists, path.string() + " is a host's directory already");
  }
  if (!fs::is_directory(path, failed) ||
      fs::directory_iterator(path, failed) != fs::directory_iterator()) {
    return fail(ErrorCode::file_exists, path.string() + " is there and not an empty directory");
  }
  const auto key = wire::PrivateKey::generate();
  if (!key) return std::unexpected(key.error());
  if (::chmod(path.c_str(), 0700) != 0) {
    return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", path.string(), reason()));
  }
  if (auto done = write_key(out, *key, clock); !done) return std::unexpected(done.error());
  undo.made.clear();
  return out;
}

Expected<void> write_key(const Directory& directory, const wire::PrivateKey& key, Clock& clock) {
  Undo undo;
  const auto pem = key.to_pem("");
  if (!pem) return std::unexpected(pem.error());
  const auto request = make_request(key, clock);
  if (!request) return std::unexpected(request.error());
  if (auto done = write_new_file(directory.request(), *request + "\n", 0644); !done) return done;
  undo.made.push_back(directory.request());
  // The key comes last: it is what makes the directory a host's.
  if (auto done = write_new_file(directory.key(), *pem, 0600); !done) return done;
  undo.made.clear();
  return {};
}

Expected<Directory> open_directory(const fs::path& path) {
  Directory out{path};
  std::error_code failed;
  if (!fs::is_regular_file(out.key(), failed)) {
    return fail(ErrorCode::not_a_host_directory,
                fmt::format("{} holds no host.key", path.string()));
  }
  return out;
}

Expected<wire::PrivateKey> read_key(const Directory& directory) {
  const auto path = directory.key();
  const auto pem = read_secret(path);
  if (!pem) return std::unexpected(pem.error());
  auto key = wire::PrivateKey::from_pem(*pem, "");
  if (!key) return fail(key.error().code, fmt::format("{}: {}", path.string(), key.error().detail));
  return key;
}

bool is_database_url(std::string_view url) {
  const bool known = url.starts_with("postgres://") || url.starts_with("postgresql://");
  return known && url.find_first_of(" \t\r\n") == std::string_view::npos;
}

Expected<std::optional<std::string>> read_database_url(const Directory& directory) {
  const auto path = directory.database_url();
  std::error_code failed;
  if (!fs::exists(path, failed)) return std::nullopt;
  auto url = read_secret(path);
  if (!url) return std::unexpected(url.error());
  if (url->ends_with('\n')) url->pop_back();
  if (is_database_url(*url)) return std::move(*url);
  return fail(ErrorCode::config_invalid,
              path.string() + " holds no postgres://USER@HOST/DATABASE in one line");
}

Expected<void> write_database_url(const Directory& directory, std::string_view url) {
  if (!is_database_url(url)) {
    return fail(ErrorCode::config_invalid, "--db: postgres://USER@HOST/DATABASE expected");
  }
  return write_new_file(directory.database_url(), std::string(url) + "\n", 0600);
}

Expected<DirectoryLock> DirectoryLock::take(const Directory& directory) {
  const auto path = directory.lock();
  const int fd = ::open(path.c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  if (fd < 0) {
    return fail(ErrorCode::file_unwritable, fmt::format("{}: {}", path.string(), reason()));
  }
  if (::flock(fd, LOCK_EX | LOCK_NB) != 0) {
    char holder[32] = "";
    (void)!::pread(fd, holder, sizeof holder - 1, 0);
    ::close(fd);
    std::string_view id = holder;
    while (id.ends_with('\n')) id.remove_suffix(1);
    return fail(ErrorCode::host_is_running, fmt::format("{}, process {}", directory.path.string(),
                                                        id.empty() ? "unknown" : id));
  }
  // The text is for people; the lock is what counts.
  const auto text = fmt::format("{}\n", ::getpid());
  (void)!::ftruncate(fd, 0);
  (void)!::pwrite(fd, text.data(), text.size(), 0);
  return DirectoryLock(fd);
}

DirectoryLock::DirectoryLock(DirectoryLock&& other) noexcept : fd_(std::exchange(other.fd_, -1)) {}

DirectoryLock::~DirectoryLock() {
  if (fd_ >= 0) ::close(fd_);
}

}  // namespace muster::host
