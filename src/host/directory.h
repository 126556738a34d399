// A host's directory, DIR in `muster host ... --dir DIR`:
//   host.key            the host's private key, PKCS#8 PEM, 0600
//   host-request.txt    what the vendor is sent to sign (a JWS, one line), 0644
//   muster.db           the store (SQLite makes -wal and -shm beside it), or instead of it
//   muster.db-copy      a copy of it, 0600, while a backup is made
//   database            the URL of the PostgreSQL database that is the store, one line, 0600
//   admin.sock          Unix socket of the administration side while a host runs, 0600
//   lock                flock()ed by whoever works on the directory; its text is the process id
//   restoring/          what a restore has not finished
// The directory itself is 0700.
#pragma once

#include <filesystem>
#include <optional>
#include <string>
#include <string_view>

#include "base/error.h"
#include "base/time.h"
#include "wire/jws.h"

namespace muster::host {

struct Directory {
  std::filesystem::path path;
  [[nodiscard]] std::filesystem::path key() const { return path / "host.key"; }
  [[nodiscard]] std::filesystem::path request() const { return path / "host-request.txt"; }
  [[nodiscard]] std::filesystem::path database() const { return path / "muster.db"; }
  [[nodiscard]] std::filesystem::path database_copy() const { return path / "muster.db-copy"; }
  [[nodiscard]] std::filesystem::path database_url() const { return path / "database"; }
  [[nodiscard]] std::filesystem::path socket() const { return path / "admin.sock"; }
  [[nodiscard]] std::filesystem::path lock() const { return path / "lock"; }
};

// Makes the directory (its parent must be there; an empty one is taken), the host's key and the
// request file. file_exists where there is a host.key already; file_unwritable. What was made
// before an error is removed. The caller then opens the store and makes the first administrator's
// token (service/tokens.h).
[[nodiscard]] Expected<Directory> init_directory(const std::filesystem::path& path, Clock& clock);

// not_a_host_directory where there is no host.key.
[[nodiscard]] Expected<Directory> open_directory(const std::filesystem::path& path);

// Writes host.key (0600) and host-request.txt, which are not there yet. file_exists,
// file_unwritable.
[[nodiscard]] Expected<void> write_key(const Directory& directory, const wire::PrivateKey& key,
                                       Clock& clock);

// The host's private key; file_unreadable, document_malformed. A file that others may read is
// refused.
[[nodiscard]] Expected<wire::PrivateKey> read_key(const Directory& directory);

// The URL of the host's database, which may hold a password; nothing: the store is muster.db.
// file_unreadable, also where others may read it; config_invalid where it is no postgres:// URL.
[[nodiscard]] Expected<std::optional<std::string>> read_database_url(const Directory& directory);
// What reads postgres://... in one word.
[[nodiscard]] bool is_database_url(std::string_view url);
// Writes it, before the store is opened for the first time. config_invalid, file_unwritable.
[[nodiscard]] Expected<void> write_database_url(const Directory& directory, std::string_view url);

// Held while a command or a host works on the directory; let go when it is destroyed or the process
// ends.
class DirectoryLock {
 public:
  // host_is_running, with its process id, where another process holds it.
  [[nodiscard]] static Expected<DirectoryLock> take(const Directory& directory);
  DirectoryLock(DirectoryLock&& other) noexcept;
  DirectoryLock& operator=(DirectoryLock&&) = delete;
  ~DirectoryLock();

 private:
  explicit DirectoryLock(int fd) : fd_(fd) {}
  int fd_;
};

}  // namespace muster::host
