#include "store/sqlite/file_copy.h"

#include <fcntl.h>
#include <fmt/format.h>
#include <unistd.h>

#include <cerrno>
#include <system_error>
#include <utility>

#include "base/digest.h"
#include "store/sqlite/files.h"
#include "store/sqlite/rows.h"
#include "store/sqlite/schema.h"

namespace muster::store {
namespace {

constexpr std::int64_t kCopyId = 0x4d757362;  // "Musb"

// Of 4 KiB: a millisecond where they are in memory, a few where the disk has to give them.
constexpr int kPages = 256;

struct Finish {
  void operator()(sqlite3_backup* backup) const { sqlite3_backup_finish(backup); }
};

Error about(const std::string& file, Error error) {
  error.detail = file + ": " + error.detail;
  return error;
}

class FileCopy final : public StoreCopy {
 public:
  FileCopy(std::string file, Database db, Papers papers)
      : file_(std::move(file)), db_(std::move(db)), papers_(std::move(papers)) {}
  FileCopy(const FileCopy&) = delete;
  FileCopy& operator=(const FileCopy&) = delete;
  ~FileCopy() override {
    backup_.reset();
    if (!whole_) remove_copy(file_);
  }

  Expected<void> begin(Database& writer) {
    backup_.reset(sqlite3_backup_init(db_->handle(), "main", writer.handle(), "main"));
    if (!backup_) return std::unexpected(about(file_, db_->error()));
    return {};
  }

  Expected<bool> step() override {
    const int code = sqlite3_backup_step(backup_.get(), kPages);
    progress_.pages = static_cast<std::uint64_t>(sqlite3_backup_pagecount(backup_.get()));
    progress_.copied =
        progress_.pages - static_cast<std::uint64_t>(sqlite3_backup_remaining(backup_.get()));
    // A checkpoint that a reader holds up: the next step finds it gone.
    if (code == SQLITE_OK || code == SQLITE_BUSY || code == SQLITE_LOCKED) return true;
    if (code != SQLITE_DONE) {
      return fail(ErrorCode::store_unavailable,
                  fmt::format("{}: {} (SQLite {})", file_, sqlite3_errstr(code), code));
    }
    backup_.reset();
    if (auto done = put_papers(); !done) return std::unexpected(about(file_, done.error()));
    db_.reset();
    whole_ = true;
    return false;
  }

  [[nodiscard]] Progress progress() const override { return progress_; }

 private:
  // One file from now on: without this it would say of itself that it has a WAL.
  Expected<void> put_papers() {
    const auto mode = db_->text("PRAGMA journal_mode = DELETE");
    if (!mode) return std::unexpected(mode.error());
    auto done = db_->run(
        "BEGIN IMMEDIATE; CREATE TABLE paper (name TEXT NOT NULL PRIMARY KEY,"
        " content BLOB NOT NULL) STRICT, WITHOUT ROWID;");
    for (const auto& [name, content] : papers_) {
      if (!done) return done;
      Query put(*db_, "INSERT INTO paper (name, content) VALUES (?1, ?2)");
      done = put.bind_text(1, name).bind(2, as_bytes(content)).done();
    }
    if (!done) return done;
    return db_->run(fmt::format("PRAGMA application_id = {}; COMMIT;", kCopyId));
  }

