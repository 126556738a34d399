#include "harness.h"

#include <sys/resource.h>

#include <csignal>
#include <filesystem>
#include <stdexcept>

#include "store/memory/memory_store.h"
#include "store/sqlite/sqlite_store.h"

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

class Sqlite final : public Harness {
 public:
  Sqlite() {
    auto pattern = (std::filesystem::temp_directory_path() / "muster-store-XXXXXX").string();
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary directory");
    directory_ = pattern;
    open();
  }
  ~Sqlite() override {
    fill_disk(false);
    store_.reset();
    std::filesystem::remove_all(directory_);
  }
  Store& store() override { return *store_; }
  void reopen() override {
    store_.reset();
    open();
  }
  // No file of this process may be written while the largest allowed one is empty.
  void fill_disk(bool full) override {
    std::signal(SIGXFSZ, SIG_IGN);
    rlimit limit{};
    ::getrlimit(RLIMIT_FSIZE, &limit);
    limit.rlim_cur = full ? 0 : limit.rlim_max;
    ::setrlimit(RLIMIT_FSIZE, &limit);
  }

 private:
  void open() {
    // A checkpoint every few units, so that tests meet some.
    auto opened = open_sqlite(directory_ / "muster.db", kHashKey, {.checkpoint_pages = 40});
    if (!opened) throw std::runtime_error(opened.error().sentence());
    store_ = std::move(*opened);
  }

  std::filesystem::path directory_;
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
  static const std::vector<Kind> all{{"memory", make<Memory>}, {"sqlite", make<Sqlite>}};
  return all;
}

}  // namespace muster::store::conformance
