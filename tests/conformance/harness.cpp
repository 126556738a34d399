#include "harness.h"

#include <stdexcept>
#include <utility>

#include "base/testing/temporary_directory.h"
#include "store/memory/memory_store.h"
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
                                     {"sqlite_settling", make<SqliteSettling>}};
  return all;
}

}  // namespace muster::store::conformance
