#include "store/sqlite/writer.h"

#include <algorithm>

#include "base/digest.h"
#include "store/sqlite/rows.h"

namespace muster::store {

std::size_t KnownNames::place(const Bytes16& hash) const {
  return static_cast<std::size_t>(siphash(hash_key_, hash) % kPlaces);
}

Writer::Writer(Database database, const Bytes16& key, const SqliteOptions& options)
    : db(std::move(database)),
      hash_key(key),
      book(key),
      names(key),
      checkpoint_pages_(static_cast<int>(options.checkpoint_pages)),
      next_checkpoint_(checkpoint_pages_) {}

Expected<std::unique_ptr<Writer>> Writer::load(Database db, const Bytes16& hash_key,
                                               const SqliteOptions& options) {
  std::unique_ptr<Writer> out(new Writer(std::move(db), hash_key, options));
  // SQLite's own checkpoint would run inside a commit, before the answers of its unit leave.
  const auto note_pages = [](void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(out->db.handle(), note_pages, &out->wal_pages_);

  const auto head = read_chain_head(out->db);
  if (!head) return std::unexpected(head.error());
  out->head_ = *head;
  auto groups = read_groups(out->db);
  if (!groups) return std::unexpected(groups.error());
  for (const auto& group : *groups) {
    out->book.load(group.key, group.stored, group.contacts);
    out->group_ids_.emplace(group.key, group.id);
    out->next_group_id_ = std::max(out->next_group_id_, group.id + 1);
  }
  return out;
}

void Writer::checkpoint_if_due() {
  if (wal_pages_ < next_checkpoint_) return;
  // A passive one leaves out what a reader still needs; if that has gone on for long, wait for the
  // readers.
  const int mode =
      wal_pages_ > 4 * checkpoint_pages_ ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  int in_wal = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(db.handle(), nullptr, mode, &in_wal, &copied);
  const bool whole = code == SQLITE_OK && copied == in_wal;
  next_checkpoint_ = whole ? checkpoint_pages_ : wal_pages_ + checkpoint_pages_ / 4;
  if (whole) wal_pages_ = 0;  // the next commit begins the WAL anew
}

ChainHead Writer::head() const {
  const std::lock_guard lock(head_mutex_);
  return head_;
}

void Writer::set_head(const ChainHead& head) {
  const std::lock_guard lock(head_mutex_);
  head_ = head;
}

std::int64_t Writer::group_id(const GroupKey& key) {
  const auto [at, is_new] = group_ids_.try_emplace(key, next_group_id_);
  if (is_new) ++next_group_id_;
  return at->second;
}

}  // namespace muster::store
