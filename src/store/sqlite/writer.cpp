#include "store/sqlite/writer.h"

#include <algorithm>

#include "base/digest.h"
#include "store/sqlite/rows.h"

namespace muster::store {

std::size_t KnownNames::place(const Bytes16& hash) const {
  return static_cast<std::size_t>(siphash(hash_key_, hash) % kPlaces);
}

Writer::Writer(OpenFile data_file, Database database, const std::string& path, const Bytes16& key,
               const SqliteOptions& options)
    : file(std::move(data_file)),
      db(std::move(database)),
      hash_key(key),
      book(key),
      names(key),
      checkpointer(db, path, file.number(), options) {}

Expected<std::unique_ptr<Writer>> Writer::load(const std::string& path, const Bytes16& hash_key,
                                               const SqliteOptions& options) {
  auto file = open_data_file(path);
  if (!file) return std::unexpected(file.error());
  auto db = open_writer(path, options);
  if (!db) return std::unexpected(db.error());
  std::unique_ptr<Writer> out(
      new Writer(std::move(*file), std::move(*db), path, hash_key, options));
  const auto head = read_chain_head(out->db);
  if (!head) return std::unexpected(head.error());
  out->head_ = *head;
  auto groups = read_groups(out->db, head->time);
  if (!groups) return std::unexpected(groups.error());
  for (const auto& group : *groups) {
    out->book.load(group.key, group.stored, group.contacts);
    out->group_ids_.emplace(group.key, group.id);
    out->next_group_id_ = std::max(out->next_group_id_, group.id + 1);
  }
  return out;
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
