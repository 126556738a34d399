#include "store/sqlite/files.h"

#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>

#include "store/sqlite/schema.h"

namespace muster::store {
namespace {

std::string system_says(int error) { return std::generic_category().message(error); }

Expected<void> make_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
  if (file < 0) return fail(ErrorCode::store_unavailable, system_says(errno));
  ::close(file);
  return {};
}

}  // namespace

OpenFile::~OpenFile() {
  if (file_ >= 0) ::close(file_);
}

Expected<OpenFile> open_data_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  if (file < 0) return fail(ErrorCode::store_unavailable, system_says(errno));
  return OpenFile(file);
}

int sync_data(int file) { return ::fdatasync(file) == 0 ? 0 : errno; }

// A file of its own, never removed: closing any descriptor of the database would give back SQLite's
// locks, and a lock on a file that is removed is no lock.
Expected<OpenFile> lock_beside(const std::string& path) {
  const int file =
      ::open((path + "-lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (file < 0) return fail(ErrorCode::store_unavailable, "its lock: " + system_says(errno));
  OpenFile out(file);
  if (::flock(file, LOCK_EX | LOCK_NB) == 0) return out;
  if (errno == EWOULDBLOCK) return fail(ErrorCode::host_is_running, "its lock is held");
  return fail(ErrorCode::store_unavailable, "its lock: " + system_says(errno));
}

Expected<void> make_database(const std::string& path) {
  struct stat there{};
  if (::stat(path.c_str(), &there) == 0) {
    if (there.st_size == 0) return fail(ErrorCode::store_corrupt, "the file is empty");
    return {};
  }
  if (errno != ENOENT) return fail(ErrorCode::store_unavailable, system_says(errno));
  const auto new_path = path + "-new";
  ::unlink(new_path.c_str());
  if (const auto made = make_file(new_path); !made) return made;
  {
    auto db = Database::open(new_path, SQLITE_OPEN_READWRITE);
    if (!db) return std::unexpected(db.error());
    if (const auto migrated = migrate(*db, migrations()); !migrated) return migrated;
  }
  if (::rename(new_path.c_str(), path.c_str()) != 0) {
    return fail(ErrorCode::store_unavailable, system_says(errno));
  }
  // So that the file's name is there after a power cut too.
  const auto slash = path.rfind('/');
  return sync_file(slash == std::string::npos ? "." : path.substr(0, slash + 1));
}

Expected<void> sync_file(const std::string& path) {
  const int file = ::open(path.c_str(), O_RDONLY | O_CLOEXEC);
  const bool synced = file >= 0 && ::fsync(file) == 0;
  const int error = errno;
  if (file >= 0) ::close(file);
  if (!synced) return fail(ErrorCode::store_unavailable, system_says(error));
  return {};
}

double free_part_of_disk(const std::string& path) {
  struct statvfs disk{};
  if (::statvfs(path.c_str(), &disk) != 0) return 0;
  const auto used = disk.f_blocks - disk.f_bfree;
  const auto usable = used + disk.f_bavail;
  return usable == 0 ? 0 : static_cast<double>(disk.f_bavail) / static_cast<double>(usable);
}

}  // namespace muster::store
