// What the store does with files beside SQLite.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_store.h"

namespace muster::store {

// Held while a process owns the database; the system gives it back when the process ends.
class FileLock {
 public:
  explicit FileLock(int file) : file_(file) {}
  FileLock(FileLock&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  FileLock& operator=(FileLock&&) = delete;
  ~FileLock();

 private:
  int file_;
};

// A descriptor of the database beside SQLite's own. Closing it gives back SQLite's locks, so it is
// closed after the connections.
class DataFile {
 public:
  [[nodiscard]] static Expected<DataFile> open(const std::string& path);
  DataFile(DataFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  DataFile& operator=(DataFile&&) = delete;
  ~DataFile();
  [[nodiscard]] int number() const { return file_; }

 private:
  explicit DataFile(int file) : file_(file) {}
  int file_;
};

// Takes PATH-lock. host_is_running where somebody has it, store_unavailable where it cannot be
// made.
[[nodiscard]] Expected<FileLock> lock_beside(const std::string& path);
// Makes the database (0600) where there is no file: whole under another name, then named, so that a
// file which is empty or has no schema was damaged. store_unavailable where it cannot be made.
[[nodiscard]] Expected<void> make_database(const std::string& path);
// Brings the file's content to the disk. store_unavailable where it does not get there.
[[nodiscard]] Expected<void> sync_file(const std::string& path);
// The free part of the disk on which the file lies, as an ordinary user may use it; 0 where it
// cannot be told.
[[nodiscard]] double free_part_of_disk(const std::string& path);

// The one connection that may write to a file, its schema brought up to date. REQUIRES: the lock is
// held.
[[nodiscard]] Expected<Database> open_writer(const std::string& path, const SqliteOptions& options);

}  // namespace muster::store
