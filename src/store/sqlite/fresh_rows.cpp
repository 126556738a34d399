#include "store/sqlite/fresh_rows.h"

#include <algorithm>
#include <map>
#include <utility>

namespace muster::store {
namespace {

// Rows that are taken out of the short table for one that is settled: there, many lie on a page.
constexpr std::int64_t kClearFor = 4;

template <class Rows, class Key>
const FreshRow* found(const Rows& rows, const Key& key) {
  const auto at = rows.find(key);
  return at == rows.end() ? nullptr : &at->second;
}

const char* const kPlace = "UPDATE machine SET data = ?2 WHERE id = ?1";

}  // namespace

FreshRows::FreshRows(const Bytes16& hash_key, std::size_t most)
    : hash_key_(hash_key),
      most_(most),
      young_(std::make_shared<Rows>(most_, Hash{hash_key})),
      old_(std::make_shared<Rows>(most_, Hash{hash_key})) {}

std::optional<std::string> FreshRows::View::find(std::int64_t group, const Cmid& cmid) const {
  const Key key{group, cmid};
  const std::lock_guard lock(*mutex_);
  for (const auto* rows : {young_.get(), old_.get()}) {
    if (const auto* row = found(*rows, key)) return row->data;
  }
  return std::nullopt;
}

FreshRows::View FreshRows::view() const {
  const std::lock_guard lock(mutex_);
  return {mutex_, young_, old_};
}

const FreshRow* FreshRows::find(std::int64_t group, const Cmid& cmid) const {
  const Key key{group, cmid};
  const auto* row = found(*young_, key);
  return row != nullptr ? row : found(*old_, key);
}

Expected<void> FreshRows::append(Database& db, std::int64_t group, const Cmid& cmid, FreshRow row) {
  Query insert(db, "INSERT INTO fresh_machine VALUES (?1, ?2, ?3)");
  insert.bind(1, seq_ + 1 + static_cast<std::int64_t>(appended_.size())).bind(2, row.id);
  if (const auto done = insert.bind(3, as_bytes(row.data)).done(); !done) return done;
  appended_.emplace_back(Key{group, cmid}, std::move(row));
  return {};
}

bool FreshRows::has_more(std::size_t least) const { return !settled() || gathered_ > least; }

// REQUIRES: settled().
void FreshRows::grow_old() {
  {
    const std::lock_guard lock(mutex_);
    old_ = std::exchange(young_, std::make_shared<Rows>(most_, Hash{hash_key_}));
  }
  order_.clear();
  order_.reserve(old_->size());
  for (const auto& [key, row] : *old_) order_.push_back(&row);
  std::ranges::sort(order_, {}, &FreshRow::id);
  gathered_ = 0;
  old_seq_ = seq_;
  done_.rows = reached_.rows = 0;
}

Expected<void> FreshRows::settle(Database& db, std::size_t rows, std::size_t least) {
  if (rows == 0 || !has_more(least)) return {};
  if (settled()) grow_old();
  Query place(db, kPlace);
  for (; rows > 0 && reached_.rows < order_.size(); --rows, ++reached_.rows) {
    const auto& row = *order_[reached_.rows];
    if (const auto done = place.bind(1, row.id).bind(2, as_bytes(row.data)).done(); !done) {
      return done;
    }
  }
  return clear(db, rows);
}

Expected<void> FreshRows::clear(Database& db, std::size_t rows) {
  if (rows == 0 || cleared(reached_)) return {};
  reached_.seq = std::min(old_seq_, reached_.seq + static_cast<std::int64_t>(rows) * kClearFor);
  return Query(db, "DELETE FROM fresh_machine WHERE seq <= ?1").bind(1, reached_.seq).done();
}

Expected<void> FreshRows::commit(Database& db) {
  // Held while the transaction becomes visible, so that no reader finds it without its rows.
  const std::lock_guard lock(mutex_);
  if (const auto done = Query(db, "COMMIT").done(); !done) return done;
  for (auto& [key, row] : appended_) young_->insert_or_assign(key, std::move(row));
  gathered_ += appended_.size();
  seq_ += static_cast<std::int64_t>(appended_.size());
  appended_.clear();
  done_ = reached_;
  if (!forgotten_.empty()) forget_all();
  return {};
}

// REQUIRES: mutex_ is held.
void FreshRows::forget_all() {
  order_.clear();
  done_.rows = reached_.rows = 0;
  for (const auto& key : forgotten_) {
    young_->erase(key);
    old_->erase(key);
  }
  forgotten_.clear();
}

void FreshRows::rolled_back() {
  forgotten_.clear();
  appended_.clear();
  reached_ = done_;
}

Expected<void> settle_all(Database& db) {
  std::map<std::int64_t, std::string> rows;
  {
    Query all(db, "SELECT machine, data FROM fresh_machine ORDER BY seq");
    for (;;) {
      const auto row = all.step();
      if (!row) return std::unexpected(row.error());
      if (!*row) break;
      rows.insert_or_assign(all.number(0), std::string(all.text(1)));
    }
  }
  if (rows.empty()) return {};
  if (const auto begun = db.run("BEGIN IMMEDIATE"); !begun) return begun;
  Query place(db, kPlace);
  for (const auto& [id, data] : rows) {
    if (const auto done = place.bind(1, id).bind(2, as_bytes(data)).done(); !done) return done;
    if (sqlite3_changes(db.handle()) != 1) {
      db.roll_back();
      return fail(ErrorCode::store_corrupt, "a fresh row is of no machine");
    }
  }
  return db.run("DELETE FROM fresh_machine; COMMIT;");
}

}  // namespace muster::store
