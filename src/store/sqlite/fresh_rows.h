// Machines whose newest row is not at its place in the table yet.
//
// Where millions are known, a renewal changes a page that no other renewal of the hour needs: to
// write it costs the WAL and the disk 4096 bytes twice, and the disk a place of its own. So a unit
// appends the row to a short table, in the order in which rows come, and keeps it in memory, where
// the machine's next renewal finds it. Rows are settled (brought to their place, in the table's
// order, each once however often it has changed) while nobody asks, and a few with each unit where
// very many have gathered.
//
// The file alone is whole: who opens it settles first what it finds.
//
// Threads: find() of a View from any; everything else is the writer's.
#pragma once

#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/ids.h"
#include "base/siphash.h"
#include "store/sqlite/database.h"

namespace muster::store {

struct FreshRow {
  std::int64_t id = 0;  // of the table's row
  std::string data;     // as machine_codec.h makes it
};

class FreshRows {
  struct Key {
    std::int64_t group = 0;
    Cmid cmid;
    friend bool operator==(const Key&, const Key&) = default;
  };
  struct Hash {
    Bytes16 key;
    std::size_t operator()(const Key& of) const {
      return siphash(key, of.cmid.bytes) ^ static_cast<std::size_t>(of.group);
    }
  };
  using Rows = std::unordered_map<Key, FreshRow, Hash>;

 public:
  // Rows gather until there are `most`; then they are settled even while requests come.
  FreshRows(const Bytes16& hash_key, std::size_t most);

  // The rows as they are from now on. Taken before the table is read, so that no row is missed that
  // is settled meanwhile.
  class View {
   public:
    // The machine's data that is newer than the table's; nothing: the table has it.
    [[nodiscard]] std::optional<std::string> find(std::int64_t group, const Cmid& cmid) const;

   private:
    friend class FreshRows;
    View(std::mutex& mutex, std::shared_ptr<const Rows> young, std::shared_ptr<const Rows> old)
        : mutex_(&mutex), young_(std::move(young)), old_(std::move(old)) {}
    std::mutex* mutex_;
    std::shared_ptr<const Rows> young_, old_;
  };
  [[nodiscard]] View view() const;

  // ---- of the writer, in its transaction
  // The row as committed, or null. Valid until the next commit().
  [[nodiscard]] const FreshRow* find(std::int64_t group, const Cmid& cmid) const;
  // What the machine's row is to become.
  [[nodiscard]] Expected<void> append(Database& db, std::int64_t group, const Cmid& cmid,
                                      FreshRow row);
  // The machine is forgotten in this transaction; its row in the short table is the caller's to
  // take out. REQUIRES: nothing is half settled, and nothing is appended in this transaction.
  void forget(std::int64_t group, const Cmid& cmid) { forgotten_.push_back({group, cmid}); }
  // How many were appended in this transaction.
  [[nodiscard]] std::size_t appended() const { return appended_.size(); }
  // Settles up to `rows` where more than `least` have gathered, or a part of them is settled
  // already.
  [[nodiscard]] Expected<void> settle(Database& db, std::size_t rows, std::size_t least);
  // True: settle() would do something.
  [[nodiscard]] bool has_more(std::size_t least) const;
  [[nodiscard]] std::size_t most() const { return most_; }
  // Commits the transaction. Whoever has seen it sees its rows too.
  [[nodiscard]] Expected<void> commit(Database& db);
  // The transaction has left nothing.
  void rolled_back();

 private:
  void grow_old();
  void forget_all();
  [[nodiscard]] bool settled() const { return done_.rows == order_.size() && cleared(done_); }
  [[nodiscard]] Expected<void> clear(Database& db, std::size_t rows);

  // How far the older rows have been settled, and taken out of the short table.
  struct Progress {
    std::size_t rows = 0;
    std::int64_t seq = 0;
  };
  [[nodiscard]] bool cleared(const Progress& progress) const { return progress.seq == old_seq_; }

  const Bytes16 hash_key_;
  const std::size_t most_;
  mutable std::mutex mutex_;     // guards the next two and what they hold
  std::shared_ptr<Rows> young_;  // gathering
  std::shared_ptr<Rows> old_;    // being settled, or settled and good to read
  std::vector<std::pair<Key, FreshRow>> appended_;
  std::vector<Key> forgotten_;
  std::vector<const FreshRow*> order_;  // of old_, by id
  std::size_t gathered_ = 0;            // appended to young_, of one machine perhaps many
  std::int64_t seq_ = 0;                // of the last row that was committed
  std::int64_t old_seq_ = 0;            // of the last of the older rows
  Progress done_;                       // as committed
  Progress reached_;                    // in this transaction
};

// Brings everything in the short table to its place, in one transaction, while the file is opened.
// store_corrupt where a row is of no machine.
[[nodiscard]] Expected<void> settle_all(Database& db);

}  // namespace muster::store
