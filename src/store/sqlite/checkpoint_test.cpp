// What becomes of units whose pages were copied into the file and are not on the disk yet. A power
// cut is played by putting the file back as it was before.
#include "store/sqlite/checkpoint.h"

#include <gmock/gmock.h>

#include <cerrno>
#include <filesystem>
#include <latch>

#include "base/testing/temporary_directory.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;
constexpr std::uint32_t kPages = 40;

class Checkpoint : public testing::Test {
 protected:
  Checkpoint() {
    const auto made = open(sync_data);
    EXPECT_TRUE(made);
  }
  [[nodiscard]] Expected<std::unique_ptr<Store>> open(SyncFile sync) const {
    return open_sqlite(path_, Bytes16{1},
                       {.checkpoint_pages = kPages, .sync_file = std::move(sync)});
  }
  // One unit of some pages that puts the setting `number`.
  static Expected<void> put(Store& store, int number) {
    const auto unit = store.open({});
    if (!unit) return std::unexpected(unit.error());
    (*unit)->put_setting(std::to_string(number), std::string(8 * 4096, 'x'));
    return (*unit)->commit();
  }
  // Units of nine pages until a sync has begun, and some while it lasts; how many.
  static int put_until_the_sync(Store& store, std::latch& begun) {
    int number = 0;
    while (number < 6) EXPECT_TRUE(put(store, ++number));
    begun.wait();
    while (number < 9) EXPECT_TRUE(put(store, ++number));
    return number;
  }
  void expect_all(int settings) const {
    const auto store = open(sync_data);
    ASSERT_TRUE(store) << store.error().sentence();
    expect_settings(**store, settings);
  }
  static void expect_settings(Store& store, int settings) {
    for (int n = 1; n <= settings; ++n) {
      EXPECT_EQ(store.setting(std::to_string(n)).value().value_or("").size(), 8U * 4096) << n;
    }
  }
  [[nodiscard]] fs::path wal() const { return path_.string() + "-wal"; }
  [[nodiscard]] fs::path before() const { return directory_ / "before"; }
  TemporaryDirectory directory_;
  const fs::path path_ = directory_ / "muster.db";
};

TEST_F(Checkpoint, units_are_committed_while_the_file_is_synced) {
  std::latch go_on(1);
  std::latch begun(1);
  {
    const auto store = open([&](int file) {
                         begun.count_down();
                         go_on.wait();
                         return sync_data(file);
                       }).value();
    const int number = put_until_the_sync(*store, begun);
    EXPECT_EQ(store->setting(std::to_string(number)).value().value_or("").size(), 8U * 4096);
    go_on.count_down();
  }
  expect_all(9);
}

TEST_F(Checkpoint, a_power_cut_before_the_sync_loses_nothing) {
  fs::copy_file(path_, before());
  std::latch go_on(1);
  std::latch begun(1);
  const auto cut = directory_ / "cut";
  int number = 0;
  {
    const auto store = open([&](int file) {
                         begun.count_down();
                         go_on.wait();
                         return sync_data(file);
                       }).value();
    number = put_until_the_sync(*store, begun);
    EXPECT_GT(fs::file_size(path_), fs::file_size(before())) << "pages were copied";
    fs::copy_file(wal(), cut);
    go_on.count_down();
  }
  fs::copy_file(before(), path_, fs::copy_options::overwrite_existing);
  fs::copy_file(cut, wal());
  expect_all(number);
}

TEST_F(Checkpoint, a_sync_that_fails_keeps_the_wal_and_ends_the_writing) {
  fs::copy_file(path_, before());
  int number = 0;
  {
    const auto store = open([](int) { return EIO; }).value();
    Expected<void> done;
    while ((done = put(*store, number + 1))) ++number;
    EXPECT_EQ(done.error().code, ErrorCode::store_unavailable);
    EXPECT_THAT(done.error().detail, testing::HasSubstr("start the host anew"));
    EXPECT_FALSE(put(*store, number + 1)) << "and stays so";
    EXPECT_EQ(store->setting("1").value().value_or("").size(), 8U * 4096) << "reading goes on";
  }
  fs::copy_file(before(), path_, fs::copy_options::overwrite_existing);
  expect_all(number);
}

TEST_F(Checkpoint, a_close_while_the_sync_fails_keeps_the_wal) {
  fs::copy_file(path_, before());
  std::latch go_on(1);
  std::latch begun(1);
  int number = 0;
  {
    const auto store = open([&](int) {
                         begun.count_down();
                         go_on.wait();
                         return EIO;
                       }).value();
    number = put_until_the_sync(*store, begun);
    go_on.count_down();
  }
  fs::copy_file(before(), path_, fs::copy_options::overwrite_existing);
  expect_all(number);
}

TEST_F(Checkpoint, of_a_short_wal_is_made_while_nobody_asks) {
  const auto store = open(sync_data).value();
  const auto before = fs::file_size(path_);
  ASSERT_TRUE(put(*store, 1));
  EXPECT_EQ(fs::file_size(path_), before) << "one unit is little";
  EXPECT_FALSE(store->catch_up().value());
  EXPECT_GT(fs::file_size(path_), before);
  ASSERT_TRUE(put(*store, 2));
  expect_settings(*store, 2);
}

TEST_F(Checkpoint, the_wal_begins_anew_again_and_again) {
  const auto store = open(sync_data).value();
  std::uintmax_t longest = 0;
  for (int number = 1; number <= 400; ++number) {
    ASSERT_TRUE(put(*store, number % 50));
    longest = std::max(longest, fs::file_size(wal()));
  }
  EXPECT_LT(longest, std::uintmax_t{6} * kPages * 4096);
}

}  // namespace
}  // namespace muster::store
