// The connection of a host's units, and what the host holds of the database in memory: its groups
// and the head of its chain. One unit at a time uses it; head() may be called from any thread.
#pragma once

#include <map>
#include <mutex>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "store/group_book.h"
#include "store/postgres/connection.h"
#include "store/postgres/ledger_rows.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/rows.h"
#include "store/store.h"

namespace muster::store::pg {

// A group's row.
struct GroupRow {
  std::int64_t id = 0;
  GroupKey key;
  std::int64_t version = 0;  // 0: no unit on it was ever committed
  Instant newest{};
  std::int64_t made = 0;
  StoredGroup stored;  // the roll is read apart
};

// A key's row.
struct KeyRow {
  std::int64_t id = 0;
  bool kept = false;  // false: there is no such key yet
  Instant newest{};
  core::KeyRecord record;
};

// What a unit has locked.
struct Locked {
  ChainHead head;
  std::int64_t units = 0;  // that the host has committed
  std::map<GroupKey, GroupRow> groups;
  std::map<MakId, KeyRow> keys;
};

// SQLSTATE of a transaction that another one was in the way of: it could not be put in order with
// it, or each waited for the other.
[[nodiscard]] inline bool in_the_way(std::string_view state) {
  return state == "40001" || state == "40P01";
}

class Writer {
 public:
  // As open_postgres.
  [[nodiscard]] static Expected<std::unique_ptr<Writer>> load(const std::string& url,
                                                              std::string_view host,
                                                              const Bytes16& hash_key,
                                                              const PostgresOptions& options);

  // Begins a transaction that holds the host's row and those of the groups and keys, which are made
  // where they are not there. The book is as the groups are then.
  [[nodiscard]] Expected<Locked> begin(std::span<const GroupKey> groups,
                                       std::span<const MakId> keys);
  // After a commit whose answer was lost: were so many units committed? The session that was to
  // commit is over when this returns without an error.
  [[nodiscard]] Expected<bool> settled(std::int64_t units);
  // When it returns without an error, what is committed is so on the standby too, where there is
  // one to wait for.
  [[nodiscard]] Expected<void> wait_for_standby();
  // A unit on the group was committed as this version.
  void committed(const GroupKey& key, std::int64_t version) { versions_[key] = version; }
  // See Store: what other hosts have committed comes into the book.
  [[nodiscard]] Expected<bool> catch_up();
  // Makes the partitions of these months, on another connection.
  [[nodiscard]] Expected<void> make_months(const std::set<std::int64_t>& months);
  void forget_months() { months_.clear(); }
  // Events have left: catch_up() drops months that stand empty.
  void events_left() { months_may_be_empty_ = true; }

  [[nodiscard]] ChainHead head() const;
  void set_head(const ChainHead& head);

  const PostgresOptions options;
  const Bytes16 hash_key;
  Connection db;
  OwnHost own;
  GroupBook book;
  bool unit_lives = false;

 private:
  Writer(std::string url, std::string_view host, Connection connection, const Bytes16& key,
         const PostgresOptions& given);
  [[nodiscard]] Expected<void> register_host();
  [[nodiscard]] Expected<void> lock_session();
  [[nodiscard]] Expected<void> connect();
  [[nodiscard]] Expected<void> load_groups(const std::optional<GroupKey>& only);
  [[nodiscard]] Expected<void> load_machines(std::map<std::int64_t, GroupRow>& groups);
  [[nodiscard]] Expected<std::optional<Locked>> lock(std::span<const GroupKey> groups,
                                                     std::span<const MakId> keys);
  [[nodiscard]] Expected<void> follow_all();
  void drop_months();
  [[nodiscard]] std::int64_t known_version(const GroupKey& key) const;
  void send_rows_to_lock(std::span<const GroupKey> groups, std::span<const MakId> keys);
  void send_news(std::span<const GroupKey> groups);
  // False: the moves of a group since what the book knows are not all there any more.
  [[nodiscard]] Expected<bool> follow(const std::map<GroupKey, GroupRow>& groups, const Rows& rolls,
                                      const Rows& changes);

  const std::string url_;
  const std::string host_;
  int process_ = 0;                            // of the server, of the newest session
  std::map<GroupKey, std::int64_t> versions_;  // that the book has
  std::set<std::int64_t> months_;              // whose partitions are there
  bool months_may_be_empty_ = true;            // until it was looked at
  mutable std::mutex head_mutex_;
  ChainHead head_;
};

}  // namespace muster::store::pg
