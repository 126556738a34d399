// The store of a host: one SQLite file, which one process owns.
//
// Versions of SQLite before 3.51.3 can damage a file in WAL mode when two connections write or
// checkpoint at the same moment. Excluded here: exactly one connection, the writer's, ever writes
// or checkpoints (a lock file keeps another process from opening a second one); readers are opened
// read-only, with wal_autocheckpoint 0 and without a checkpoint on close. Do not open a live file
// with the sqlite3 shell.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "store/store.h"

namespace muster::store {

// Brings a file's content to the disk; 0, or the error's number. From any thread.
using SyncFile = std::function<int(int file)>;
[[nodiscard]] int sync_data(int file);  // fdatasync

// The defaults are measured: pages of 4096 bytes (2048 costs a fifth at 1,000 machines and wins a
// tenth at 10,000,000).
struct SqliteOptions {
  // The writer's page cache: what lies above the leaves of 10,000,000 machines fits; leaves do not
  // come again, and more of them only fall out of the processor's cache.
  std::int64_t cache_bytes = std::int64_t{16} << 20;
  // How much of the file the writer maps into memory, once it has read it whole; SQLite maps 2 GiB
  // at most. A tenth more renewals at 10,000,000 machines, none at 1,000. An error of the disk
  // while it is read then ends the process instead of the unit.
  std::int64_t map_bytes = std::int64_t{2} << 30;
  // Pages in the WAL that begin a checkpoint. The more, the less each costs where they lie apart:
  // 20 microseconds to sync one of 4,096, 11 of 16,384.
  std::uint32_t checkpoint_pages = 16384;
  // Rows of machines that gather before they are settled even while requests come (fresh_rows.h):
  // the renewals of a morning, at some 300 bytes of memory each, twice.
  std::size_t fresh_rows = 65'536;
  std::size_t readers = 4;      // reads outside units that run at the same time; more wait
  std::int64_t most_pages = 0;  // a disk of this many pages, for tests; 0: the disk's own size
  SyncFile sync_file = sync_data;
};

// Opens the file, makes it (0600) where it is not there, and brings an older schema up to this
// version's. `hash_key` keys the rolls' tables, from the caller's Random.
//   schema_newer       a newer version of Muster wrote it
//   store_corrupt      it is damaged, or is not a Muster database
//   store_unavailable  it cannot be opened, read or written
//   host_is_running    another process has it open
[[nodiscard]] Expected<std::unique_ptr<Store>> open_sqlite(const std::string& path,
                                                           const Bytes16& hash_key,
                                                           const SqliteOptions& options = {});

}  // namespace muster::store
