// A few read-only connections that reads outside units share. Any thread.
#pragma once

#include <condition_variable>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "store/sqlite/database.h"

namespace muster::store {

// A connection that reads and never checkpoints: see sqlite_store.h on the WAL-reset bug.
// REQUIRES: the writer has the file open, or nobody writes.
[[nodiscard]] Expected<Database> open_reader(const std::string& path);

class Readers {
 public:
  // Opens at most `most` connections, each when it is first needed. REQUIRES: the writer has the
  // file open.
  Readers(std::string path, std::size_t most) : path_(std::move(path)), free_places_(most) {}

  // A connection for one read; it goes back when the lease is destroyed. Waits while all are taken.
  class Lease {
   public:
    Lease(Readers& readers, Database db) : readers_(&readers), db_(std::move(db)) {}
    Lease(Lease&& other) noexcept
        : readers_(std::exchange(other.readers_, nullptr)), db_(std::move(other.db_)) {}
    Lease& operator=(Lease&&) = delete;
    ~Lease() {
      if (readers_ != nullptr) readers_->give_back(std::move(db_));
    }
    Database& operator*() { return db_; }

   private:
    Readers* readers_;
    Database db_;
  };
  [[nodiscard]] Expected<Lease> take();

 private:
  void give_back(Database db);

  const std::string path_;
  std::mutex mutex_;  // guards the next two
  std::condition_variable given_back_;
  std::vector<Database> idle_;
  std::size_t free_places_;  // connections that may still be opened
};

}  // namespace muster::store
