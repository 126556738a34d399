// What the store does with files beside SQLite.
#pragma once

#include <string>
#include <utility>

#include "base/error.h"
#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_store.h"

namespace muster::store {

// An open file, closed when this ends.
class OpenFile {
 public:
  explicit OpenFile(int file) : file_(file) {}
  OpenFile(OpenFile&& other) noexcept : file_(std::exchange(other.file_, -1)) {}
  OpenFile& operator=(OpenFile&&) = delete;
  ~OpenFile();
  [[nodiscard]] int number() const { return file_; }

 private:
  int file_;
};

// The database, beside SQLite's own descriptors. Closing it gives back SQLite's locks, so it is
// closed after the connections.
[[nodiscard]] Expected<OpenFile> open_data_file(const std::string& path);
// Takes PATH-lock, which is held while a process owns the database; the system gives it back when
// the process ends. host_is_running where somebody has it, store_unavailable where it cannot be
// made.
[[nodiscard]] Expected<OpenFile> lock_beside(const std::string& path);
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