  const std::string file_;
  std::optional<Database> db_;
  std::unique_ptr<sqlite3_backup, Finish> backup_;  // ends before its connection
  Papers papers_;
  Progress progress_;
  bool whole_ = false;
};

Expected<Papers> read_papers(Database& db) {
  const auto there = db.number("SELECT count(*) FROM sqlite_schema WHERE name = 'paper'");
  if (!there) return std::unexpected(there.error());
  if (*there == 0) return fail(ErrorCode::store_corrupt, "the copy was not finished");
  Papers out;
  Query rows(db, "SELECT name, content FROM paper ORDER BY name");
  for (;;) {
    const auto more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return out;
    out.emplace_back(rows.text(0), as_text(rows.blob(1)));
  }
}

// The first line of a log that was cut follows what is not there to be hashed.
Expected<void> read_log(Database& db, CopyFacts& out) {
  Query rows(db, "SELECT place, time, hash, line FROM event ORDER BY place");
  Bytes32 before{};
  for (;;) {
    const auto more = rows.step();
    if (!more) return std::unexpected(more.error());
    if (!*more) return {};
    const auto place = unpack(rows.number(0));
    const auto wrong = [&](std::string_view what) {
      return fail(ErrorCode::log_broken,
                  fmt::format("event {}-{} {}", place.epoch, place.seq, what));
    };
    const bool new_epoch = place.epoch != out.newest.epoch;
    if (!new_epoch && place.seq != out.newest.seq + 1) return wrong("follows a gap");
    if (new_epoch) before = {};
    Bytes32 hash;
    if (!rows.array(2, hash)) return wrong("has no hash");
    const bool cut = new_epoch && place.seq != 1;
    if (!cut && Sha256().add(before).add(rows.blob(3)).digest() != hash) {
      return wrong("was changed");
    }
    before = hash;
    out.newest = place;
    out.newest_at = rows.time(1);
    ++out.events;
  }
}

Expected<CopyFacts> read_copy(Database& db) {
  const auto application = db.number("PRAGMA application_id");
  const bool damaged = !application && sqlite3_errcode(db.handle()) != SQLITE_NOTADB;
  if (damaged) return std::unexpected(application.error());
  if (!application || *application != kCopyId) {
    return fail(ErrorCode::wrong_type, "it is no backup of a host");
  }
  const auto version = db.number("PRAGMA user_version");
  if (!version) return std::unexpected(version.error());
  if (const auto known = static_cast<std::int64_t>(migrations().size()); *version > known) {
    return fail(ErrorCode::schema_newer,
                fmt::format("its schema is {}, this version knows {}", *version, known));
  }
  const auto sound = db.text("PRAGMA integrity_check(1)");
  if (!sound) return std::unexpected(sound.error());
  if (*sound != "ok") return fail(ErrorCode::store_corrupt, *sound);
  CopyFacts out;
  auto papers = read_papers(db);
  if (!papers) return std::unexpected(papers.error());
  out.papers = std::move(*papers);
  if (auto read = read_log(db, out); !read) return std::unexpected(read.error());
  return out;
}

}  // namespace

std::string copied_file(const std::string& path) { return path + "-copy"; }

void remove_copy(const std::string& file) {
  for (const auto* tail : {"", "-journal", "-wal", "-shm"}) ::unlink((file + tail).c_str());
}

Expected<std::unique_ptr<StoreCopy>> begin_file_copy(Database& writer, const std::string& file,
                                                     const Papers& papers) {
  remove_copy(file);
  const int made = ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC | O_NOFOLLOW, 0600);
  if (made < 0) {
    return fail(ErrorCode::store_unavailable,
                fmt::format("{}: {}", file, std::generic_category().message(errno)));
  }
  ::close(made);
  auto db = Database::open(file, SQLITE_OPEN_READWRITE);
  if (!db) return std::unexpected(db.error());
  // Nobody needs half of it: who keeps the copy brings it to the disk.
  auto set = db->run("PRAGMA synchronous = OFF; PRAGMA journal_mode = OFF;");
  auto out = std::make_unique<FileCopy>(file, std::move(*db), papers);
  if (set) set = out->begin(writer);
  if (!set) return std::unexpected(set.error());
  return out;
}

Expected<CopyFacts> check_copy(const std::string& file) {
  if (auto there = open_data_file(file); !there) {
    return fail(ErrorCode::file_unreadable, file + ": " + there.error().detail);
  }
  auto db = Database::open(file, SQLITE_OPEN_READONLY);
  if (!db) return std::unexpected(db.error());
  if (auto set = db->run("PRAGMA trusted_schema = 0; PRAGMA query_only = 1;"); !set) {
    return std::unexpected(about(file, set.error()));
  }
  auto out = read_copy(*db);
  if (!out) return std::unexpected(about(file, out.error()));
  return out;
}

Expected<void> unpack_copy(const std::string& file) {
  auto db = Database::open(file, SQLITE_OPEN_READWRITE);
  if (!db) return std::unexpected(db.error());
  // The host's key is not to stand in pages that are free.
  constexpr std::int64_t kDatabaseId = 0x4d757374;
  auto done = db->run(
      fmt::format("PRAGMA trusted_schema = 0; PRAGMA secure_delete = ON; PRAGMA synchronous = FULL;"
                  "BEGIN IMMEDIATE; DROP TABLE paper; PRAGMA application_id = {}; COMMIT;",
                  kDatabaseId));
  if (!done) return std::unexpected(about(file, done.error()));
  return {};
}

}  // namespace muster::store
