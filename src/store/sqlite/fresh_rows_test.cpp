// Where renewals lie before they are settled, and that nobody can tell from outside.
#include "store/sqlite/fresh_rows.h"

#include <gmock/gmock.h>

#include <filesystem>

#include "base/testing/temporary_directory.h"
#include "store/machine_codec.h"
#include "store/sqlite/sqlite_store.h"
#include "store/testing/full_disk.h"

namespace muster::store {
namespace {

namespace fs = std::filesystem;
constexpr Bytes16 kHashKey{1};
const GroupKey kDesktops{"acme", "desktop"};

core::Machine machine_of(std::uint64_t number, std::uint64_t requests) {
  core::Machine out;
  out.cmid.bytes[0] = static_cast<std::uint8_t>(number * 37);
  out.cmid.bytes[6] = static_cast<std::uint8_t>(number >> 8);
  out.cmid.bytes[7] = static_cast<std::uint8_t>(number);
  out.cmid.bytes[15] = 1;
  out.requests = static_cast<std::uint32_t>(requests);
  out.first_seen = out.last_seen = Instant{seconds{1'767'614'400}};
  return out;
}

class FreshMachines : public testing::Test {
 protected:
  [[nodiscard]] fs::path path() const { return directory_ / "muster.db"; }
  [[nodiscard]] std::unique_ptr<Store> open(std::size_t fresh_rows = 65'536) const {
    auto out = open_sqlite(path(), kHashKey, {.fresh_rows = fresh_rows});
    EXPECT_TRUE(out) << out.error().sentence();
    return std::move(*out);
  }
  // One unit in which machines first .. first + count - 1 have asked so many times.
  static Expected<void> ask(Store& store, std::uint64_t first, std::uint64_t count,
                            std::uint64_t requests) {
    auto unit = store.open({&kDesktops, 1});
    if (!unit) return std::unexpected(unit.error());
    for (auto number = first; number < first + count; ++number) {
      (*unit)->put_machine(kDesktops, machine_of(number, requests));
    }
    return (*unit)->commit();
  }
  static void expect(Store& store, std::uint64_t count, std::uint64_t requests) {
    for (std::uint64_t number = 0; number < count; ++number) {
      const auto machine = store.machine(kDesktops, machine_of(number, 0).cmid).value();
      ASSERT_EQ(machine, machine_of(number, requests));
    }
    const auto page = store.machines(kDesktops, {}, 1000).value();
    EXPECT_EQ(page.machines.size(), std::min<std::size_t>(count, 1000));
    for (const auto& machine : page.machines) EXPECT_EQ(machine.requests, requests);
  }
  // What the large table alone says.
  void expect_in_place(int count, std::uint64_t requests) const {
    auto db = Database::open(path(), SQLITE_OPEN_READONLY).value();
    Query rows(db, "SELECT data FROM machine");
    for (int row = 0; row < count; ++row) {
      core::Machine machine;
      ASSERT_TRUE(rows.step().value());
      ASSERT_TRUE(decode_machine(rows.blob(0), machine));
      EXPECT_EQ(machine.requests, requests);
    }
    EXPECT_FALSE(rows.step().value());
  }
  [[nodiscard]] std::int64_t number(const std::string& sql) const {
    return Database::open(path(), SQLITE_OPEN_READONLY)->number(sql).value();
  }
  [[nodiscard]] std::int64_t gathered() const {
    return number("SELECT count(*) FROM fresh_machine");
  }
  TemporaryDirectory directory_;
};

TEST_F(FreshMachines, are_settled_while_nobody_asks) {
  const auto store = open();
  ASSERT_TRUE(ask(*store, 0, 600, 1));
  EXPECT_EQ(gathered(), 0) << "who is new is put in his place at once";
  ASSERT_TRUE(ask(*store, 0, 600, 2));
  ASSERT_TRUE(ask(*store, 0, 600, 3));
  EXPECT_EQ(gathered(), 1200);
  expect(*store, 600, 3);

  int parts = 0;
  while (store->catch_up().value()) ++parts;
  EXPECT_GT(parts, 3) << "a request that comes meanwhile waits for a part only";
  EXPECT_EQ(gathered(), 0);
  expect(*store, 600, 3);
  expect_in_place(600, 3);
}

TEST_F(FreshMachines, that_are_few_stay_where_they_are) {
  const auto store = open();
  ASSERT_TRUE(ask(*store, 0, 100, 1));
  ASSERT_TRUE(ask(*store, 0, 100, 2));
  while (store->catch_up().value()) {
  }
  EXPECT_EQ(gathered(), 100);
}

TEST_F(FreshMachines, that_are_many_are_settled_by_the_units) {
  constexpr std::uint64_t kMost = 64;
  const auto store = open(kMost);
  ASSERT_TRUE(ask(*store, 0, 1000, 1));
  std::int64_t most = 0;
  for (std::uint64_t round = 2; round < 5; ++round) {
    for (std::uint64_t first = 0; first < 1000; first += 10) {
      ASSERT_TRUE(ask(*store, first, 10, round));
      most = std::max(most, gathered());
    }
    expect(*store, 1000, round);
  }
  EXPECT_LE(most, 2 * static_cast<std::int64_t>(kMost) + 20);
}

TEST_F(FreshMachines, are_settled_by_whoever_opens_the_file) {
  {
    const auto store = open();
    ASSERT_TRUE(ask(*store, 0, 50, 1));
    ASSERT_TRUE(ask(*store, 0, 50, 2));
    ASSERT_TRUE(ask(*store, 0, 50, 3));
  }
  EXPECT_EQ(gathered(), 100);
  const auto store = open();
  EXPECT_EQ(gathered(), 0);
  expect(*store, 50, 3);
  ASSERT_TRUE(ask(*store, 0, 50, 4));
  expect(*store, 50, 4);
}

// As a crash leaves it after each step: the file and its WAL, copied while the store is open.
TEST_F(FreshMachines, survive_a_crash_at_any_step_of_settling) {
  const auto copy = directory_ / "copy.db";
  const auto expect_copy = [&] {
    fs::copy_file(path(), copy, fs::copy_options::overwrite_existing);
    fs::copy_file(path().string() + "-wal", copy.string() + "-wal",
                  fs::copy_options::overwrite_existing);
    auto after = open_sqlite(copy, kHashKey);
    ASSERT_TRUE(after) << after.error().sentence();
    expect(**after, 600, 3);
  };
  const auto store = open();
  ASSERT_TRUE(ask(*store, 0, 600, 1));
  ASSERT_TRUE(ask(*store, 0, 600, 2));
  ASSERT_TRUE(store->catch_up().value()) << "older rows are being settled";
  ASSERT_TRUE(ask(*store, 0, 600, 3));
  expect_copy();
  while (store->catch_up().value()) expect_copy();
  expect_copy();
}

TEST_F(FreshMachines, that_could_not_be_settled_are_settled_later) {
  const auto store = open(16);
  ASSERT_TRUE(ask(*store, 0, 40, 1));
  ASSERT_TRUE(ask(*store, 0, 40, 2));
  fill_disk(true);
  EXPECT_FALSE(ask(*store, 0, 3, 99)) << "the unit would have settled some";
  EXPECT_FALSE(store->catch_up());
  fill_disk(false);
  while (store->catch_up().value()) {
  }
  EXPECT_EQ(gathered(), 0);
  expect_in_place(40, 2);
}

TEST_F(FreshMachines, of_no_machine_are_damage) {
  {
    const auto store = open();
    ASSERT_TRUE(ask(*store, 0, 5, 1));
  }
  auto db = Database::open(path(), SQLITE_OPEN_READWRITE);
  ASSERT_TRUE(db->run("INSERT INTO fresh_machine VALUES (1, 77, x'01')"));
  const auto store = open_sqlite(path(), kHashKey);
  ASSERT_FALSE(store);
  EXPECT_EQ(store.error().code, ErrorCode::store_corrupt);
}

TEST_F(FreshMachines, of_a_unit_that_is_dropped_or_does_not_fit_leave_nothing) {
  auto store = open_sqlite(path(), kHashKey, {.fresh_rows = 16, .most_pages = 80}).value();
  ASSERT_TRUE(ask(*store, 0, 100, 1));
  for (std::uint64_t round = 2; round < 20; ++round) {
    ASSERT_TRUE(ask(*store, 0, 100, round));
    {
      const auto dropped = store->open({&kDesktops, 1}).value();
      dropped->put_machine(kDesktops, machine_of(1, 999));
      std::vector<core::Machine> rows;  // which writes what waits
      ASSERT_TRUE(dropped->read_by_fact(kDesktops, Bytes16{9}, rows));
    }
    const auto full = store->open({&kDesktops, 1}).value();
    full->put_machine(kDesktops, machine_of(2, 999));
    full->put_setting("a", std::string(1'000'000, 'x'));
    EXPECT_FALSE(full->commit());
    expect(*store, 100, round);
  }
}

}  // namespace
}  // namespace muster::store
