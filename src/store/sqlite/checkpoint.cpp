#include "store/sqlite/checkpoint.h"

#include <system_error>

#include "store/sqlite/readers.h"

namespace muster::store {
namespace {

constexpr int kRoundsMost = 4;

}  // namespace

Checkpointer::Checkpointer(Database& writer, std::string path, int file,
                           const SqliteOptions& options)
    : writer_(writer),
      path_(std::move(path)),
      file_(file),
      pages_(static_cast<int>(options.checkpoint_pages)),
      sync_(options.sync_file),
      next_(pages_) {
  // SQLite's own checkpoint would run inside a commit, before the answers of its unit leave.
  const auto note_pages = [](void* pages, sqlite3*, const char*, int count) {
    *static_cast<int*>(pages) = count;
    return SQLITE_OK;
  };
  sqlite3_wal_hook(writer_.handle(), note_pages, &in_wal_);
}

Checkpointer::~Checkpointer() {
  sqlite3_wal_hook(writer_.handle(), nullptr, nullptr);
  if (round_.valid() && round_.get() != 0) failed_ = Error{ErrorCode::store_unavailable};
  // SQLite would take what was copied for safe, and remove the WAL.
  if (failed_) {
    sqlite3_db_config(writer_.handle(), SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1, nullptr);
  }
}

// A read transaction at the WAL's end: units are appended, and nothing begins the WAL anew.
bool Checkpointer::hold() {
  if (!holder_) {
    auto db = open_reader(path_);
    if (!db) return false;
    holder_ = std::move(*db);
  }
  if (holder_->run("BEGIN; SELECT 1 FROM sqlite_schema LIMIT 1;")) return true;
  holder_->roll_back();
  return false;
}

Expected<void> Checkpointer::begin_round() {
  if (!hold()) {
    finish();
    return {};
  }
  // The WAL itself was synced by every commit; what is left out is the sync of the file.
  const auto off = writer_.run("PRAGMA synchronous = OFF");
  int in_wal = 0;
  const int code = off ? sqlite3_wal_checkpoint_v2(writer_.handle(), nullptr,
                                                   SQLITE_CHECKPOINT_PASSIVE, &in_wal, &copied_)
                       : SQLITE_ERROR;
  if (const auto full = writer_.run("PRAGMA synchronous = FULL"); !full) {
    failed_ = full.error();
    return full;
  }
  ++rounds_;
  round_ = std::async(std::launch::async, [this] { return sync_(file_); });
  if (code != SQLITE_OK) copied_ = 0;
  return {};
}

// After a sync: what was appended meanwhile is copied the same way, unless it is little.
Expected<void> Checkpointer::take_round() {
  if (const int error = round_.get(); error != 0) {
    failed_ = Error{ErrorCode::store_unavailable, "the disk does not take the file's pages: " +
                                                      std::generic_category().message(error) +
                                                      "; start the host anew"};
    return std::unexpected(*failed_);
  }
  holder_->roll_back();
  const bool much = in_wal_ - copied_ > pages_ / 8;
  if (much && copied_ > 0 && rounds_ < kRoundsMost) return begin_round();
  finish();
  return {};
}

// What is left, synced by SQLite, so that the next commit begins the WAL anew.
void Checkpointer::finish() {
  // A passive one leaves out what a reader still needs; if that has gone on for long, wait for the
  // readers.
  const int mode = in_wal_ > 4 * pages_ ? SQLITE_CHECKPOINT_RESTART : SQLITE_CHECKPOINT_PASSIVE;
  int in_wal = 0;
  int copied = 0;
  const int code = sqlite3_wal_checkpoint_v2(writer_.handle(), nullptr, mode, &in_wal, &copied);
  const bool whole = code == SQLITE_OK && copied == in_wal;
  next_ = whole ? pages_ : in_wal_ + pages_ / 4;
  if (whole) in_wal_ = 0;
  rounds_ = 0;
}

Expected<void> Checkpointer::go_on(int least) {
  if (failed_) return std::unexpected(*failed_);
  if (round_.valid()) {
    const bool late = in_wal_ > 4 * pages_;
    const auto patience = late ? std::chrono::hours(1) : std::chrono::hours(0);
    if (round_.wait_for(patience) == std::future_status::timeout) return {};
    return take_round();
  }
  if (in_wal_ < least) return {};
  return begin_round();
}

}  // namespace muster::store
