#include "harness.h"

#include <stdexcept>
#include <utility>

#include "base/testing/temporary_directory.h"
#include "store/memory/memory_store.h"
#include "store/postgres/postgres_store.h"
#include "store/postgres/testing/postgres_server.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/full_disk.h"

namespace muster::store::conformance {
namespace {

constexpr Bytes16 kHashKey{7};

class Memory final : public Harness {
 public:
  Store& store() override { return *store_; }
  void reopen() override {}
  void fill_disk(bool full) override { faults_->disk_full = full; }

 private:
  std::shared_ptr<MemoryFaults> faults_ = std::make_shared<MemoryFaults>();
  std::unique_ptr<Store> store_ = make_memory_store(kHashKey, faults_);
};

// What comes back is a copy of what was committed.
class MemoryCopied final : public Harness {
 public:
  Store& store() override { return *store_; }
  void reopen() override { store_ = copy_memory_store(*store_, kHashKey, faults_); }
  void fill_disk(bool full) override { faults_->disk_full = full; }

 private:
  std::shared_ptr<MemoryFaults> faults_ = std::make_shared<MemoryFaults>();
  std::unique_ptr<Store> store_ = make_memory_store(kHashKey, faults_);
};

class Sqlite : public Harness {
 public:
  // A checkpoint every few units, so that tests meet some.
  explicit Sqlite(SqliteOptions options = {.checkpoint_pages = 40}) : options_(std::move(options)) {
    open();
  }
  ~Sqlite() override { store::fill_disk(false); }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }
  void fill_disk(bool full) override { store::fill_disk(full); }

 private:
  void open() {
    auto opened = open_sqlite(directory_ / "muster.db", kHashKey, options_);
    if (!opened) throw std::runtime_error(opened.error().sentence());
    store_ = std::move(*opened);
  }

  SqliteOptions options_;
  TemporaryDirectory directory_;
  std::unique_ptr<Store> store_;
};

// Rows are settled by the units themselves, and while nothing is asked.
class SqliteSettling final : public Sqlite {
 public:
  SqliteSettling() : Sqlite({.checkpoint_pages = 40, .fresh_rows = 2}) {}
};

// A database of its own on one server. Its full disk is a rule on the table that every unit writes,
// with the code that the server gives where there is no room.
class Postgres final : public Harness {
 public:
  Postgres() {
    open();
    shared_server().run(url_, R"(
      CREATE TABLE full_disk (is_full boolean);
      INSERT INTO full_disk VALUES (false);
      CREATE FUNCTION write_to_disk() RETURNS trigger LANGUAGE plpgsql AS $$
      BEGIN
        IF (SELECT is_full FROM full_disk) THEN
          RAISE EXCEPTION 'No space left on device' USING ERRCODE = 'disk_full';
        END IF;
        RETURN new;
      END $$;
      CREATE TRIGGER disk BEFORE UPDATE ON host FOR EACH ROW EXECUTE FUNCTION write_to_disk())");
  }
  ~Postgres() override {
    store_.reset();
    shared_server().drop_database(url_);
  }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }
  void fill_disk(bool full) override {
    shared_server().run(url_,
                        std::string("UPDATE full_disk SET is_full = ") + (full ? "true" : "false"));
  }

 private:
  // The moves of a few units only, so that tests meet a group that has to be read anew.
  void open() {
    auto opened = open_postgres(url_, "a host", kHashKey, {.changes_kept = 3});
    if (!opened) throw std::runtime_error(opened.error().sentence());
    store_ = std::move(*opened);
  }

  std::string url_ = shared_server().make_database();
  std::unique_ptr<Store> store_;
};

template <class Of>
std::unique_ptr<Harness> make() {
  return std::make_unique<Of>();
}

INSTANTIATE_TEST_SUITE_P(Stores, Conformance, testing::ValuesIn(kinds()),
                         [](const auto& store) { return store.param.name; });

}  // namespace

const std::vector<Kind>& kinds() {
  static const std::vector<Kind> all{{"memory", make<Memory>},
                                     {"memory_copied", make<MemoryCopied>},
                                     {"sqlite", make<Sqlite>},
                                     {"sqlite_settling", make<SqliteSettling>},
                                     {"postgres", make<Postgres>, PostgresServer::missing()}};
  return all;
}

}  // namespace muster::store::conformance
