#include "store/sqlite/writer.h"

#include <fmt/format.h>

#include <algorithm>

#include "base/siphash.h"
#include "store/sqlite/rows.h"

namespace muster::store {
namespace {

// Rows that are settled at a time: some milliseconds, which a request that comes meanwhile waits.
constexpr std::size_t kSlice = 128;
// Fewer are left where they are: a host that is asked now and then has its disk to itself.
constexpr std::size_t kGathered = 512;

}  // namespace

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
      fresh(key, options.fresh_rows),
      listing(options.fresh_rows),
      checkpointer(db, path, file.number(), options) {}

Expected<std::unique_ptr<Writer>> Writer::load(const std::string& path, const Bytes16& hash_key,
                                               const SqliteOptions& options) {
  auto file = open_data_file(path);
  if (!file) return std::unexpected(file.error());
  auto db = open_writer(path, options);
  if (!db) return std::unexpected(db.error());
  std::unique_ptr<Writer> out(
      new Writer(std::move(*file), std::move(*db), path, hash_key, options));
  if (const auto settled = settle_all(out->db); !settled) return std::unexpected(settled.error());
  const auto head = read_chain_head(out->db);
  if (!head) return std::unexpected(head.error());
  out->head_ = *head;
  if (const auto listed = out->listing.load(out->db); !listed) {
    return std::unexpected(listed.error());
  }
  out->machine_id_ = out->listing.newest();
  auto groups = read_groups(out->db, head->time);
  if (!groups) return std::unexpected(groups.error());
  for (const auto& group : *groups) {
    out->book.load(group.key, group.stored, group.contacts);
    out->group_ids_.emplace(group.key, group.id);
    out->next_group_id_ = std::max(out->next_group_id_, group.id + 1);
  }
  // Only now: whoever opens a file that its disk cannot read is told so by SQLite.
  const auto mapped = out->db.text(fmt::format("PRAGMA mmap_size = {}", options.map_bytes));
  if (!mapped) return std::unexpected(mapped.error());
  return out;
}

Writer::~Writer() {
  if (!checkpointer.failed()) listing.leave(db);
}

ChainHead Writer::head() const {
  const std::lock_guard lock(head_mutex_);
  return head_;
}

void Writer::set_head(const ChainHead& head) {
  const std::lock_guard lock(head_mutex_);
  head_ = head;
}

bool Writer::caught_up() const {
  return !fresh.has_more(std::min(kGathered, fresh.most())) && !listing.has_more();
}

Expected<bool> Writer::catch_up() {
  const auto least = std::min(kGathered, fresh.most());
  if (const auto gone = checkpointer.rest(); !gone) return std::unexpected(gone.error());
  if (!fresh.has_more(least)) return list_some();
  auto done = db.run("BEGIN IMMEDIATE");
  if (done) done = fresh.settle(db, kSlice, least);
  if (done) done = fresh.commit(db);
  if (done) return true;
  db.roll_back();
  fresh.rolled_back();
  return std::unexpected(done.error());
}

// Lists are for people: where there is no room for them machines are served all the same, and a
// later call tries again.
bool Writer::list_some() {
  if (!listing.has_more()) return false;
  auto done = db.run("BEGIN IMMEDIATE");
  if (done) done = listing.step(db, fresh, kSlice);
  if (done) done = fresh.commit(db);
  if (done) {
    listing.committed();
    return true;
  }
  db.roll_back();
  fresh.rolled_back();
  listing.rolled_back();
  return false;
}

std::int64_t Writer::group_id(const GroupKey& key) {
  const auto [at, is_new] = group_ids_.try_emplace(key, next_group_id_);
  if (is_new) ++next_group_id_;
  return at->second;
}

}  // namespace muster::store
