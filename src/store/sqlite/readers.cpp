#include "store/sqlite/readers.h"

namespace muster::store {

Expected<Database> open_reader(const std::string& path) {
  auto db = Database::open(path, SQLITE_OPEN_READONLY);
  if (!db) return db;
  sqlite3_db_config(db->handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  sqlite3_wal_autocheckpoint(db->handle(), 0);
  sqlite3_busy_timeout(db->handle(), 200);
  const auto set = db->run("PRAGMA query_only = 1; PRAGMA trusted_schema = 0;");
  if (!set) return std::unexpected(set.error());
  return db;
}

Expected<Readers::Lease> Readers::take() {
  {
    std::unique_lock lock(mutex_);
    given_back_.wait(lock, [this] { return !idle_.empty() || free_places_ > 0; });
    if (!idle_.empty()) {
      Lease out(*this, std::move(idle_.back()));
      idle_.pop_back();
      return out;
    }
    --free_places_;
  }
  auto db = open_reader(path_);
  if (db) return Lease(*this, std::move(*db));
  {
    const std::lock_guard lock(mutex_);
    ++free_places_;
  }
  given_back_.notify_one();
  return std::unexpected(db.error());
}

void Readers::give_back(Database db) {
  {
    const std::lock_guard lock(mutex_);
    idle_.push_back(std::move(db));
  }
  given_back_.notify_one();
}

}  // namespace muster::store
