// Brings the WAL's pages into the file, between units and without a unit waiting for the disk for
// long.
//
// Where many machines are known nearly every renewal changes a page of its own, and syncing some
// thousand pages that lie apart takes a tenth of a second. So a long WAL is copied without a sync,
// and a thread of its own syncs the file while units go on being appended to the WAL. What was
// appended meanwhile is copied the same way, until little is left; that is copied and synced as
// SQLite does it, and the WAL begins anew.
//
// Nothing is lost on the way: until the sync has succeeded the WAL keeps every page, because a read
// transaction is held that forbids SQLite to begin it anew. After a sync that failed it is kept for
// good, also when the file is closed: the next process that opens the file copies it all again.
#pragma once

#include <algorithm>
#include <future>
#include <optional>
#include <string>

#include "store/sqlite/database.h"
#include "store/sqlite/sqlite_store.h"

namespace muster::store {

class Checkpointer {
 public:
  // `pages` in the WAL begin a checkpoint; `file` is a descriptor of the database. Uses the
  // writer's connection, in go_on() alone, and lives no longer than it.
  Checkpointer(Database& writer, std::string path, int file, const SqliteOptions& options);
  ~Checkpointer();
  Checkpointer(const Checkpointer&) = delete;
  Checkpointer& operator=(const Checkpointer&) = delete;

  // Between two units. What cannot be copied now (a reader is in the way, the disk is full) is
  // copied another time. store_unavailable, from then on: a sync has failed, so what is in the file
  // is not known; the host is to be started anew.
  [[nodiscard]] Expected<void> go_on() { return go_on(next_); }
  // The same while nobody asks: begins with less in the WAL, so that whoever comes next finds room.
  [[nodiscard]] Expected<void> rest() { return go_on(std::min(next_, pages_ / kRest)); }

  // True: a sync has failed.
  [[nodiscard]] bool failed() const { return failed_.has_value(); }

 private:
  static constexpr int kRest = 8;
  [[nodiscard]] Expected<void> go_on(int least);
  [[nodiscard]] Expected<void> take_round();
  [[nodiscard]] Expected<void> begin_round();
  [[nodiscard]] bool hold();
  void finish();

  Database& writer_;
  const std::string path_;
  const int file_;
  const int pages_;
  const SyncFile sync_;
  int in_wal_ = 0;  // pages, after the last commit
  int next_;        // in_wal_ at which the next checkpoint begins
  int copied_ = 0;  // pages of the WAL that the last round has brought into the file
  int rounds_ = 0;
  std::optional<Database> holder_;  // of the read transaction
  std::future<int> round_;          // the sync under way
  std::optional<Error> failed_;
};

}  // namespace muster::store
