// The one connection that writes and checkpoints, and what it knows of the file's content.
// One unit at a time uses it; head() may be called from any thread.
#pragma once

#include <map>
#include <mutex>
#include <string>
#include <vector>

#include "store/group_book.h"
#include "store/sqlite/checkpoint.h"
#include "store/sqlite/database.h"
#include "store/sqlite/files.h"
#include "store/sqlite/fresh_rows.h"
#include "store/sqlite/listing.h"
#include "store/sqlite/sqlite_store.h"
#include "store/store.h"

namespace muster::store {

// Hashes of names that are in the table for certain, the recent ones: most requests bring a name
// that is there. A hash has one place, so memory is bounded and a stranger's names only make it
// forget.
class KnownNames {
 public:
  explicit KnownNames(const Bytes16& hash_key) : hash_key_(hash_key), hashes_(kPlaces) {}
  [[nodiscard]] bool has(const Bytes16& hash) const { return hashes_[place(hash)] == hash; }
  void add(const Bytes16& hash) { hashes_[place(hash)] = hash; }
  void forget(const Bytes16& hash) {
    if (has(hash)) hashes_[place(hash)] = {};
  }

 private:
  static constexpr std::size_t kPlaces = 1 << 15;
  [[nodiscard]] std::size_t place(const Bytes16& hash) const;

  Bytes16 hash_key_;
  std::vector<Bytes16> hashes_;  // zeros: none, which is no hash of anything
};

class Writer {
 public:
  // Opens the file and brings its schema up to date. Reads groups, rolls, last contacts and the
  // chain's head.
  [[nodiscard]] static Expected<std::unique_ptr<Writer>> load(const std::string& path,
                                                              const Bytes16& hash_key,
                                                              const SqliteOptions& options);

  ~Writer();
  Writer(const Writer&) = delete;
  Writer& operator=(const Writer&) = delete;

  [[nodiscard]] ChainHead head() const;
  void set_head(const ChainHead& head);
  // The id of a group's row, or the one that it will get.
  [[nodiscard]] std::int64_t group_id(const GroupKey& key);
  // See Store.
  [[nodiscard]] Expected<bool> catch_up();
  // Nothing waits for catch_up().
  [[nodiscard]] bool caught_up() const;
  // An id that no machine has had since the file was opened.
  [[nodiscard]] std::int64_t new_machine_id() { return ++machine_id_; }

  OpenFile file;
  Database db;
  const Bytes16 hash_key;
  GroupBook book;
  KnownNames names;
  FreshRows fresh;
  Listing listing;
  Checkpointer checkpointer;
  bool unit_lives = false;

 private:
  [[nodiscard]] bool list_some();
  Writer(OpenFile data_file, Database database, const std::string& path, const Bytes16& hash_key,
         const SqliteOptions& options);

  mutable std::mutex head_mutex_;
  ChainHead head_;
  std::map<GroupKey, std::int64_t> group_ids_;  // also of groups whose unit has left nothing
  std::int64_t next_group_id_ = 1;
  std::int64_t machine_id_ = 0;  // the last that was given
};

}  // namespace muster::store
